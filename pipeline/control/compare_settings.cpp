// In what two runs differ, and what that does to p: settings and adjustments of a comparison.
#include <algorithm>
#include <map>

#include "pipeline/control/compare_report.hpp"
#include "pipeline/stats/multiplicity.hpp"

namespace vrp {
namespace {

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
}

/// Fields of an object as text; what is no object has none.
std::map<std::string, std::string> fields_of(const Json& object) {
  std::map<std::string, std::string> out;
  if (!object.is_object()) return out;
  for (const auto& [name, value] : object.items()) out[name] = text_of(value);
  return out;
}

template <class Report>
void compare_fields(const std::map<std::string, std::string>& a,
                    const std::map<std::string, std::string>& b, Report&& report) {
  std::map<std::string, std::pair<std::string, std::string>> all;
  for (const auto& [name, value] : a) all[name].first = value;
  for (const auto& [name, value] : b) all[name].second = value;
  for (const auto& [name, values] : all)
    if (values.first != values.second) report(name, values.first, values.second);
}

void add(const std::string& stage, const std::string& field, const std::string& a,
         const std::string& b, const std::string& benchmark, std::vector<SettingDifference>& out) {
  auto known = std::find_if(out.begin(), out.end(), [&](const SettingDifference& d) {
    return d.stage == stage && d.field == field && d.a == a && d.b == b;
  });
  if (known == out.end()) known = out.insert(out.end(), {stage, field, a, b, {}});
  if (!benchmark.empty() && std::find(known->benchmarks.begin(), known->benchmarks.end(),
                                      benchmark) == known->benchmarks.end())
    known->benchmarks.push_back(benchmark);
}

/// Adjusts the p that `get` finds in the signals of pooled or of single sets.
template <class Get, class Set>
void adjust_signals(ComparisonReport& report, bool pooled, Get&& get, Set&& set) {
  stats::PValues p;
  std::vector<std::pair<ComparedCell*, std::size_t>> where;
  for (ComparedCell& cell : report.cells) {
    if (cell.pooled != pooled) continue;
    for (std::size_t s = 0; s < cell.result.signals.size(); ++s) {
      const SignalComparison& signal = cell.result.signals[s];
      if (signal.needs_reference || signal.control) continue;
      p.push_back(get(signal));
      where.emplace_back(&cell, s);
    }
  }
  const stats::PValues adjusted = stats::benjamini_hochberg(p);
  for (std::size_t i = 0; i < where.size(); ++i)
    set(where[i].first->adjusted[where[i].second], adjusted[i]);
}

}  // namespace

void add_setting_differences(const CellWork& a, const CellWork& b,
                             std::vector<SettingDifference>& out) {
  for (const std::string& stage : column_stages()) {
    const auto in_a = a.stages.find(stage), in_b = b.stages.find(stage);
    const bool has_a = in_a != a.stages.end(), has_b = in_b != b.stages.end();
    if (has_a != has_b) {
      add(stage, "computed", has_a ? "yes" : "no", has_b ? "yes" : "no", a.benchmark, out);
      continue;
    }
    if (!has_a) continue;
    compare_fields(fields_of(in_a->second.fingerprint), fields_of(in_b->second.fingerprint),
                   [&](const std::string& field, const std::string& x, const std::string& y) {
                     if (!field.starts_with("upstream ")) add(stage, field, x, y, a.benchmark, out);
                   });
  }
}

void add_run_differences(const Json& manifest_a, const Json& manifest_b,
                         std::vector<SettingDifference>& out) {
  for (const char* field : {"profile", "seed", "limit", "program", "revision"}) {
    const std::string a = text_of(manifest_a.value(field, Json())),
                      b = text_of(manifest_b.value(field, Json()));
    if (a != b) add("run", field, a, b, "", out);
  }
}

bool ComparisonReport::partial() const {
  return limited_a || limited_b ||
         std::any_of(cells.begin(), cells.end(), [](const ComparedCell& cell) {
           return cell.progress_a.partial() || cell.progress_b.partial();
         });
}

void adjust(ComparisonReport& report) {
  stats::PValues p;
  std::vector<ComparedCell*> where;
  for (ComparedCell& cell : report.cells) {
    cell.adjusted.assign(cell.result.signals.size(), {});
    if (cell.pooled) continue;
    p.push_back(cell.result.accuracy.p());
    where.push_back(&cell);
  }
  const stats::PValues adjusted = stats::holm(p);
  for (std::size_t i = 0; i < where.size(); ++i) where[i]->p_holm = adjusted[i];
  for (const bool pooled : {false, true}) {
    adjust_signals(
        report, pooled, [](const SignalComparison& s) { return s.mean_difference.p; },
        [](AdjustedSignal& to, std::optional<double> value) { to.mean = value; });
    adjust_signals(
        report, pooled, [](const SignalComparison& s) { return s.auroc.difference.p; },
        [](AdjustedSignal& to, std::optional<double> value) { to.auroc = value; });
    adjust_signals(
        report, pooled, [](const SignalComparison& s) { return s.r.difference.p; },
        [](AdjustedSignal& to, std::optional<double> value) { to.r = value; });
  }
}

}  // namespace vrp
