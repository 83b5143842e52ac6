#include "stages/reduce/figure_data.hpp"

#include <algorithm>
#include <map>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

using CellName = std::pair<std::string, std::string>;

Table blank(const char* id, const char* title, const RunFacts& facts,
            std::vector<std::string> columns) {
  Table table;
  table.id = id;
  table.title = title;
  table.partial = facts.partial;
  table.columns = std::move(columns);
  return table;
}

Table margins(const Results& results, const RunFacts& facts) {
  Table table = blank("F2a", "Margin by layer", facts,
                      {"model",     "benchmark",      "layer",        "n",        "margin",
                       "low",       "high",           "margin_blank", "n_blank",  "delta_img",
                       "delta_low", "delta_high",     "sep",          "sep_low",  "sep_high",
                       "n_right",   "n_wrong",        "first",        "top2",     "attention",
                       "mlp",       "attention_norm", "mlp_norm",     "interval", "seed",
                       "note"});
  for (const LensLayerRow& row : results.lens_layers)
    table.add({row.model,      row.benchmark,      row.layer,        row.n,        row.margin,
               row.margin_low, row.margin_high,    row.margin_blank, row.n_blank,  row.delta_img,
               row.delta_low,  row.delta_high,     row.sep,          row.sep_low,  row.sep_high,
               row.n_right,    row.n_wrong,        row.first,        row.top2,     row.attention,
               row.mlp,        row.attention_norm, row.mlp_norm,     row.interval, row.seed,
               row.note},
              {});
  return table;
}

/// Last block with a histogram, by cell.
std::map<CellName, std::int64_t> last_blocks(const Results& results) {
  std::map<CellName, std::int64_t> last;
  for (const CellDeltaBin& row : results.delta_bins) {
    auto [entry, is_new] = last.emplace(CellName(row.model, row.benchmark), row.layer);
    entry->second = std::max(entry->second, row.layer);
  }
  return last;
}

Table delta_histogram(const Results& results, const RunFacts& facts) {
  Table table = blank("F2b", "Difference of activation between correct and incorrect items", facts,
                      {"model", "benchmark", "layer", "lower", "upper", "neurons", "density"});
  const auto last = last_blocks(results);
  std::map<CellName, std::int64_t> neurons;
  for (const CellDeltaBin& row : results.delta_bins)
    if (row.layer == last.at({row.model, row.benchmark}))
      neurons[{row.model, row.benchmark}] += row.count;
  for (const CellDeltaBin& row : results.delta_bins) {
    const CellName cell(row.model, row.benchmark);
    if (row.layer != last.at(cell)) continue;
    const double all = static_cast<double>(neurons[cell]) * (row.upper - row.lower);
    table.add({row.model, row.benchmark, row.layer, row.lower, row.upper, row.count,
               all > 0 ? static_cast<double>(row.count) / all : kUndefined},
              {});
  }
  return table;
}

Table marked_neurons(const Results& results, const RunFacts& facts) {
  constexpr std::int64_t kMarked = 3;  // of each kind
  Table table = blank("F2b_neurons", "Neurons marked in F2b", facts,
                      {"model", "benchmark", "layer", "neuron", "kind", "rank", "delta", "weight"});
  const auto last = last_blocks(results);
  for (const CellNeuron& row : results.neurons) {
    const auto block = last.find({row.model, row.benchmark});
    if (block == last.end() || row.layer != block->second || row.fold != -1) continue;
    if ((row.kind == "success" || row.kind == "failure") && row.rank < kMarked)
      table.add({row.model, row.benchmark, row.layer, row.neuron, row.kind, row.rank, row.delta,
                 row.weight},
                {});
  }
  return table;
}

double depth_of(const Results& results, const LensLayerRow& row) {
  for (const LensSummaryRow& lens : results.lens)
    if (lens.model == row.model && lens.benchmark == row.benchmark)
      return lens.layers > 1 ? static_cast<double>(row.layer) / static_cast<double>(lens.layers - 1)
                             : 0;
  return kUndefined;
}

Table entropy_by_depth(const Results& results, const RunFacts& facts) {
  Table table = blank("F3", "Spatial entropy of attention by relative depth", facts,
                      {"model", "benchmark", "layer", "depth", "n", "h_change", "low", "high",
                       "h_s", "dh_s", "h_n", "interval", "seed", "note"});
  for (const LensLayerRow& row : results.lens_layers)
    if (row.layer >= 0)
      table.add({row.model, row.benchmark, row.layer, depth_of(results, row), row.n_h, row.h_change,
                 row.h_change_low, row.h_change_high, row.h_s, row.dh_s, row.h_n, row.interval,
                 row.seed, row.note},
                {});
  return table;
}

Table residual_updates(const Results& results, const RunFacts& facts) {
  Table table = blank("F4", "Residual update of the image tokens by block", facts,
                      {"model", "benchmark", "layer", "n", "resid", "sd", "relative", "note"});
  for (const LensLayerRow& row : results.lens_layers)
    if (row.layer >= 0)
      table.add({row.model, row.benchmark, row.layer, row.n_resid, row.resid, row.resid_sd,
                 row.resid_relative, row.note},
                {});
  return table;
}

Table case_items(const Results& results, const RunFacts& facts) {
  Table table = blank("F5", "Case study: the wrong answer with the most focused attention", facts,
                      {"model", "benchmark", "key", "question", "reference", "answer", "h_s", "h_n",
                       "percentile", "n", "c_k", "confidence", "s_sc", "margin_final", "note"});
  for (const CaseRow& row : results.cases)
    table.add({row.model, row.benchmark, row.key, row.question, row.reference, row.answer, row.h_s,
               row.h_n, row.percentile, row.n, row.c_k, row.confidence, row.s_sc, row.margin_final,
               row.note},
              {});
  return table;
}

Table case_layers(const Results& results, const RunFacts& facts) {
  Table table = blank("F5_layers", "Lens of the case study's item", facts,
                      {"model", "benchmark", "key", "layer", "margin", "margin_blank", "yes", "no",
                       "top2", "note"});
  for (const CaseLayerRow& row : results.case_layers)
    table.add({row.model, row.benchmark, row.key, row.layer, row.margin, row.margin_blank, row.yes,
               row.no, row.top2, row.note},
              {});
  return table;
}

}  // namespace

std::vector<Table> figure_data(const Results& results, const RunFacts& facts) {
  return {margins(results, facts),          delta_histogram(results, facts),
          marked_neurons(results, facts),   entropy_by_depth(results, facts),
          residual_updates(results, facts), case_items(results, facts),
          case_layers(results, facts)};
}

}  // namespace vrp
