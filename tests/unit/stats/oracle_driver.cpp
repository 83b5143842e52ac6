// The library's functions on numbers from standard input, for comparison with other libraries:
// [{"f": name, ...arguments}, ...] in, [result, ...] out. null is NaN or "not defined".
#include <iostream>
#include <iterator>

#include "pipeline/base/json.hpp"
#include "pipeline/stats/auroc.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/calibration.hpp"
#include "pipeline/stats/clustered.hpp"
#include "pipeline/stats/correlation.hpp"
#include "pipeline/stats/label_agreement.hpp"
#include "pipeline/stats/logistic_ridge.hpp"
#include "pipeline/stats/multiplicity.hpp"
#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/proportions.hpp"
#include "pipeline/stats/risk_coverage.hpp"
#include "pipeline/stats/signal_bootstrap.hpp"

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
          {"se", number(e.se)},
          {"df", number(e.df)},
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

// NaN as null.
Json shown(const std::vector<double>& values) {
  Json out = Json::array();
  for (const double v : values) out.push_back(std::isnan(v) ? Json(nullptr) : Json(v));
  return out;
}

// Replicates and leave-one-unit-out values of one signal, with the weights of each replicate.
Json bootstrap_of(const std::vector<double>& x, const std::vector<std::int8_t>& y,
                  const std::vector<std::int32_t>& group, std::int64_t replicates) {
  const std::vector<Signal> signals{{"x", x}};
  const ResampleUnits units = group.empty() ? item_units(x.size()) : group_units(group);
  const SignalBootstrap bootstrap(signals, y, {}, units);
  const vrp::PhiloxKey key = bootstrap_key(7, "oracle");
  const SignalReplicates drawn = bootstrap.replicate(key, {0, replicates}).front();
  const SignalJackknife jackknife = bootstrap.jackknife(0);
  Json weights = Json::array();
  for (std::int64_t b = 0; b < replicates; ++b) weights.push_back(row_weights(key, b, units));
  return {{"auroc", shown(drawn.auroc)},
          {"r", shown(drawn.r)},
          {"weights", weights},
          {"jackknife_auroc", shown(jackknife.auroc)},
          {"jackknife_r", shown(jackknife.r)}};
}

Json clustered(const std::string& f, const Json& call, const std::vector<double>& x,
               const std::vector<std::int8_t>& y) {
  const auto group = call.at("group").get<std::vector<std::int32_t>>();
  if (f == "auroc_clustered") return shown(auroc_clustered(x, y, group));
  if (f == "r_clustered") return shown(point_biserial_clustered(x, y, group));
  if (f == "tost_clustered") {
    return shown(equivalence_r_clustered(point_biserial_clustered(x, y, group)));
  }
  if (f == "difference_clustered") {
    return shown(auroc_difference_clustered(x, column(call, "z"), y, group));
  }
  throw std::invalid_argument("unknown function '" + f + "'");
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
  if (f == "student") {
    const double t = call.at("t"), df = call.at("df");
    return {{"p", two_sided_t_p(t, df)}, {"cdf", t_cdf(t, df)}, {"critical", critical_t(0.95, df)}};
  }
  if (f == "tost") return shown(equivalence_r(point_biserial(x(), y())));
  if (f == "stratified") {
    std::vector<Estimate> strata;
    for (const Json& stratum : call.at("strata")) {
      strata.push_back(
          point_biserial(column(stratum, "x"), stratum.at("y").get<std::vector<std::int8_t>>()));
    }
    return shown(stratified_r(strata));
  }
  if (f == "permutation") {
    return number(permutation_p(call.at("observed"), column(call, "permuted")));
  }
  if (f == "detectable") {
    return number(minimum_detectable(call.at("se"), call.at("alpha"), call.at("power")));
  }
  if (f == "detectable_difference") {
    return number(minimum_detectable_difference(call.at("n"), call.at("discordant"),
                                                call.at("alpha"), call.at("power")));
  }
  if (f == "bootstrap") {
    return bootstrap_of(x(), y(), call.at("group").get<std::vector<std::int32_t>>(),
                        call.at("replicates"));
  }
  return clustered(f, call, x(), y());
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
