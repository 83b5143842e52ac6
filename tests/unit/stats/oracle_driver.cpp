// The library's functions on numbers from standard input, for comparison with other libraries:
// [{"f": name, ...arguments}, ...] in, [result, ...] out. null is NaN or "not defined".
#include <iostream>
#include <iterator>

#include "pipeline/base/json.hpp"
#include "pipeline/stats/auroc.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/calibration.hpp"
#include "pipeline/stats/correlation.hpp"
#include "pipeline/stats/label_agreement.hpp"
#include "pipeline/stats/logistic_ridge.hpp"
#include "pipeline/stats/multiplicity.hpp"
#include "pipeline/stats/proportions.hpp"
#include "pipeline/stats/risk_coverage.hpp"

using vrp::Json;
using namespace vrp::stats;

namespace {

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json shown(const Estimate& e) {
  return {{"n", e.n},
          {"value", number(e.value)},
          {"low", number(e.low)},
          {"high", number(e.high)},
          {"p", number(e.p)},
          {"flags", flag_names(e.flags)}};
}

Json shown(const Interval& i) { return {{"low", number(i.low)}, {"high", number(i.high)}}; }

Json shown(const PValues& p) {
  Json out = Json::array();
  for (const auto& value : p) out.push_back(number(value));
  return out;
}

std::vector<double> column(const Json& call, const char* name) {
  std::vector<double> out;
  for (const Json& v : call.at(name)) {
    out.push_back(v.is_null() ? std::numeric_limits<double>::quiet_NaN() : v.get<double>());
  }
  return out;
}

Json answer(const Json& call) {
  const std::string f = call.at("f");
  const auto x = [&] { return column(call, "x"); };
  const auto y = [&] { return call.at("y").get<std::vector<std::int8_t>>(); };
  const auto p = [&] {
    PValues out;
    for (const Json& v : call.at("p")) {
      out.push_back(v.is_null() ? std::nullopt : std::optional<double>(v.get<double>()));
    }
    return out;
  };
  if (f == "point_biserial") return shown(point_biserial(x(), y()));
  if (f == "pearson") return shown(pearson(x(), column(call, "z")));
  if (f == "auroc") return shown(auroc(x(), y()));
  if (f == "mann_whitney") return shown(auroc_mann_whitney(x(), y(), call.at("continuity")));
  if (f == "auroc_difference") return shown(auroc_difference(x(), column(call, "z"), y()));
  if (f == "wilson") return shown(wilson(call.at("k"), call.at("n")));
  if (f == "mcnemar") return mcnemar_exact_p(call.at("b"), call.at("c"));
  if (f == "percentile") return shown(percentile_interval(column(call, "replicates"), "items"));
  if (f == "bca") {
    return shown(bca_interval(column(call, "replicates"), call.at("observed"),
                              column(call, "jackknife"), "items"));
  }
  if (f == "holm") return shown(holm(p()));
  if (f == "benjamini_hochberg") return shown(benjamini_hochberg(p()));
  if (f == "midranks") return midranks(x());
  if (f == "calibration") {
    const Calibration c = calibration(x(), y());
    return {{"ece", number(c.ece.value)}, {"brier", number(c.brier.value)}};
  }
  if (f == "risk_coverage") {
    const RiskCoverage rc = risk_coverage(x(), y());
    Json at = Json::array();
    for (const auto& value : rc.coverage_at) at.push_back(number(value));
    return {{"aurc", number(rc.aurc)}, {"oracle", number(rc.oracle_aurc)}, {"coverage_at", at}};
  }
  if (f == "kappa") {
    return shown(compare_labels(y(), call.at("z").get<std::vector<std::int8_t>>()).kappa);
  }
  if (f == "logistic_ridge") {
    const std::vector<double> values = x();
    const LogisticRidge fit = fit_logistic_ridge({values, call.at("width")}, y(), call.at("c"));
    return {{"intercept", fit.intercept}, {"weight", fit.weight}};
  }
  throw std::invalid_argument("unknown function '" + f + "'");
}

}  // namespace

int main() {
  try {
    const std::string text(std::istreambuf_iterator<char>(std::cin), {});
    Json out = Json::array();
    for (const Json& call : vrp::parse_json(text, "standard input")) out.push_back(answer(call));
    std::cout << out << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "oracle_driver: " << error.what() << '\n';
    return 1;
  }
}
