// T12: what a probe reaches without the right to, and transfer between sets.
#include <algorithm>
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

}  // namespace

Table table_t12(const Results& results, const RunFacts& facts) {
  Table table = long_table("T12", "T12. Controls of the probes", facts);
  table.headers = {"Model",
                   "Set",
                   "Probe",
                   "n",
                   "Nested AUROC",
                   "Interval",
                   "Folds",
                   "Layers chosen",
                   "Within type",
                   "Authors' split",
                   "Shuffled labels",
                   "Range",
                   "p",
                   "Type only",
                   "Length only",
                   "Blank image",
                   "Residualised",
                   "Largest cosine",
                   "Duplicates",
                   "Paper"};
  table.numeric = {false, false, false, true, true, true, true, false, true, true,
                   true,  true,  true,  true, true, true, true, true,  true, false};
  TableNotes notes;
  for (const ProbeControls& group : controls_of(results)) {
    const std::string signal = signal_of_probe(group.probe);
    const Found nested = find(results, group.model, group.benchmark, signal, "auroc");
    const Found within = find(results, group.model, group.benchmark, signal, "auroc_within_type");
    const FoldSummary folds = folds_of(results, group);
    const PaperFigure* paper = paper_figure("T7", group.model, group.benchmark, signal, "auroc");
    const std::string place = concat(group.model, "/", group.benchmark, " ", group.probe);
    for (const auto& [name, row] : group.by_name) {
      add_value(table, value_of(*row));
      if (std::isnan(row->value)) notes.add(row->note, concat(place, " ", name));
    }
    if (std::none_of(group.by_name.begin(), group.by_name.end(), is_control)) continue;
    const auto entry = [&](const char* name) -> const CellProbeControl* {
      const auto found = group.by_name.find(name);
      return found == group.by_name.end() ? nullptr : found->second;
    };
    const auto number = [&](const char* name, int decimals) {
      const CellProbeControl* row = entry(name);
      return row ? fixed(row->value, decimals) : std::string("-");
    };
    if (nested) add_value(table, value_of(*nested.row, *nested.adjusted, paper));
    if (within) add_value(table, value_of(*within.row, *within.adjusted, nullptr));
    if (folds.folds > 0) {
      TableValue value;
      value.model = group.model;
      value.benchmark = group.benchmark;
      value.what = group.probe;
      value.statistic = "fold_auroc_mean";
      value.n = folds.defined;
      value.invalid = folds.folds - folds.defined;
      value.interval = "none";
      value.estimate = folds.mean;
      value.method = "mean AUROC over outer folds with both classes; n = folds";
      value.note = folds.defined == 0 ? "no fold has both classes" : "";
      add_value(table, value);
      value.statistic = "fold_auroc_sd";
      value.estimate = folds.deviation;
      value.method = "standard deviation over those folds";
      value.note = folds.defined < 2 ? "fewer than two folds have both classes" : "";
      add_value(table, value);
    }
    const CellProbeControl* shuffle = entry("shuffle");
    const CellProbeControl* duplicates = duplicates_of(results, group.model, group.benchmark);
    add_people(table, {group.model,
                       display_set(group.benchmark),
                       display_name(signal),
                       nested ? std::to_string(nested.row->n) : "0",
                       nested ? fixed(nested.row->estimate, 3) : "n/a",
                       nested ? interval_text(nested.row->low, nested.row->high, 3) : "n/a",
                       folds.folds == 0 ? "-"
                       : std::isfinite(folds.deviation)
                           ? concat(fixed(folds.mean, 3), " (sd ", fixed(folds.deviation, 3), ")")
                           : fixed(folds.mean, 3),
                       folds.layers.empty() ? "-" : folds.layers,
                       within ? fixed(within.row->estimate, 3) : "n/a",
                       number("authors_split", 3),
                       number("shuffle", 3),
                       shuffle ? (shuffle->draws > 1 ? interval_text(shuffle->low, shuffle->high, 3)
                                                     : "n/a")
                               : "-",
                       shuffle ? p_text(shuffle->p) : "-",
                       number("type_only", 3),
                       number("length_only", 3),
                       number("blank", 3),
                       number("residualised", 3),
                       number("max_cosine", 3),
                       duplicates ? fixed(duplicates->value, 0) : "-",
                       printed(paper)});
    if (nested) notes.add(nested.row->note, place);
  }
  table.notes.push_back(
      "Nested: every item is scored by a probe that saw no item of its image; layer and settings "
      "are chosen on training folds. Authors' split: best layer on the test part of one random "
      "split of items, printed for comparison only. '-': control not run for this probe.");
  table.notes.push_back(
      "Shuffled labels: labels permuted within question type, the whole protocol repeated; 0.5 is "
      "expected, or what type and set alone explain. Type only, length only: what the question "
      "type "
      "or the number of prompt tokens gives. Blank image: states of a run with a grey picture.");
  table.notes.push_back(
      "Paper: figures of table 7, whose LLaVA probe has the test items' images in training.");
  notes.write(table);
  if (table.display.empty())
    table.notes.push_back("The probes stage was not part of this run, or ran without controls.");
  return table;
}

Table table_t12_transfer(const Results& results, const RunFacts& facts) {
  Table table =
      long_table("T12_transfer", "T12, second part. Probes on sets they were not fitted on", facts);
  table.headers = {"Model", "Probe", "Fitted on", "Scored on", "n", "AUROC"};
  table.numeric = {false, false, false, false, true, true};
  TableNotes notes;
  for (const CellProbeControl& row : results.probe_controls) {
    if (!row.control.starts_with(kTransfer)) continue;
    const std::string rest = row.control.substr(kTransfer.size());
    const std::size_t colon = rest.find(':');
    const std::string from = colon == std::string::npos ? row.benchmark : rest.substr(0, colon);
    const std::string to = colon == std::string::npos ? rest : rest.substr(colon + 1);
    add_value(table, value_of(row));
    add_people(table, {row.model, row.probe, from, to, std::to_string(row.n), fixed(row.value, 3)});
    if (std::isnan(row.value))
      notes.add(row.note, concat(row.model, " ", row.probe, " ", from, " to ", to));
  }
  table.notes.push_back(
      "A linear probe whose layer was chosen on the first set, scored on the second set's items "
      "whose image it did not see. The paper has no such table.");
  notes.write(table);
  if (table.display.empty())
    table.notes.push_back("No transfer was computed: it takes the probes stage and two sets.");
  return table;
}

}  // namespace vrp
