#include "stages/reduce/figure_data.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <map>

#include "stages/reduce/long_table.hpp"
#include "stages/reduce/table_rules.hpp"

namespace vrp {
namespace {

using CellName = std::pair<std::string, std::string>;

/// What is said of every row's numbers: the columns that all figures share, after their own.
const std::vector<std::string> kShared = {"invalid", "interval", "method", "p",      "p_adjusted",
                                          "test",    "seed",     "note",   "profile"};
constexpr const char* kNotTested = "none: a figure, not tested";

Table blank(const char* id, const char* title, const RunFacts& facts,
            std::vector<std::string> columns) {
  Table table;
  table.id = id;
  table.title = title;
  table.partial = facts.partial;
  table.columns = std::move(columns);
  table.columns.insert(table.columns.end(), kShared.begin(), kShared.end());
  return table;
}

/// A row of a figure: its own cells, then the shared ones.
void add_row(Table& table, std::vector<Cell> cells, std::int64_t invalid,
             const std::string& interval, const std::string& method, const std::string& note) {
  for (Cell cell : std::vector<Cell>{invalid, interval, method, kUndefined, kUndefined,
                                     std::string(kNotTested), std::int64_t{0}, note, std::string()})
    cells.push_back(std::move(cell));
  table.add(std::move(cells), {});
}

/// `note`, or why numbers of the row are missing where it has none.
std::string note_of(const std::string& note, std::initializer_list<double> values,
                    const char* reason) {
  if (!note.empty()) return note;
  for (const double value : values)
    if (!std::isfinite(value)) return reason;
  return "";
}

constexpr const char* kLensMissing =
    "empty cells: contributions and attention are those of blocks only, blank-image margins need a "
    "blank-image run, gaps need correct and incorrect items";

Table margins(const Results& results, const RunFacts& facts) {
  Table table = blank("F2a", "Margin by layer", facts,
                      {"model",     "benchmark",      "layer",        "n",       "margin",
                       "low",       "high",           "margin_blank", "n_blank", "delta_img",
                       "delta_low", "delta_high",     "sep",          "sep_low", "sep_high",
                       "n_right",   "n_wrong",        "first",        "top2",    "attention",
                       "mlp",       "attention_norm", "mlp_norm"});
  for (const LensLayerRow& row : results.lens_layers)
    add_row(table,
            {row.model,      row.benchmark,      row.layer,        row.n,       row.margin,
             row.margin_low, row.margin_high,    row.margin_blank, row.n_blank, row.delta_img,
             row.delta_low,  row.delta_high,     row.sep,          row.sep_low, row.sep_high,
             row.n_right,    row.n_wrong,        row.first,        row.top2,    row.attention,
             row.mlp,        row.attention_norm, row.mlp_norm},
            unused(items_of(results, row.model, row.benchmark), row.n), row.interval,
            "means over items, logits; low, high: of margin; n_blank: of margin_blank and "
            "delta_img; n_right, n_wrong: of sep; n: of all others",
            note_of(row.note,
                    {row.margin, row.margin_low, row.margin_blank, row.delta_img, row.sep,
                     row.first, row.top2, row.attention, row.mlp, row.attention_norm, row.mlp_norm},
                    kLensMissing));
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

/// Items behind the sparse probe and the differences of activation of a cell.
std::int64_t items_of_neurons(const Results& results, const CellName& cell) {
  std::int64_t n = 0;
  for (const CellProbeLayer& row : results.probe_layers)
    if (row.model == cell.first && row.benchmark == cell.second && row.probe == "sparse") n = row.n;
  return n;
}

Table delta_histogram(const Results& results, const RunFacts& facts) {
  Table table = blank("F2b", "Difference of activation between correct and incorrect items", facts,
                      {"model", "benchmark", "layer", "lower", "upper", "neurons", "density", "n"});
  const auto last = last_blocks(results);
  std::map<CellName, std::int64_t> neurons;
  for (const CellDeltaBin& row : results.delta_bins)
    if (row.layer == last.at({row.model, row.benchmark}))
      neurons[{row.model, row.benchmark}] += row.count;
  for (const CellDeltaBin& row : results.delta_bins) {
    const CellName cell(row.model, row.benchmark);
    if (row.layer != last.at(cell)) continue;
    const double all = static_cast<double>(neurons[cell]) * (row.upper - row.lower);
    const double density = all > 0 ? static_cast<double>(row.count) / all : kUndefined;
    const std::int64_t n = items_of_neurons(results, cell);
    add_row(table,
            {row.model, row.benchmark, row.layer, row.lower, row.upper, row.count, density, n},
            unused(items_of(results, row.model, row.benchmark), n),
            "none: a histogram over all neurons of the block",
            "neurons whose mean activation on correct minus incorrect items lies in the bin, over "
            "all neurons and the bin's width",
            note_of("", {density}, "the bin has no width"));
  }
  return table;
}

Table marked_neurons(const Results& results, const RunFacts& facts) {
  constexpr std::int64_t kMarked = 3;  // of each kind
  Table table =
      blank("F2b_neurons", "Neurons marked in F2b", facts,
            {"model", "benchmark", "layer", "neuron", "kind", "rank", "delta", "weight", "n"});
  const auto last = last_blocks(results);
  for (const CellNeuron& row : results.neurons) {
    const CellName cell(row.model, row.benchmark);
    const auto block = last.find(cell);
    if (block == last.end() || row.layer != block->second || row.fold != -1) continue;
    if ((row.kind != "success" && row.kind != "failure") || row.rank >= kMarked) continue;
    const std::int64_t n = items_of_neurons(results, cell);
    add_row(
        table,
        {row.model, row.benchmark, row.layer, row.neuron, row.kind, row.rank, row.delta, row.weight,
         n},
        unused(items_of(results, row.model, row.benchmark), n),
        "none: chosen among all neurons of the block",
        "delta: mean activation on correct minus incorrect items; weight: of the L1 probe fit on "
        "all items",
        note_of("", {row.delta, row.weight}, "the set has one class only"));
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
                       "h_s", "dh_s", "h_n"});
  for (const LensLayerRow& row : results.lens_layers)
    if (row.layer >= 0)
      add_row(table,
              {row.model, row.benchmark, row.layer, depth_of(results, row), row.n_h, row.h_change,
               row.h_change_low, row.h_change_high, row.h_s, row.dh_s, row.h_n},
              unused(items_of(results, row.model, row.benchmark), row.n_h), row.interval,
              "means over items with H_s at every layer, nats; low, high: of h_change = H_s(l) - "
              "H_s(0)",
              note_of(row.note, {row.h_change, row.h_change_low, row.h_s, row.dh_s, row.h_n},
                      "empty cells: no item has H_s at every layer, or the first block has no "
                      "block before it"));
  return table;
}

Table residual_updates(const Results& results, const RunFacts& facts) {
  Table table = blank("F4", "Residual update of the image tokens by block", facts,
                      {"model", "benchmark", "layer", "n", "resid", "sd", "relative"});
  for (const LensLayerRow& row : results.lens_layers)
    if (row.layer >= 0)
      add_row(table,
              {row.model, row.benchmark, row.layer, row.n_resid, row.resid, row.resid_sd,
               row.resid_relative},
              unused(items_of(results, row.model, row.benchmark), row.n_resid),
              "none: the figure's band is one standard deviation over items, column sd",
              "mean over items of the mean length of h(l) - h(l-1) over image positions; relative: "
              "to the length of h(l-1)",
              note_of(row.note, {row.resid, row.resid_sd, row.resid_relative},
                      "empty cells: no residual updates were captured, or one item only"));
  return table;
}

Table case_items(const Results& results, const RunFacts& facts) {
  Table table = blank("F5", "Case study: the wrong answer with the most focused attention", facts,
                      {"model", "benchmark", "key", "question", "reference", "answer", "h_s", "h_n",
                       "percentile", "n", "c_k", "confidence", "s_sc", "margin_final"});
  for (const CaseRow& row : results.cases)
    add_row(
        table,
        {row.model, row.benchmark, row.key, row.question, row.reference, row.answer, row.h_s,
         row.h_n, row.percentile, row.n, row.c_k, row.confidence, row.s_sc, row.margin_final},
        unused(items_of(results, row.model, row.benchmark), row.n), "none: one item",
        "values of one item: the wrong answer with the lowest H_s of its set; percentile: of its "
        "H_s among the n items",
        note_of(
            row.note,
            {row.h_s, row.h_n, row.percentile, row.c_k, row.confidence, row.s_sc, row.margin_final},
            "empty cells: not computed for this item"));
  return table;
}

Table case_layers(const Results& results, const RunFacts& facts) {
  Table table = blank(
      "F5_layers", "Lens of the case study's item", facts,
      {"model", "benchmark", "key", "layer", "n", "margin", "margin_blank", "yes", "no", "top2"});
  for (const CaseLayerRow& row : results.case_layers)
    add_row(table,
            {row.model, row.benchmark, row.key, row.layer, std::int64_t{1}, row.margin,
             row.margin_blank, row.yes, row.no, row.top2},
            0, "none: one item", "logits of one item after each block",
            note_of(row.note, {row.margin, row.margin_blank, row.yes, row.no, row.top2},
                    "empty cells: not computed for this item"));
  return table;
}

}  // namespace

std::vector<Table> figure_data(const Results& results, const RunFacts& facts) {
  std::vector<Table> tables = {margins(results, facts),          delta_histogram(results, facts),
                               marked_neurons(results, facts),   entropy_by_depth(results, facts),
                               residual_updates(results, facts), case_items(results, facts),
                               case_layers(results, facts)};
  for (Table& table : tables) {
    complete_rows(table, facts.seed, facts.profile);
    if (table.rows.empty())
      table.notes.push_back("No cell of this run has the stages that the figure needs.");
  }
  return tables;
}

}  // namespace vrp
