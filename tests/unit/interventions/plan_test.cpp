// The list of conditions, and what is refused about it.
#include "stages/interventions/plan.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "pipeline/base/error.hpp"

using namespace vrp;
using Catch::Contains;

namespace {

const InterventionShape kShape{12, 256, 688};

std::vector<std::string> names(const InterventionsParams& params,
                               const InterventionShape& shape = kShape) {
  std::vector<std::string> out;
  for (const auto& condition : plan_conditions(params, shape)) out.push_back(condition.name);
  return out;
}

bool has(const std::vector<std::string>& all, const std::string& name) {
  return std::ranges::find(all, name) != all.end();
}

const PlannedCondition& find(const std::vector<PlannedCondition>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &PlannedCondition::name);
  if (found == all.end()) FAIL("no condition " << name);
  return *found;
}

void refused(const std::function<void(InterventionsParams&)>& change, const std::string& text,
             const InterventionShape& shape = kShape) {
  InterventionsParams params;
  change(params);
  try {
    plan_conditions(params, shape);
    FAIL("no error, expected one with: " << text);
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::usage);
    CHECK_THAT(error.what(), Contains("[interventions]") && Contains(text));
  }
}

/// LLaVA-1.5's shape and the authors' neurons.
InterventionsParams authors() {
  InterventionsParams params;
  params.ids = {"1512", "1360", "1573", "3556", "2298"};
  params.random_ids = {"100", "500", "1000", "2000", "3000"};
  params.tops = {"5"};
  params.top_operations = {"zero", "100", "-100"};
  params.sweep = {"10", "17", "21", "27", "29", "31"};
  params.scaled = {"500", "1000", "2000"};
  return params;
}

}  // namespace

TEST_CASE("the plan begins with the baseline and names every condition once",
          "[interventions][plan]") {
  const auto plan = plan_conditions({}, kShape);
  CHECK(plan.front().name == "baseline");
  CHECK(plan.front().family == "baseline");
  std::set<std::string> unique;
  for (const auto& condition : plan) unique.insert(condition.name);
  CHECK(unique.size() == plan.size());
  const auto all = names({});
  for (const char* name :
       {"mask high", "mask low", "mask random 0", "mask random 4", "mask block", "mask region",
        "mask outside", "L11 single1 zero", "L11 single5 +100", "L11 single5 -100", "L11 top5 zero",
        "L11 top10 mean", "L11 random5 draw 19 zero", "L11 bypass", "L11 random 12% draw 0",
        "L11 random 50% draw 9"}) {
    INFO(name);
    CHECK(has(all, name));
  }
  CHECK_FALSE(has(all, "mask random 5"));
  const auto& clamp = find(plan, "L11 top5 -100");
  CHECK(clamp.family == "neuron");
  CHECK(clamp.target == "top");
  CHECK(clamp.operation == "clamp");
  CHECK(clamp.layer == 11);
  CHECK(clamp.count == 5);
  CHECK(clamp.value == -100.0f);
  CHECK(clamp.draw == -1);
  const auto& scaled = find(plan, "L11 random 25% draw 3");
  CHECK(scaled.family == "scaled");
  CHECK(scaled.count == 64);
  CHECK(scaled.draw == 3);
  CHECK(std::isnan(find(plan, "L11 top5 mean").value));
}

TEST_CASE("blocks and numbers of neurons scale with the model", "[interventions][plan]") {
  CHECK(layer_of("layer", "-1", 12) == 11);
  CHECK(layer_of("layer", "-12", 12) == 0);
  CHECK(layer_of("layer", "0", 12) == 0);
  CHECK(layer_of("layer", "50%", 12) == 6);  // 5.5, half away from zero
  CHECK(layer_of("layer", "100%", 12) == 11);
  CHECK(layer_of("layer", "50%", 32) == 16);
  CHECK(neurons_of("scaled", "25%", 256) == 64);
  CHECK(neurons_of("scaled", "0.1%", 256) == 1);
  CHECK(neurons_of("scaled", "500", 2048) == 500);
  InterventionsParams params;
  params.sweep = {"50%", "-1", "11", "6", "2"};  // -1 and 11 are the main block, 6 comes twice
  const auto all = names(params);
  CHECK(has(all, "L6 top5 zero"));
  CHECK(has(all, "L6 random5 draw 4 zero"));
  CHECK_FALSE(has(all, "L6 random5 draw 5 zero"));
  CHECK(has(all, "L2 bypass"));
  CHECK_FALSE(has(all, "L2 top5 +100"));
}

TEST_CASE("the authors' neurons name LLaVA's conditions and are refused elsewhere",
          "[interventions][plan]") {
  const auto all = names(authors(), {32, 4096, 11008});
  CHECK(has(all, "L31 single N1512 zero"));
  CHECK(has(all, "L31 single N2298 -100"));
  CHECK(has(all, "L31 random5 zero"));
  CHECK(has(all, "L10 top5 zero"));
  CHECK(has(all, "L10 random5 zero"));
  CHECK(has(all, "L31 random 2000 draw 9"));
  refused([](auto& p) { p = authors(); }, "ids has neuron 3556, expected 0 to 2047",
          {32, 2048, 16384});
  refused(
      [](auto& p) {
        (p = authors()).ids.pop_back();
        p.singles = 3;
        p.tops = {"4"};
        p.ids = {"1512"};
      },
      "singles and tops take up to 4 neurons, expected at most 1 as ids are given",
      {32, 4096, 11008});
}

TEST_CASE("pixels are the default mask, other ways carry their name", "[interventions][plan]") {
  InterventionsParams params;
  params.masks = {"pixel", "embed", "attn"};
  params.mask_draws = 2;
  const auto all = names(params);
  CHECK(has(all, "mask high"));
  CHECK(has(all, "mask high embed"));
  CHECK(has(all, "mask random 1 attn"));
  params.masks = {};
  CHECK_FALSE(has(names(params), "mask high"));
}

TEST_CASE("what the model or the format has no place for is refused with the valid range",
          "[interventions][plan]") {
  refused([](auto& p) { p.layer = "12"; }, "layer is '12', expected a block from 0 to 11");
  refused([](auto& p) { p.layer = "-13"; }, "from the end -1 to -12");
  refused([](auto& p) { p.layer = "101%"; }, "layer is '101%'");
  refused([](auto& p) { p.layer = "last"; }, "layer is 'last'");
  refused([](auto& p) { p.sweep = {"3", "14"}; }, "sweep is '14'");
  refused([](auto& p) { p.scaled = {"257"}; }, "scaled is '257', expected 1 to 256 neurons");
  refused([](auto& p) { p.scaled = {"0"}; }, "scaled is '0'");
  refused(
      [](auto& p) {
        p.ids = {"3", "256"};
        p.top_operations = {"zero"};
        p.singles = 1;
        p.tops = {};
      },
      "ids has neuron 256, expected 0 to 255 for this model (mlp_out)");
  refused([](auto& p) { p.random_ids = {"256"}; }, "random_ids has neuron 256");
  refused([](auto& p) { p.random = 250; }, "random is 250 beside 10 targets, expected at most 246");
  refused([](auto& p) { p.tops = {"300"}; }, "take up to 300 neurons, expected at most 256");
  refused([](auto& p) { p.tops = {"5", "5"}; }, "tops has '5'");
  refused([](auto& p) { p.masks = {"pixels"}; }, "masks has 'pixels', expected pixel, embed, attn");
  refused([](auto& p) { p.masks = {"pixel", "pixel"}; }, "lists 'pixel' twice");
  refused([](auto& p) { p.mask_targets = {"top"}; }, "mask_targets has 'top'");
  refused([](auto& p) { p.mask_share = 1; }, "mask_share is 1");
  refused([](auto& p) { p.mask_draws = 0; }, "mask_draws is 0, expected at least 1");
  refused([](auto& p) { p.mask_scores = "last"; }, "mask_scores has 'last'");
  refused([](auto& p) { p.single_operations = {"none"}; }, "single_operations has 'none'");
  refused([](auto& p) { p.top_operations = {"zero", "zero"}; }, "lists 'zero' twice");
  refused([](auto& p) { p.scope = "first"; }, "scope has 'first'");
  refused([](auto& p) { p.site = "residual"; }, "site has 'residual'");
  refused([](auto& p) { p.site = "mlp_act"; }, "site = mlp_act needs ids");
  refused([](auto& p) { p.ids = {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}; },
          "mean takes the training means");
  refused([](auto& p) { p.ids = {"1", "1"}; }, "ids lists 1 twice");
  refused([](auto& p) { p.ids = {"-1"}; }, "ids has '-1'");
  refused([](auto& p) { p.items = -1; }, "items is -1");
  refused([](auto& p) { p.memory_mb = 0; }, "memory_mb is 0");
}
