#include "stages/runners.hpp"

#include <algorithm>
#include <list>
#include <numeric>

#include "pipeline/config/prompt_texts.hpp"
#include "pipeline/driver/tables.hpp"
#include "pipeline/driver/worker.hpp"
#include "pipeline/items/labels.hpp"
#include "pipeline/model/model.hpp"
#include "stages/capture/capture.hpp"
#include "stages/capture_with_paths.hpp"
#include "stages/consistency/consistency.hpp"
#include "stages/interventions/interventions.hpp"
#include "stages/metrics/metrics.hpp"
#include "stages/model_fronts.hpp"
#include "stages/probes/probes.hpp"
#include "stages/reduce/replicate_parts.hpp"
#include "stages/reduce_input.hpp"

namespace vrp {
namespace {

PromptStyle style_of(const Sweep& sweep, const std::string& model,
                     const BenchmarkConfig& benchmark) {
  const auto named = std::find_if(sweep.models.begin(), sweep.models.end(),
                                  [&](const NamedModel& other) { return other.name == model; });
  PromptTexts texts = prompt_texts(named->config, benchmark);
  return {named->config.prompt_template, std::move(texts.suffix),  unescape(named->config.prompt),
          std::move(texts.hint),         std::move(texts.options), std::move(texts.replaces)};
}

using Pictures = std::vector<Picture>;

/// The rows of a cell's table that the run asks about.
ItemTable asked_items(const UnitInput& input, std::size_t cell) {
  const ItemTable& table = (*input.tables)[(*input.cells)[cell].table];
  std::vector<std::size_t> rows(table.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  if (input.limit > 0) {
    rows.resize(std::min(rows.size(), static_cast<std::size_t>(input.limit)));
  }
  return select_rows(table, rows);
}

/// The judge's reviews of a cell by row of `items`, the first rows of its table.
Reviews asked_reviews(const UnitInput& input, std::size_t cell, const ItemTable& items,
                      const Sweep& sweep) {
  const Cell& c = (*input.cells)[cell];
  Reviews reviews = reviews_of(sweep, c, (*input.tables)[c.table]);
  if (reviews.size() > items.size()) reviews.resize(items.size());
  return reviews;
}

/// `items`, those that were asked, must outlive the result.
CellData upstream_cell(const UnitInput& input, std::size_t cell, const ItemTable& items,
                       const Sweep& sweep) {
  const Cell& c = (*input.cells)[cell];
  return cell_data(
      c.model, c.benchmark, items, asked_reviews(input, cell, items, sweep),
      [&](const std::string& stage) { return upstream_arrays(input, stage, cell, has_columns); });
}

/// `items` must outlive the result.
ProbeInput probe_input(const UnitInput& input, std::size_t cell, const ItemTable& items,
                       const Sweep& sweep, const std::string& device) {
  const Cell& c = (*input.cells)[cell];
  const auto model = std::find_if(sweep.models.begin(), sweep.models.end(),
                                  [&](const NamedModel& named) { return named.name == c.model; });
  ProbeInput out;
  out.items = &items;
  out.model = c.model;
  out.benchmark = c.benchmark;
  out.seed = input.seed;
  out.layers = read_model_spec(model->config.checkpoint).text.layers;
  out.device = device;
  out.threads = sweep.run.threads;
  const Reviews reviews = asked_reviews(input, cell, items, sweep);
  out.each = [&input, cell, &items, reviews](const std::string& stage,
                                             const std::function<void(const Record&)>& each) {
    input.each_upstream(stage, cell, [&](Record& record) {
      if (stage == "capture") add_labels(record, items, reviews);
      each(record);
    });
  };
  out.advance = input.advance;
  return out;
}

/// The unit's pictures, read, and its items as far as they are prepared ahead: `grey` with grey
/// twins; `asked`, by row, empty = all.
std::shared_ptr<void> prepared_pictures(const UnitInput& input, const Sweep& sweep,
                                        ModelFronts& fronts, bool grey,
                                        const std::vector<bool>& asked = {}) {
  auto pictures = std::make_shared<Pictures>();
  const auto first = static_cast<std::size_t>(input.unit->first);
  for (std::size_t row = first; row < static_cast<std::size_t>(input.unit->last); ++row) {
    pictures->push_back(asked.empty() || asked[row] ? read_picture(input.items(), row) : Picture());
  }
  if (const auto front = fronts.get(input.cell->model)) {
    const auto& benchmark = sweep.benchmarks[input.cell->table].config;
    prepare_ahead(*pictures, input.items(), first, *front,
                  style_of(sweep, input.cell->model, benchmark), grey);
  }
  return pictures;
}

Record run_interventions(const UnitInput& input, const Sweep& sweep, const StageParams& params,
                         ModelHolder& holder) {
  const auto& benchmark = sweep.benchmarks[input.cell->table].config;
  const Record captured = input.upstream("capture", input.cell_index());
  const Record probes = input.upstream("probes", input.cell_index());
  const ItemTable items = asked_items(input, input.cell_index());
  return interventions({.items = items,
                        .first = static_cast<std::size_t>(input.unit->first),
                        .pictures = *static_cast<const Pictures*>(input.prepared.get()),
                        .model = holder.get(input.cell->model),
                        .model_name = input.cell->model,
                        .style = style_of(sweep, input.cell->model, benchmark),
                        .generation = {.max_new_tokens = benchmark.max_new_tokens},
                        .capture = captured,
                        .probes = probes,
                        .params = params.interventions_of.at(input.cell->model),
                        .metrics = params.metrics,
                        .captured = params.capture,
                        .seed = input.seed},
                       [&] { input.advance(1); });
}

Record run_probes(const UnitInput& input, const Sweep& sweep, const ProbesParams& params,
                  const std::string& device) {
  if (!input.cell->pooled()) {
    const ItemTable items = asked_items(input, input.cell_index());
    return join_probes(probe_input(input, input.cell_index(), items, sweep, device), params);
  }
  std::vector<ProbeInput> cells;
  std::list<ItemTable> tables;  // stay where they are
  for (const std::size_t member : input.cell->members) {
    tables.push_back(asked_items(input, member));
    cells.push_back(probe_input(input, member, tables.back(), sweep, device));
  }
  return transfer_probes(cells, params);
}

Record run_reduce(const UnitInput& input, const Sweep& sweep, const ReduceParams& params,
                  const Draws& draws) {
  std::list<ItemTable> tables;  // stay where they are
  const auto read = [&](std::size_t cell) {
    tables.push_back(asked_items(input, cell));
    return upstream_cell(input, cell, tables.back(), sweep);
  };
  const std::size_t cell = input.cell_index();
  if (!input.cell->pooled()) return reduce_cell(read(cell), params, draws);
  std::vector<CellData> cells;
  for (const std::size_t member : input.cell->members) cells.push_back(read(member));
  return reduce_pooled(cells, params, draws, upstream_arrays(input, "probes", cell, has_columns));
}

}  // namespace

void attach_runners(std::vector<StageDefinition>& stages, const Sweep& sweep,
                    const StageParams& params, const std::string& device,
                    const std::shared_ptr<ModelHolder>& holder) {
  const auto fronts = std::make_shared<ModelFronts>(sweep);
  for (auto& stage : stages) {
    if (stage.needs_model) {
      // What capture prepares serves its companion, too.
      const bool grey = stage.name == "capture" && params.capture.asks_blank();
      stage.prepare = [&sweep, fronts, grey](const UnitInput& input) {
        return prepared_pictures(input, sweep, *fronts, grey);
      };
    }
    if (stage.name == "capture") {
      stage.run = [&sweep, &params, holder](const UnitInput& input) {
        const auto& benchmark = sweep.benchmarks[input.cell->table].config;
        return capture(input.items(), static_cast<std::size_t>(input.unit->first),
                       *static_cast<const Pictures*>(input.prepared.get()),
                       holder->get(input.cell->model),
                       style_of(sweep, input.cell->model, benchmark),
                       {.max_new_tokens = benchmark.max_new_tokens}, params.capture,
                       [&] { input.advance(1); });
      };
      stage.run_pair = [&sweep, &params, holder](const UnitInput& input, const UnitInput& paths) {
        const auto& benchmark = sweep.benchmarks[input.cell->table].config;
        return capture_with_paths({.items = input.items(),
                                   .first = static_cast<std::size_t>(input.unit->first),
                                   .pictures = *static_cast<const Pictures*>(input.prepared.get()),
                                   .model = holder->get(input.cell->model),
                                   .model_name = input.cell->model,
                                   .style = style_of(sweep, input.cell->model, benchmark),
                                   .generation = {.max_new_tokens = benchmark.max_new_tokens},
                                   .capture = params.capture,
                                   .consistency = params.consistency,
                                   .seed = input.seed},
                                  [&] {
                                    input.advance(1);
                                    paths.advance(1);
                                  });
      };
    } else if (stage.name == "consistency") {
      stage.run = [&sweep, &params, holder](const UnitInput& input) {
        const auto& benchmark = sweep.benchmarks[input.cell->table].config;
        return consistency(input.items(), static_cast<std::size_t>(input.unit->first),
                           *static_cast<const Pictures*>(input.prepared.get()),
                           holder->get(input.cell->model), input.cell->model,
                           style_of(sweep, input.cell->model, benchmark),
                           {.max_new_tokens = benchmark.max_new_tokens}, params.consistency,
                           input.seed, [&] { input.advance(1); });
      };
    } else if (stage.name == "metrics") {
      stage.run = [&params](const UnitInput& input) {
        const std::size_t cell = input.cell_index();
        return compute_metrics(input.items(), static_cast<std::size_t>(input.unit->first),
                               static_cast<std::size_t>(input.unit->last),
                               input.upstream("capture", cell), params.metrics, input.seed,
                               input.cell->model);
      };
    } else if (stage.name == "probe_fits") {
      stage.run = [&sweep, &params, device](const UnitInput& input) {
        const ItemTable items = asked_items(input, input.cell_index());
        return fit_part(probe_input(input, input.cell_index(), items, sweep, device),
                        input.unit->part, params.probes);
      };
    } else if (stage.name == "probes") {
      stage.run = [&sweep, &params, device](const UnitInput& input) {
        return run_probes(input, sweep, params.probes, device);
      };
    } else if (stage.name == "interventions") {
      stage.prepare = [&sweep, &params, fronts](const UnitInput& input) {
        const int evaluated = params.interventions_of.at(input.cell->model).items;
        const ItemTable items = asked_items(input, input.cell_index());
        return prepared_pictures(input, sweep, *fronts, false,
                                 evaluated_rows(items, evaluated, input.seed));
      };
      stage.run = [&sweep, &params, holder](const UnitInput& input) {
        return run_interventions(input, sweep, params, *holder);
      };
    } else if (stage.name == "replicates") {
      stage.run = [&sweep, &params](const UnitInput& input) {
        const Draws draws = Draws::block(input.seed, replicate_range(input.unit->part));
        run_reduce(input, sweep, params.reduce, draws);
        return draws.record();
      };
    } else if (stage.name == "reduce") {
      stage.run = [&sweep, &params](const UnitInput& input) {
        std::vector<Record> blocks;
        input.each_upstream("replicates", input.cell_index(),
                            [&](Record& record) { blocks.push_back(std::move(record)); });
        return run_reduce(input, sweep, params.reduce,
                          blocks.empty() ? Draws(input.seed) : Draws::joined(input.seed, blocks));
      };
    } else {
      throw Error(ExitCode::internal, "no runner for stage " + stage.name);
    }
  }
}

}  // namespace vrp
