#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

#include "pipeline/store/frame.hpp"
#include "stages/reduce/across_models.hpp"
#include "stages/reduce/reduce.hpp"
#include "stages/reduce/results.hpp"

namespace vrp {
namespace {

using ModelOrder = std::map<std::string, std::size_t>;

template <class Row>
std::vector<Row> gather_frame(const std::vector<Record>& records, const std::string& prefix,
                              const ModelOrder& order) {
  std::vector<Row> all;
  for (const Record& record : records) {
    std::vector<Row> rows = read_frame<Row>(record, prefix);
    all.insert(all.end(), rows.begin(), rows.end());
  }
  const auto rank = [&](const Row& row) {
    const auto known = order.find(row.model);
    return known == order.end() ? order.size() : known->second;
  };
  std::stable_sort(all.begin(), all.end(), [&](const Row& a, const Row& b) {
    const auto key = [&](const Row& row) {
      return std::tuple(rank(row), std::string_view(row.model), row.benchmark != kPooledSet,
                        std::string_view(row.benchmark));
    };
    return key(a) < key(b);
  });
  return all;
}

void add_adjusted(Record& record, const std::string& frame, const std::string& family_name,
                  const std::vector<AdjustedP>& adjusted) {
  std::vector<double> p;
  std::vector<std::string> family;
  for (const AdjustedP& one : adjusted) {
    p.push_back(one.value);
    family.push_back(one.family);
  }
  const auto rows = static_cast<std::int64_t>(p.size());
  record.add(frame + "/p_adjusted", {frame + "_row"}, {rows}, std::move(p), "probability",
             "p adjusted in its family; NaN = no p");
  record.add(frame + "/" + family_name, {frame + "_row"}, {rows}, std::move(family), "",
             "family of tests and its adjustment");
}

}  // namespace

Results gather(const std::vector<Record>& records, const Json& families,
               const std::vector<std::string>& models) {
  ModelOrder order;
  for (const std::string& model : models) order.emplace(model, order.size());
  Results results;
  results.statistics = gather_frame<StatRow>(records, "statistic", order);
  results.adjusted = adjust(results.statistics, families);
  results.differences = gather_frame<DifferenceRow>(records, "signal_difference", order);
  results.differences_adjusted = adjust_differences(results.differences);
  results.across_models = across_models(records);
  results.across_models_adjusted = adjust_across_models(results.across_models);
  results.balance = gather_frame<BalanceRow>(records, "balance", order);
  results.scorers = gather_frame<ScorerRow>(records, "scorer", order);
  results.scorer_pairs = gather_frame<ScorerPairRow>(records, "scorer_pair", order);
  results.label_signals = gather_frame<LabelSignalRow>(records, "label_signal", order);
  results.formats = gather_frame<FormatRow>(records, "format_confound", order);
  results.official = gather_frame<OfficialRow>(records, "official_figure", order);
  results.agreement = gather_frame<AgreementRow>(records, "agreement", order);
  results.curves = gather_frame<CurveRow>(records, "risk_coverage", order);
  results.reliability = gather_frame<BinRow>(records, "reliability", order);
  results.sets = gather_frame<SetRow>(records, "set", order);
  results.lens_layers = gather_frame<LensLayerRow>(records, "lens_layer", order);
  results.lens = gather_frame<LensSummaryRow>(records, "lens", order);
  results.shares = gather_frame<ShareRow>(records, "mlp_share", order);
  results.cases = gather_frame<CaseRow>(records, "case", order);
  results.case_layers = gather_frame<CaseLayerRow>(records, "case_layer", order);
  results.effects = gather_frame<EffectRow>(records, "effect", order);
  results.effects_adjusted = adjust_effects(results.effects, families);
  results.probe_folds = gather_frame<CellProbeFold>(records, "probe_fold", order);
  results.probe_layers = gather_frame<CellProbeLayer>(records, "probe_layer", order);
  results.probe_controls = gather_frame<CellProbeControl>(records, "probe_control", order);
  results.neurons = gather_frame<CellNeuron>(records, "neuron", order);
  results.delta_bins = gather_frame<CellDeltaBin>(records, "delta_bin", order);
  return results;
}

Record results_record(const Results& results) {
  Record record;
  add_frame(record, "statistic", results.statistics);
  add_adjusted(record, "statistic", "family", results.adjusted);
  add_frame(record, "signal_difference", results.differences);
  add_adjusted(record, "signal_difference", "family", results.differences_adjusted);
  add_frame(record, "across_models", results.across_models);
  add_adjusted(record, "across_models", "family", results.across_models_adjusted);
  add_frame(record, "balance", results.balance);
  add_frame(record, "scorer", results.scorers);
  add_frame(record, "scorer_pair", results.scorer_pairs);
  add_frame(record, "label_signal", results.label_signals);
  add_frame(record, "format_confound", results.formats);
  add_frame(record, "official_figure", results.official);
  add_frame(record, "agreement", results.agreement);
  add_frame(record, "risk_coverage", results.curves);
  add_frame(record, "reliability", results.reliability);
  add_frame(record, "set", results.sets);
  add_frame(record, "lens_layer", results.lens_layers);
  add_frame(record, "lens", results.lens);
  add_frame(record, "mlp_share", results.shares);
  add_frame(record, "case", results.cases);
  add_frame(record, "case_layer", results.case_layers);
  add_frame(record, "effect", results.effects);
  add_adjusted(record, "effect", "family_of_tests", results.effects_adjusted);
  add_frame(record, "probe_fold", results.probe_folds);
  add_frame(record, "probe_layer", results.probe_layers);
  add_frame(record, "probe_control", results.probe_controls);
  add_frame(record, "neuron", results.neurons);
  add_frame(record, "delta_bin", results.delta_bins);
  return record;
}

}  // namespace vrp
