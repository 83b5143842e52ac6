// T12: what a probe reaches without the right to, and transfer between sets.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "stages/reduce/long_table.hpp"
#include "stages/reduce/reduce.hpp"

namespace vrp {
namespace {

constexpr std::string_view kTransfer = "transfer:";

/// The signal that holds the out-of-fold scores of a probe.
std::string signal_of_probe(const std::string& probe) {
  if (probe == "hidden_mlp") return "hidden_probe";
  if (probe == "hidden_linear") return "linear_probe";
  if (probe == "attention") return "ensemble_attention";
  return probe;
}

/// False for rows about a probe as such, which T1 prints, and about the folds.
bool is_control(const std::pair<const std::string, const CellProbeControl*>& entry) {
  for (const char* other :
       {"r2", "r2_max", "majority", "accuracy", "balanced_accuracy", "auroc", "duplicates"})
    if (entry.first == other) return false;
  return true;
}

/// Pairs of one image and question in two folds of the set; nullptr = not counted.
const CellProbeControl* duplicates_of(const Results& results, const std::string& model,
                                      const std::string& benchmark) {
  for (const CellProbeControl& row : results.probe_controls)
    if (row.model == model && row.benchmark == benchmark && row.control == "duplicates" &&
        row.probe != "authors_split")
      return &row;
  return nullptr;
}

/// Controls of one probe on one set, by name.
struct ProbeControls {
  std::string model, benchmark, probe;
  std::map<std::string, const CellProbeControl*> by_name;
};

std::vector<ProbeControls> controls_of(const Results& results) {
  std::vector<ProbeControls> out;
  for (const CellProbeControl& row : results.probe_controls) {
    if (row.control.starts_with(kTransfer)) continue;
    const auto found = std::find_if(out.begin(), out.end(), [&](const ProbeControls& group) {
      return group.model == row.model && group.benchmark == row.benchmark &&
             group.probe == row.probe;
    });
    ProbeControls& group =
        found == out.end()
            ? out.emplace_back(ProbeControls{row.model, row.benchmark, row.probe, {}})
            : *found;
    group.by_name[row.control] = &row;
  }
  return out;
}

struct FoldSummary {
  double mean = kUndefined, deviation = kUndefined;
  std::int64_t defined = 0, folds = 0;
  std::string layers;  ///< "L2 L2 L3 L2 L2", "" = the probe has no layer
};

FoldSummary folds_of(const Results& results, const ProbeControls& group) {
  FoldSummary out;
  std::vector<double> values;
  std::vector<std::string> layers;
  for (const CellProbeFold& row : results.probe_folds) {
    if (row.model != group.model || row.benchmark != group.benchmark || row.probe != group.probe)
      continue;
    ++out.folds;
    if (row.layer >= -1) layers.push_back(layer_text(row.layer));
    if (std::isfinite(row.auroc)) values.push_back(row.auroc);
  }
  out.layers = join(layers, " ");
  out.defined = static_cast<std::int64_t>(values.size());
  if (values.empty()) return out;
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  out.mean = sum / static_cast<double>(values.size());
  for (const double value : values) squares += (value - out.mean) * (value - out.mean);
  if (values.size() > 1)
    out.deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
  return out;
}

/// Machine rows of the spread over outer folds.
void add_folds(Table& table, const ProbeControls& group, const FoldSummary& folds) {
  if (folds.folds == 0) return;
  TableValue value;
  value.model = group.model;
  value.benchmark = group.benchmark;
  value.what = group.probe;
  value.statistic = "fold_auroc_mean";
  value.n = folds.defined;
  value.invalid = folds.folds - folds.defined;
  value.interval = "none: few folds, see fold_auroc_sd";
  value.test = "none: described, not tested";
  value.estimate = folds.mean;
  value.method = concat("mean AUROC over outer folds with both classes; n = folds",
                        folds.layers.empty() ? "" : "; blocks chosen: ", folds.layers);
  value.note = folds.defined == 0 ? "no fold has both classes" : "";
  add_value(table, value);
  value.statistic = "fold_auroc_sd";
  value.interval = "none: a spread";
  value.estimate = folds.deviation;
  value.method = "standard deviation over those folds; n = folds";
  value.note = folds.defined < 2 ? "fewer than two folds have both classes" : "";
  add_value(table, value);
}

/// "shuffle" as people read it: mean and range of the draws.
std::string shuffle_text(const CellProbeControl& row) {
  return row.draws > 1 && std::isfinite(row.low)
             ? concat(fixed(row.value, 3), " ", interval_text(row.low, row.high, 3))
             : fixed(row.value, 3);
}

/// What the duplicates and cosines of all sets say, in one sentence; "" = neither was computed.
std::string leakage_note(const Results& results) {
  std::set<std::pair<std::string, std::string>> sets, with;
  double low = kUndefined, high = kUndefined;
  for (const CellProbeControl& row : results.probe_controls) {
    if (row.control == "max_cosine" && std::isfinite(row.value)) {
      low = std::isnan(low) ? row.value : std::min(low, row.value);
      high = std::isnan(high) ? row.value : std::max(high, row.value);
    }
    if (row.control != "duplicates") continue;
    const CellProbeControl* counted = duplicates_of(results, row.model, row.benchmark);
    if (!counted) continue;
    sets.emplace(row.model, row.benchmark);
    if (counted->value > 0) with.emplace(row.model, row.benchmark);
  }
  std::string text;
  if (!sets.empty())
    text = concat("Pairs of one image and question in two folds: ",
                  with.empty() ? "none" : concat("in ", with.size(), " sets"), " (", sets.size(),
                  " sets counted). ");
  if (std::isfinite(low))
    text += concat("Largest cosine similarity of a training and a test input: ", fixed(low, 3),
                   " to ", fixed(high, 3), " over the probes.");
  return text;
}

}  // namespace

Table table_t12(const Results& results, const RunFacts& facts) {
  Table table = long_table("T12", "T12. Controls of the probes", facts);
  table.headers = {"Model",
                   "Set",
                   "Probe",
                   "n",
                   "Invalid",
                   "Nested AUROC",
                   "Interval",
                   "Within type",
                   "Authors' split",
                   "Shuffled labels",
                   "p",
                   "Type only",
                   "Length only",
                   "Blank image",
                   "Residualised",
                   "Paper"};
  table.numeric = {false, false, false, true, true, true, true, true,
                   true,  true,  true,  true, true, true, true, true};
  People people(table);
  TableNotes notes;
  for (const ProbeControls& group : controls_of(results)) {
    const std::string signal = signal_of_probe(group.probe);
    const Found nested = find(results, group.model, group.benchmark, signal, "auroc");
    const Found within = find(results, group.model, group.benchmark, signal, "auroc_within_type");
    const PaperFigure* paper = paper_figure("T7", group.model, group.benchmark, signal, "auroc");
    const std::int64_t items = items_of(results, group.model, group.benchmark);
    for (const auto& [name, row] : group.by_name) {
      add_value(table, value_of(*row, items));
      if (std::isfinite(row->value) && name == "shuffle")  // draws that gave no value
        notes.add(row->note, concat(group.model, "/", display_set(group.benchmark), " ",
                                    group.probe, " ", name));
    }
    if (std::none_of(group.by_name.begin(), group.by_name.end(), is_control)) continue;
    const auto entry = [&](const char* name) -> const CellProbeControl* {
      const auto found = group.by_name.find(name);
      return found == group.by_name.end() ? nullptr : found->second;
    };
    const auto number = [&](const char* name) {
      const CellProbeControl* row = entry(name);
      return row ? people.cell(fixed(row->value, 3), row->note) : std::string("-");
    };
    if (nested) add_value(table, value_of(*nested.row, *nested.adjusted, paper));
    if (within) add_value(table, value_of(*within.row, *within.adjusted, nullptr));
    add_folds(table, group, folds_of(results, group));
    const CellProbeControl* shuffle = entry("shuffle");
    const std::string undefined = nested ? nested.row->note : std::string();
    people.add(
        {group.model, display_set(group.benchmark), display_name(signal),
         nested ? std::to_string(nested.row->n) : std::to_string(group.by_name.begin()->second->n),
         nested ? std::to_string(nested.row->invalid)
                : std::to_string(unused(items, group.by_name.begin()->second->n)),
         nested ? people.cell(fixed(nested.row->estimate, 3), nested.row->note) : "-",
         nested ? people.cell(interval_text(nested.row->low, nested.row->high, 3), nested.row->note)
                : "-",
         within ? people.cell(fixed(within.row->estimate, 3), within.row->note) : "-",
         number("authors_split"),
         shuffle ? people.cell(shuffle_text(*shuffle), shuffle->note) : "-",
         shuffle ? people.cell(p_text(shuffle->p), shuffle->note.empty()
                                                       ? "the nested AUROC is not defined"
                                                       : shuffle->note)
                 : "-",
         number("type_only"), number("length_only"), number("blank"), number("residualised"),
         printed(paper)},
        undefined);
  }
  table.notes.push_back(
      "Nested: every item is scored by a probe that saw no item of its image; layer and settings "
      "are chosen on training folds. Interval: as in T7. Authors' split: best layer on the test "
      "part of one random split of items, which leaks; printed for comparison only. '-': control "
      "not run for this probe, or a row of the whole set without a probe.");
  table.notes.push_back(
      "Shuffled labels: mean and 2.5 to 97.5 % range over permutations of the labels within "
      "question type, the whole protocol repeated; 0.5 is expected, or what type and set alone "
      "explain. p: by these permutations, not adjusted. Type only, length only: what the question "
      "type or the number of prompt tokens gives. Blank image: states of a run with a grey "
      "picture. "
      "Residualised: means of question type and set taken out of the states. Spread over folds, "
      "blocks chosen, largest cosine and duplicates: CSV.");
  const std::string leakage = leakage_note(results);
  if (!leakage.empty()) table.notes.push_back(leakage);
  table.notes.push_back(
      "Paper: figures of table 7, whose LLaVA probe has the test items' images in training.");
  notes.write(table);
  people.write();
  if (table.display.empty())
    table.notes.push_back("The probes stage was not part of this run, or ran without controls.");
  adjust_within(table, "controls of probes");
  return table;
}

Table table_t12_transfer(const Results& results, const RunFacts& facts) {
  Table table =
      long_table("T12_transfer", "T12, second part. Probes on sets they were not fitted on", facts,
                 {"fitted_on", "scored_on"});
  table.headers = {"Model", "Probe",   "Fitted on", "Scored on", "Block",
                   "n",     "Invalid", "AUROC",     "Interval"};
  table.numeric = {false, false, false, false, true, true, true, true, true};
  People people(table);
  for (const CellProbeControl& row : results.probe_controls) {
    if (!row.control.starts_with(kTransfer)) continue;
    const std::string rest = row.control.substr(kTransfer.size());
    const std::size_t colon = rest.find(':');
    const std::string from = colon == std::string::npos ? row.benchmark : rest.substr(0, colon);
    const std::string to = colon == std::string::npos ? rest : rest.substr(colon + 1);
    TableValue value = value_of(row, items_of(results, row.model, to));
    value.interval = std::isfinite(row.low)
                         ? "Obuchowski, images as clusters"
                         : "none: a perfect order, one class or one image has no variance";
    value.test = std::isfinite(row.p)
                     ? "AUROC = 0.5, cluster-robust (Obuchowski 1997), images as clusters"
                     : "none: a perfect order, one class or one image has no variance";
    value.more = {from, to};
    const bool defined = std::isfinite(row.value);
    if (defined) {  // the note names the block
      value.method += "; " + row.note;
      value.note.clear();
    }
    add_value(table, value);
    people.add({row.model, row.probe, from, to,
                defined && row.note.starts_with("block ") ? "L" + row.note.substr(6) : "-",
                std::to_string(row.n), std::to_string(value.invalid), fixed(row.value, 3),
                people.cell(interval_text(row.low, row.high, 3),
                            defined ? "a perfect order, one class or one image has no variance"
                                    : row.note)},
               row.note);
  }
  table.notes.push_back(
      "A linear probe whose block was chosen on the first set, scored on the second set's items "
      "whose image it did not see; invalid: the second set's other items. Interval: 95 %, "
      "cluster-robust (Obuchowski 1997), images as clusters. The paper has no such table.");
  people.write();
  if (table.display.empty())
    table.notes.push_back("No transfer was computed: it takes the probes stage and two sets.");
  return table;
}

}  // namespace vrp
