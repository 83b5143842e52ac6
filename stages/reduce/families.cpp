#include "stages/reduce/families.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "pipeline/base/error.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/stats/multiplicity.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/reduce.hpp"

namespace vrp {
namespace {

constexpr double kFalseDiscoveryRate = 0.05;

Json members_of(const std::vector<std::string>& benchmarks, const ReduceParams& params) {
  ReduceParams pope_only = params;
  pope_only.pooled = "pope";
  Json members = Json::array();
  const auto add = [&](const std::string& benchmark, const char* statistic) {
    for (const char* signal : kPrimarySignals)
      members.push_back({{"benchmark", benchmark}, {"signal", signal}, {"statistic", statistic}});
  };
  if (std::any_of(benchmarks.begin(), benchmarks.end(),
                  [&](const std::string& name) { return in_pooled_set(name, params); }))
    add(std::string(kPooledSet), "r");
  for (const std::string& benchmark : benchmarks)
    if (in_pooled_set(benchmark, pope_only)) add(benchmark, "auroc");
  return members;
}

using Member = std::tuple<std::string, std::string, std::string, std::string>;

template <class Row>
void adjust_family(const std::string& name, const std::string& method,
                   const std::vector<std::size_t>& indices, const std::vector<Row>& rows, bool holm,
                   std::vector<AdjustedP>& out) {
  stats::PValues p;
  for (const std::size_t i : indices) p.push_back(rows[i].p);
  const stats::PValues adjusted = holm ? stats::holm(p) : stats::benjamini_hochberg(p);
  for (std::size_t k = 0; k < indices.size(); ++k) {
    out[indices[k]].value = adjusted[k].value_or(kUndefined);
    out[indices[k]].family = concat(name, " (", method, ", m = ", indices.size(), ")");
  }
}

}  // namespace

Json declare_families(std::vector<std::string> models, std::vector<std::string> benchmarks,
                      const ReduceParams& params) {
  std::sort(models.begin(), models.end());
  std::sort(benchmarks.begin(), benchmarks.end());
  Json primary = Json::array();
  for (const std::string& model : models)
    primary.push_back({{"family", "primary/" + model},
                       {"model", model},
                       {"adjustment", "holm"},
                       {"members", members_of(benchmarks, params)}});
  Json out = {
      {"version", 3},
      {"primary", primary},
      {"causal",
       {{"family", "causal/MODEL"},
        {"adjustment", "holm"},
        {"members",
         "every p of an intervention of the model on all items of a benchmark, against the "
         "baseline "
         "or as a specific effect"}}},
      {"exploratory_effects",
       {{"family", "exploratory effects/MODEL"},
        {"adjustment", "benjamini-hochberg"},
        {"q", kFalseDiscoveryRate},
        {"members", "effects on one question type or on the pooled set"}}},
      {"differences",
       {{"family", "differences/MODEL"},
        {"adjustment", "benjamini-hochberg"},
        {"q", kFalseDiscoveryRate},
        {"members", "every difference of the AUROCs of two signals of the model"}}},
      {"across_models",
       {{"family", "across models"},
        {"adjustment", "benjamini-hochberg"},
        {"q", kFalseDiscoveryRate},
        {"members", "every p of a statistic over all models"}}},
      {"exploratory",
       {{"family", "exploratory/MODEL"},
        {"adjustment", "benjamini-hochberg"},
        {"q", kFalseDiscoveryRate},
        {"members", "every other p of the model"}}},
      {"orientation", "declared by each signal; AUROC on the oriented value, R on the raw"}};
  const std::string text = out.dump();
  out["digest"] = hash_bytes(text.data(), text.size()).hex();
  return out;
}

std::vector<AdjustedP> adjust(const std::vector<StatRow>& rows, const Json& families) {
  const std::string where = "families of tests";
  std::set<Member> primary;
  std::set<std::string> models;
  for (const Json& family : json_at(families, "primary", where)) {
    const std::string model = json_text(family, "model", where);
    models.insert(model);
    for (const Json& member : json_at(family, "members", where))
      primary.emplace(model, json_text(member, "benchmark", where),
                      json_text(member, "signal", where), json_text(member, "statistic", where));
  }
  std::map<std::string, std::vector<std::size_t>> holm, exploratory;
  std::vector<AdjustedP> out(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const StatRow& row = rows[i];
    if (!models.contains(row.model))
      fail(where, ": model '", row.model, "' has results but no declared family, expected one of ",
           models.size(), " declared models");
    if (std::isnan(row.p) || has_flag(row, kNeedsReference)) continue;
    const bool majority = row.label.starts_with("majority:");
    const bool is_primary =
        !majority && primary.contains({row.model, row.benchmark, row.signal, row.statistic});
    (is_primary ? holm : exploratory)[row.model].push_back(i);
  }
  for (const auto& [model, indices] : holm)
    adjust_family("primary/" + model, "Holm", indices, rows, true, out);
  for (const auto& [model, indices] : exploratory)
    adjust_family("exploratory/" + model, "Benjamini-Hochberg", indices, rows, false, out);
  return out;
}

std::vector<AdjustedP> adjust_effects(const std::vector<EffectRow>& rows, const Json& families) {
  std::vector<AdjustedP> out(rows.size());
  std::map<std::string, std::vector<std::size_t>> causal, exploratory;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (std::isnan(rows[i].p)) continue;
    const bool whole = rows[i].type.empty() && rows[i].benchmark != kPooledSet;
    (whole ? causal : exploratory)[rows[i].model].push_back(i);
  }
  if (!causal.empty() || !exploratory.empty()) json_at(families, "causal", "families of tests");
  for (const auto& [model, indices] : causal)
    adjust_family("causal/" + model, "Holm", indices, rows, true, out);
  for (const auto& [model, indices] : exploratory)
    adjust_family("exploratory effects/" + model, "Benjamini-Hochberg", indices, rows, false, out);
  return out;
}

std::vector<AdjustedP> adjust_differences(const std::vector<DifferenceRow>& rows) {
  std::vector<AdjustedP> out(rows.size());
  std::map<std::string, std::vector<std::size_t>> of_model;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool needs_reference =
        ("," + rows[i].flags + ",").find(std::string(",") + kNeedsReference + ",") !=
        std::string::npos;
    if (!std::isnan(rows[i].p) && !needs_reference) of_model[rows[i].model].push_back(i);
  }
  for (const auto& [model, indices] : of_model)
    adjust_family("differences/" + model, "Benjamini-Hochberg", indices, rows, false, out);
  return out;
}

std::vector<AdjustedP> adjust_across_models(const std::vector<StatRow>& rows) {
  std::vector<AdjustedP> out(rows.size());
  std::vector<std::size_t> tested;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (!std::isnan(rows[i].p)) tested.push_back(i);
  if (!tested.empty())
    adjust_family("across models", "Benjamini-Hochberg", tested, rows, false, out);
  return out;
}

}  // namespace vrp
