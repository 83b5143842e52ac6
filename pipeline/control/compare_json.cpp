// vrp compare --json: every number with its n; what is not defined is null and has a note.
#include "pipeline/base/text.hpp"
#include "pipeline/control/compare_report.hpp"
#include "pipeline/control/csv_write.hpp"

namespace vrp {
namespace {

using stats::Estimate;

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json estimate(const Estimate& e) {
  Json out = {{"n", e.n},
              {"invalid", e.invalid},
              {"estimate", number(e.value)},
              {"low", number(e.low)},
              {"high", number(e.high)},
              {"method", e.method}};
  if (e.flags.any()) {
    out["note"] = stats::flag_reason(e.flags);
    out["flags"] = stats::flag_names(e.flags);
  }
  return out;
}

Json with_p(const Estimate& e, const std::optional<double>& adjusted) {
  Json out = estimate(e);
  out["se"] = number(e.se);
  out["p"] = number(e.p);
  out["p_adjusted"] = number(adjusted);
  return out;
}

Json counts_json(const MatchCounts& c) {
  return {{"compared", c.compared},
          {"only_a", c.only_a},
          {"only_b", c.only_b},
          {"other_content", c.other_content},
          {"not_computed", c.not_computed},
          {"failed_a", c.failed_a},
          {"failed_b", c.failed_b},
          {"failed_both", c.failed_both},
          {"unlabelled", c.unlabelled},
          {"other_reference", c.other_reference}};
}

Json accuracy_json(const ComparedCell& cell) {
  const AccuracyComparison& accuracy = cell.result.accuracy;
  Json difference = estimate(accuracy.paired.difference_pp);
  difference["se"] = number(accuracy.clustered.se);
  difference["p"] = number(accuracy.p());
  difference["p_test"] = accuracy.by_group ? "t over images" : "exact McNemar";
  difference["p_item"] = number(accuracy.paired.difference_pp.p);
  difference["p_adjusted"] = number(cell.p_holm);
  return {{"n", accuracy.paired.n},           {"groups", accuracy.groups},
          {"a", estimate(accuracy.a)},        {"b", estimate(accuracy.b)},
          {"difference_pp", difference},      {"only_a", accuracy.paired.only_a},
          {"only_b", accuracy.paired.only_b}, {"detectable_pp", number(accuracy.detectable)}};
}

Json agreement_json(const AnswerAgreement& agreement) {
  const stats::LabelAgreement& labels = agreement.labels;
  return {
      {"same_text", estimate(agreement.same_text)}, {"same_norm", estimate(agreement.same_norm)},
      {"same_correctness", estimate(labels.equal)}, {"kappa", estimate(labels.kappa)},
      {"both_correct", labels.both_correct},        {"both_incorrect", labels.both_incorrect}};
}

Json difference_json(const DifferenceOfTwo& of, const std::optional<double>& adjusted) {
  return {{"a", estimate(of.a)},
          {"b", estimate(of.b)},
          {"difference", with_p(of.difference, adjusted)}};
}

Json signal_json(const SignalComparison& signal, const AdjustedSignal& adjusted) {
  Json auroc = difference_json(signal.auroc, adjusted.auroc);
  auroc["p_paired"] = number(signal.auroc.p_paired);  // null where the labels differ
  return {{"name", signal.name},
          {"units", signal.units},
          {"orientation", signal.orientation},
          {"needs_reference", signal.needs_reference},
          {"control", signal.control},
          {"equal_labels", signal.equal_labels},
          {"mean",
           {{"a", estimate(signal.mean_a)},
            {"b", estimate(signal.mean_b)},
            {"difference", with_p(signal.mean_difference, adjusted.mean)}}},
          {"correlation", with_p(signal.correlation, std::nullopt)},
          {"auroc", auroc},
          {"r", difference_json(signal.r, adjusted.r)}};
}

Json cell_json(const ComparedCell& cell) {
  Json signals = Json::array(), flips = Json::array();
  for (std::size_t s = 0; s < cell.result.signals.size(); ++s)
    signals.push_back(signal_json(cell.result.signals[s], cell.adjusted[s]));
  for (const Flip& flip : cell.flips)
    flips.push_back({{"key", flip.key},
                     {"question", clean_utf8(flip.question)},
                     {"reference", clean_utf8(flip.reference)},
                     {"answer_a", clean_utf8(flip.answer_a)},
                     {"answer_b", clean_utf8(flip.answer_b)},
                     {"right_in", flip.right_in_a ? "A" : "B"}});
  const auto progress = [](const Progress& p) {
    return Json{{"units", p.units}, {"finished", p.finished}};
  };
  Json out = {{"model_a", cell.model_a},
              {"model_b", cell.model_b},
              {"benchmark", cell.benchmark},
              {"pooled", cell.pooled},
              {"scorer_a", cell.scorer_a},
              {"scorer_b", cell.scorer_b},
              {"progress_a", progress(cell.progress_a)},
              {"progress_b", progress(cell.progress_b)},
              {"items", counts_json(cell.counts)},
              {"accuracy", accuracy_json(cell)},
              {"agreement", agreement_json(cell.result.agreement)},
              {"signals", signals}};
  if (!flips.empty()) out["flips"] = flips;
  return out;
}

}  // namespace

Json compare_json(const ComparisonReport& report) {
  Json settings = Json::array(), sets = Json::array();
  for (const SettingDifference& d : report.settings)
    settings.push_back({{"stage", d.stage},
                        {"field", d.field},
                        {"a", clean_utf8(d.a)},
                        {"b", clean_utf8(d.b)},
                        {"benchmarks", d.benchmarks}});
  for (const ComparedCell& cell : report.cells) sets.push_back(cell_json(cell));
  return {{"run_a", report.run_a}, {"run_b", report.run_b}, {"partial", report.partial()},
          {"difference", "A - B"}, {"level", report.level}, {"replicates", report.replicates},
          {"seed", report.seed},   {"settings", settings},  {"notes", report.notes},
          {"sets", sets}};
}

}  // namespace vrp
