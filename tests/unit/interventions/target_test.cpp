// Neurons that conditions name: from probes that did not see the item, and their random controls.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/store/frame.hpp"
#include "stages/interventions/targets.hpp"
#include "stages/probes/record.hpp"

using namespace vrp;
using Catch::Contains;

namespace {

const InterventionShape kShape{4, 40, 64};

/// Ten ranked neurons in each of two folds of each block; fold -1 has others, never to be used.
Record probes() {
  std::vector<NeuronRow> rows;
  for (const int layer : {2, 3}) {
    for (const int fold : {-1, 0, 1}) {
      for (int rank = 9; rank >= 0; --rank) {  // any order
        NeuronRow row;
        row.layer = layer;
        row.fold = fold;
        row.kind = "ranked";
        row.rank = rank;
        row.neuron = (10 * layer + 15 * (fold + 1) + 3 * rank) % 40;
        row.mean = 0.5 * rank + fold;
        rows.push_back(row);
        row.kind = "success";
        row.neuron = 39;
        rows.push_back(row);
      }
    }
  }
  Record record;
  add_frame(record, "neuron", rows);
  return record;
}

std::vector<std::int64_t> expected(int layer, int fold, int count) {
  std::vector<std::int64_t> out;
  for (int rank = 0; rank < count; ++rank)
    out.push_back((10 * layer + 15 * (fold + 1) + 3 * rank) % 40);
  return out;
}

struct Planned {
  explicit Planned(const InterventionsParams& p = {}) : params(p) {
    params.sweep = {"1"};
    conditions = plan_conditions(params, kShape);
  }
  InterventionsParams params;
  std::vector<PlannedCondition> conditions;
  const PlannedCondition& operator[](const std::string& name) const {
    const auto found = std::ranges::find(conditions, name, &PlannedCondition::name);
    if (found == conditions.end()) FAIL("no condition " << name);
    return *found;
  }
};

Edit edit_of(const NeuronPlan& plan, const PlannedCondition& condition, std::int64_t fold) {
  const auto made = plan.edit_of(condition, fold);
  REQUIRE(made);
  REQUIRE(made->edits.size() == 1);
  CHECK(made->name == condition.name);
  return made->edits.front();
}

}  // namespace

TEST_CASE("an item is edited with neurons of the probe that did not see it",
          "[interventions][target]") {
  const Planned planned;
  const NeuronPlan plan(planned.params, kShape, probes(), 3, "m", "set");
  for (const int fold : {0, 1}) {
    const Edit top = edit_of(plan, planned["L3 top5 zero"], fold);
    CHECK(top.indices == expected(3, fold, 5));
    CHECK(top.layer == 3);
    CHECK(top.site == EditSite::mlp_out);
    CHECK(top.value == 0.0f);
    CHECK(edit_of(plan, planned["L3 top10 +100"], fold).indices == expected(3, fold, 10));
    CHECK(edit_of(plan, planned["L3 top10 +100"], fold).value == 100.0f);
    CHECK(edit_of(plan, planned["L3 single3 -100"], fold).indices ==
          std::vector<std::int64_t>{expected(3, fold, 3).back()});
    // The sweep edits the same neurons elsewhere.
    const Edit swept = edit_of(plan, planned["L1 top5 zero"], fold);
    CHECK(swept.indices == expected(3, fold, 5));
    CHECK(swept.layer == 1);
    const Edit mean = edit_of(plan, planned["L3 top5 mean"], fold);
    CHECK(mean.operation == EditOperation::replace);
    CHECK(mean.values ==
          std::vector<float>{0.0f + static_cast<float>(fold), 0.5f + static_cast<float>(fold),
                             1.0f + static_cast<float>(fold), 1.5f + static_cast<float>(fold),
                             2.0f + static_cast<float>(fold)});
  }
  // Nobody did without an item of no fold, and there is no fold 4.
  for (const int fold : {-1, 4}) {
    CHECK_FALSE(plan.edit_of(planned["L3 top5 zero"], fold));
    CHECK_FALSE(plan.edit_of(planned["L3 single1 zero"], fold));
    CHECK_FALSE(plan.edit_of(planned["L3 random5 draw 0 zero"], fold));
    CHECK(plan.edit_of(planned["L3 bypass"], fold));
    CHECK(plan.edit_of(planned["L3 random 25% draw 0"], fold));
  }
  CHECK(edit_of(plan, planned["L3 bypass"], 0).operation == EditOperation::bypass);
}

TEST_CASE("random controls are disjoint from the targets and differ by draw",
          "[interventions][target]") {
  const Planned planned;
  const NeuronPlan plan(planned.params, kShape, probes(), 3, "m", "set");
  for (const int fold : {0, 1}) {
    std::set<std::vector<std::int64_t>> seen;
    const auto targets = expected(3, fold, 10);
    for (int draw = 0; draw < 20; ++draw) {
      const auto& condition = planned[concat("L3 random5 draw ", draw, " zero")];
      auto neurons = edit_of(plan, condition, fold).indices;
      CHECK(neurons.size() == 5);
      for (const std::int64_t neuron : neurons) {
        CHECK(std::ranges::find(targets, neuron) == targets.end());
        CHECK((neuron >= 0 && neuron < 40));
      }
      std::ranges::sort(neurons);
      CHECK(std::ranges::adjacent_find(neurons) == neurons.end());
      seen.insert(neurons);
    }
    CHECK(seen.size() == 20);
  }
  const NeuronPlan other(planned.params, kShape, probes(), 4, "m", "set");
  CHECK(edit_of(plan, planned["L3 random5 draw 0 zero"], 0).indices !=
        edit_of(other, planned["L3 random5 draw 0 zero"], 0).indices);
}

TEST_CASE("a scaled draw of more neurons holds the same draw of fewer", "[interventions][target]") {
  const Planned planned;
  const NeuronPlan plan(planned.params, kShape, Record{}, 3, "m", "set");
  for (int draw = 0; draw < 10; ++draw) {
    std::vector<std::int64_t> smaller;
    for (const auto& [size, count] :
         {std::pair{std::string("12%"), 5}, {std::string("25%"), 10}, {std::string("50%"), 20}}) {
      const auto neurons =
          edit_of(plan, planned[concat("L3 random ", size, " draw ", draw)], -1).indices;
      CHECK(std::ssize(neurons) == count);
      CHECK(std::equal(smaller.begin(), smaller.end(), neurons.begin()));
      CHECK(std::set<std::int64_t>(neurons.begin(), neurons.end()).size() == neurons.size());
      smaller = neurons;
    }
  }
}

TEST_CASE("given neurons are every item's, whatever probes say", "[interventions][target]") {
  InterventionsParams params;
  params.ids = {"7", "30", "2", "9", "11"};
  params.random_ids = {"1", "38"};
  params.tops = {"5"};
  params.top_operations = {"zero"};
  const Planned planned(params);
  const NeuronPlan plan(planned.params, kShape, probes(), 3, "m", "set");
  for (const int fold : {-1, 0}) {
    CHECK(edit_of(plan, planned["L3 top5 zero"], fold).indices ==
          std::vector<std::int64_t>{7, 30, 2, 9, 11});
    CHECK(edit_of(plan, planned["L3 single N30 zero"], fold).indices ==
          std::vector<std::int64_t>{30});
    CHECK(edit_of(plan, planned["L3 random2 zero"], fold).indices ==
          std::vector<std::int64_t>{1, 38});
  }
}

TEST_CASE("a probe with too few neurons leaves a condition undefined, a damaged one is an error",
          "[interventions][target]") {
  const Planned planned;
  Record few = probes();
  std::vector<NeuronRow> rows = read_frame<NeuronRow>(few, "neuron");
  std::erase_if(rows, [](const NeuronRow& row) { return row.rank > 5; });
  rows.front().mean = std::nan("");
  Record record;
  add_frame(record, "neuron", rows);
  const NeuronPlan plan(planned.params, kShape, record, 3, "m", "set");
  CHECK(plan.edit_of(planned["L3 top5 zero"], 0));
  CHECK_FALSE(plan.edit_of(planned["L3 top10 zero"], 0));
  for (const std::int64_t neuron : {std::int64_t{40}, std::int64_t{-1}}) {
    rows = read_frame<NeuronRow>(probes(), "neuron");
    for (NeuronRow& row : rows) {
      if (row.layer == 3 && row.kind == "ranked" && row.rank == 4) row.neuron = neuron;
    }
    Record damaged;
    add_frame(damaged, "neuron", rows);
    CHECK_THROWS_WITH(NeuronPlan(planned.params, kShape, damaged, 3, "m", "set"),
                      Contains("frame 'neuron', block 3") && Contains("expected one of 0 to 39"));
  }
}
