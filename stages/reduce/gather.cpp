#include <algorithm>
#include <tuple>

#include "pipeline/store/frame.hpp"
#include "stages/reduce/reduce.hpp"
#include "stages/reduce/results.hpp"

namespace vrp {
namespace {

template <class Row>
std::vector<Row> gather_frame(const std::vector<Record>& records, const std::string& prefix) {
  std::vector<Row> all;
  for (const Record& record : records) {
    std::vector<Row> rows = read_frame<Row>(record, prefix);
    all.insert(all.end(), rows.begin(), rows.end());
  }
  std::stable_sort(all.begin(), all.end(), [](const Row& a, const Row& b) {
    const bool pooled_a = a.benchmark != kPooledSet, pooled_b = b.benchmark != kPooledSet;
    return std::tie(a.model, pooled_a, a.benchmark) < std::tie(b.model, pooled_b, b.benchmark);
  });
  return all;
}

}  // namespace

Results gather(const std::vector<Record>& records, const Json& families) {
  Results results;
  results.statistics = gather_frame<StatRow>(records, "statistic");
  results.adjusted = adjust(results.statistics, families);
  results.balance = gather_frame<BalanceRow>(records, "balance");
  results.scorers = gather_frame<ScorerRow>(records, "scorer");
  results.agreement = gather_frame<AgreementRow>(records, "agreement");
  results.curves = gather_frame<CurveRow>(records, "risk_coverage");
  results.reliability = gather_frame<BinRow>(records, "reliability");
  results.sets = gather_frame<SetRow>(records, "set");
  return results;
}

Record results_record(const Results& results) {
  Record record;
  add_frame(record, "statistic", results.statistics);
  std::vector<double> p;
  std::vector<std::string> family;
  for (const AdjustedP& adjusted : results.adjusted) {
    p.push_back(adjusted.value);
    family.push_back(adjusted.family);
  }
  const auto rows = static_cast<std::int64_t>(p.size());
  record.add("statistic/p_adjusted", {"statistic_row"}, {rows}, std::move(p), "probability",
             "p adjusted in its family; NaN = no p");
  record.add("statistic/family", {"statistic_row"}, {rows}, std::move(family), "",
             "family of tests and its adjustment");
  add_frame(record, "balance", results.balance);
  add_frame(record, "scorer", results.scorers);
  add_frame(record, "agreement", results.agreement);
  add_frame(record, "risk_coverage", results.curves);
  add_frame(record, "reliability", results.reliability);
  add_frame(record, "set", results.sets);
  return record;
}

}  // namespace vrp
