#include "stages/runners.hpp"

#include <algorithm>

#include "pipeline/driver/worker.hpp"
#include "pipeline/model/model.hpp"
#include "stages/capture/capture.hpp"
#include "stages/consistency/consistency.hpp"
#include "stages/metrics/metrics.hpp"
#include "stages/reduce/reduce.hpp"

namespace vrp {
namespace {

/// The one model that a rank's compute thread holds.
class ModelHolder {
 public:
  ModelHolder(const Sweep& sweep, std::string device) : sweep_(sweep), device_(std::move(device)) {}

  const Model& get(const std::string& name) {
    if (model_ && name_ == name) return *model_;
    model_.reset();
    const auto& config = find(name);
    try {
      ModelOptions options;
      options.device = device_;
      options.dtype = config.dtype;
      options.threads = sweep_.run.threads;
      options.min_pixels = config.min_pixels;
      options.max_pixels = config.max_pixels;
      model_ = std::make_unique<Model>(Model::load(config.checkpoint, options));
    } catch (const Error& error) {
      throw FatalError(error.code(), error.what());
    }
    name_ = name;
    return *model_;
  }

  PromptStyle style(const std::string& name, const BenchmarkConfig& benchmark) const {
    const auto& config = find(name);
    return {config.prompt_template, unescape(benchmark.suffix), unescape(config.prompt)};
  }

 private:
  const ModelConfig& find(const std::string& name) const {
    return std::find_if(sweep_.models.begin(), sweep_.models.end(),
                        [&](const NamedModel& model) { return model.name == name; })
        ->config;
  }

  const Sweep& sweep_;
  std::string device_, name_;
  std::unique_ptr<Model> model_;
};

using Pictures = std::vector<Picture>;

std::shared_ptr<void> read_pictures(const UnitInput& input) {
  auto pictures = std::make_shared<Pictures>();
  for (std::int64_t row = input.unit->first; row < input.unit->last; ++row) {
    pictures->push_back(read_picture(input.items(), static_cast<std::size_t>(row)));
  }
  return pictures;
}

/// States and maps are for metrics and probes; statistics need what there is one number of an item
/// (or of an item and layer) of.
bool has_columns(const std::string& name) {
  return !name.starts_with("hidden/") && !name.starts_with("head/") &&
         !name.starts_with("attention/map") && name != "attention/head_map" &&
         name != "item/patch_offset" && name != "path/token_offset" && name != "path/tokens";
}

CellData cell_data(const UnitInput& input, std::size_t cell) {
  const Cell& c = (*input.cells)[cell];
  const auto columns = [&](const char* stage) {
    return upstream_arrays(input, stage, cell, has_columns);
  };
  return {c.model,
          c.benchmark,
          &(*input.tables)[c.table],
          columns("capture"),
          columns("metrics"),
          columns("consistency"),
          columns("probes"),
          columns("interventions")};
}

}  // namespace

void attach_runners(std::vector<StageDefinition>& stages, const Sweep& sweep,
                    const StageParams& params, const std::string& device) {
  const auto holder = std::make_shared<ModelHolder>(sweep, device);
  for (auto& stage : stages) {
    if (stage.needs_model) stage.prepare = read_pictures;
    if (stage.name == "capture") {
      stage.run = [&sweep, &params, holder](const UnitInput& input) {
        const auto& benchmark = sweep.benchmarks[input.cell->table].config;
        return capture(input.items(), static_cast<std::size_t>(input.unit->first),
                       *static_cast<const Pictures*>(input.prepared.get()),
                       holder->get(input.cell->model), holder->style(input.cell->model, benchmark),
                       {.max_new_tokens = benchmark.max_new_tokens}, params.capture,
                       [&] { input.advance(1); });
      };
    } else if (stage.name == "consistency") {
      stage.run = [&sweep, &params, holder](const UnitInput& input) {
        const auto& benchmark = sweep.benchmarks[input.cell->table].config;
        return consistency(input.items(), static_cast<std::size_t>(input.unit->first),
                           *static_cast<const Pictures*>(input.prepared.get()),
                           holder->get(input.cell->model), input.cell->model,
                           holder->style(input.cell->model, benchmark),
                           {.max_new_tokens = benchmark.max_new_tokens}, params.consistency,
                           input.seed, [&] { input.advance(1); });
      };
    } else if (stage.name == "metrics") {
      stage.run = [&params](const UnitInput& input) {
        const auto cell = static_cast<std::size_t>(input.cell - input.cells->data());
        return compute_metrics(input.items(), static_cast<std::size_t>(input.unit->first),
                               static_cast<std::size_t>(input.unit->last),
                               input.upstream("capture", cell), params.metrics, input.seed,
                               input.cell->model);
      };
    } else if (stage.name == "reduce") {
      stage.run = [&params](const UnitInput& input) {
        const auto cell = static_cast<std::size_t>(input.cell - input.cells->data());
        if (!input.cell->pooled())
          return reduce_cell(cell_data(input, cell), params.reduce, input.seed);
        std::vector<CellData> cells;
        for (const std::size_t member : input.cell->members)
          cells.push_back(cell_data(input, member));
        return reduce_pooled(cells, params.reduce, input.seed);
      };
    } else {
      throw Error(ExitCode::internal, "no runner for stage " + stage.name);
    }
  }
}

}  // namespace vrp
