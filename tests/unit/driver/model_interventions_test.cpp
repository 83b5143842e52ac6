// A model's own interventions: what they change and what they leave alone.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/driver/plan.hpp"
#include "stages/catalog.hpp"

using namespace vrp;

namespace {

ItemTable items(const std::string& name) {
  ItemTable out;
  out.benchmark = name;
  out.kind = "yes_no";
  out.scorers = {"yes_no@1"};
  for (int i = 0; i < 3; ++i) {
    const std::string id = std::to_string(i);
    out.key.push_back(name + "/val/" + id);
    out.id.push_back(id);
    out.group.push_back("image" + id);
    out.image.push_back(id + ".jpg");
    out.image_hash.push_back("");
    out.question.push_back("Is there a cup?");
    out.answer.push_back("yes");
    out.answers.emplace_back();
    out.choices.emplace_back();
    out.hint.emplace_back();
    out.type.push_back("cup");
    out.regions.emplace_back();
    out.metadata.push_back("{}");
  }
  return out;
}

/// The demo's sweep over two sets, with these settings.
Sweep demo(const std::vector<std::string>& sets) {
  SweepOverrides overrides;
  overrides.files = {VRP_SOURCE_DIR "/conf/sweeps/demo.ini"};
  overrides.benchmarks = {"demo_pope", "demo_counting"};
  overrides.sets = sets;
  for (const char* model : {"demo-llava", "demo-paligemma", "demo-qwen2-vl"})
    overrides.sets.push_back(
        concat("model:", model, ".checkpoint=", VRP_SOURCE_DIR, "/tests/data/", model));
  return read_sweep(overrides);
}

/// Fingerprint of every (stage, model, benchmark).
std::map<std::string, std::string> fingerprints(const std::vector<std::string>& sets) {
  Sweep sweep = demo(sets);
  const StageParams params = bind_stage_params(sweep);
  PlanInputs inputs;
  inputs.stages = stage_catalog(sweep, params);
  inputs.tables = {items("demo_pope"), items("demo_counting")};
  for (const NamedModel& model : sweep.models) inputs.model_hashes[model.name] = model.name;
  const Plan plan = make_plan(sweep, std::move(inputs));
  std::map<std::string, std::string> out;
  for (const StageCell& cell : plan.stage_cells)
    out[concat(plan.cells[cell.cell].model, ' ', plan.stages[cell.stage].name, ' ',
               plan.cells[cell.cell].benchmark)] = cell.fingerprint.hex();
  return out;
}

std::set<std::string> changed(const std::vector<std::string>& sets) {
  const auto before = fingerprints({}), after = fingerprints(sets);
  REQUIRE(before.size() == after.size());
  std::set<std::string> out;
  for (const auto& [name, hex] : before)
    if (after.at(name) != hex) out.insert(name);
  return out;
}

}  // namespace

TEST_CASE("a model's own block changes its interventions and what reads them, nothing else",
          "[plan][interventions]") {
  for (const std::string key :
       {"layer=2", "scaled=3 5", "sweep=1", "items=2", "ids=1 2 3 4 5 6 7 8 9 10"}) {
    INFO(key);
    const auto names =
        changed({"interventions:demo-llava." + key, "interventions:demo-llava.top_operations=zero",
                 "interventions:demo-llava.single_operations=zero"});
    CHECK(names.count("demo-llava interventions demo_pope") == 1);
    CHECK(names.count("demo-llava interventions demo_counting") == 1);
    CHECK(names.count("demo-llava reduce demo_pope") == 1);
    CHECK(names.count("demo-llava reduce pooled") == 1);
    for (const std::string& name : names) {
      INFO(name);
      CHECK(name.starts_with("demo-llava "));
      for (const char* stage :
           {" capture ", " metrics ", " consistency ", " probe_fits ", " probes "})
        CHECK(name.find(stage) == std::string::npos);
    }
  }
}

TEST_CASE("a model's own value that is the sweep's own is no other result",
          "[plan][interventions]") {
  CHECK(changed({"interventions:demo-llava.layer=-1", "interventions:*.items=100"}).empty());
  // Where memory goes is no result either.
  CHECK(changed({"interventions:demo-llava.memory_mb=7"}).empty());
  CHECK(fingerprints({"interventions:*.layer=1"}) == fingerprints({"interventions.layer=1"}));
}

TEST_CASE("a block or a number of neurons that one model lacks is refused before anything runs",
          "[config][interventions]") {
  const auto refusal = [](const std::vector<std::string>& sets) -> std::string {
    Sweep sweep = demo(sets);
    try {
      const StageParams params = bind_stage_params(sweep);
      stage_catalog(sweep, params);
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::usage);
      return error.what();
    }
    return "";
  };
  using Catch::Contains;
  CHECK(refusal({}).empty());
  CHECK(refusal({"interventions:demo-llava.layer=5"}).empty());
  CHECK_THAT(refusal({"interventions:demo-qwen2-vl.layer=31"}), Contains("demo-qwen2-vl: ") &&
                                                                    Contains("layer is '31'") &&
                                                                    Contains("layer of --set"));
  CHECK_THAT(refusal({"interventions:demo-llava.scaled=2000"}),
             Contains("demo-llava: ") && Contains("scaled is '2000'"));
  CHECK_THAT(refusal({"interventions:demo-paligemma.tops=25"}),
             Contains("demo-paligemma: ") && Contains("neurons_kept"));
}
