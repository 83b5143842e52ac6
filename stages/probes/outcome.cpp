#include "stages/probes/outcome.hpp"

#include <iterator>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/auroc.hpp"

namespace vrp {
namespace {

template <class T>
void move_after(std::vector<T>& all, std::vector<T>& more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

double auroc_of(const std::vector<double>& x, const std::vector<std::int8_t>& y) {
  std::int64_t positives = 0;
  for (const std::int8_t label : y) positives += label;
  const auto n = static_cast<std::int64_t>(y.size());
  if (positives == 0 || positives == n) return kUndefined;
  const std::vector<double> rank = stats::midranks(x);
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (y[i] == 1) sum += rank[i];
  const auto n1 = static_cast<double>(positives), n0 = static_cast<double>(n - positives);
  return (sum - n1 * (n1 + 1) / 2) / (n1 * n0);
}

}  // namespace

void append(ProbeOutcome& all, ProbeOutcome more) {
  for (const ProbeColumn& column : more.columns)
    for (const ProbeColumn& other : all.columns)
      if (column.name == other.name) fail("probes: two parts give the scores '", column.name, "'");
  move_after(all.columns, more.columns);
  move_after(all.folds, more.folds);
  move_after(all.layers, more.layers);
  move_after(all.controls, more.controls);
  move_after(all.neurons, more.neurons);
  move_after(all.delta_bins, more.delta_bins);
}

void add_outcome(Record& record, const ProbeOutcome& outcome) {
  for (const ProbeColumn& column : outcome.columns) {
    Array array = signal_array("probe/" + column.name, column.score, column.orientation,
                               column.units, column.description);
    if (column.needs_reference) array.attributes["needs_reference"] = "1";
    record.add(std::move(array));
  }
  add_frame(record, "probe_fold", outcome.folds);
  add_frame(record, "probe_layer", outcome.layers);
  add_frame(record, "probe_control", outcome.controls);
  add_frame(record, "neuron", outcome.neurons);
  add_frame(record, "delta_bin", outcome.delta_bins);
}

ProbeOutcome read_outcome(const Record& record) {
  ProbeOutcome outcome;
  const std::string prefix = "probe/";
  for (const Array& array : record.arrays()) {
    if (array.name.compare(0, prefix.size(), prefix) != 0) continue;
    const auto orientation = array.attributes.find("orientation");
    outcome.columns.push_back(
        {array.name.substr(prefix.size()),
         orientation == array.attributes.end() ? 0 : std::stoi(orientation->second),
         record.values<double>(array.name), array.units, array.description,
         array.attributes.count("needs_reference") > 0});
  }
  outcome.folds = read_frame<ProbeFoldRow>(record, "probe_fold");
  outcome.layers = read_frame<ProbeLayerRow>(record, "probe_layer");
  outcome.controls = read_frame<ProbeControlRow>(record, "probe_control");
  outcome.neurons = read_frame<NeuronRow>(record, "neuron");
  outcome.delta_bins = read_frame<DeltaBinRow>(record, "delta_bin");
  return outcome;
}

double score_auroc(const std::vector<double>& score, const std::vector<std::int8_t>& y) {
  std::vector<double> x;
  std::vector<std::int8_t> label;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] < 0 || score[i] != score[i]) continue;
    x.push_back(score[i]);
    label.push_back(y[i]);
  }
  return auroc_of(x, label);
}

double score_auroc(const std::vector<double>& score, const std::vector<std::int8_t>& y,
                   const std::vector<std::int32_t>& rows) {
  std::vector<double> x;
  std::vector<std::int8_t> label;
  for (const std::int32_t row : rows) {
    const auto i = static_cast<std::size_t>(row);
    if (y[i] < 0 || score[i] != score[i]) continue;
    x.push_back(score[i]);
    label.push_back(y[i]);
  }
  return auroc_of(x, label);
}

}  // namespace vrp
