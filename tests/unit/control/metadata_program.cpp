// metadata_program FOLDER UNITS: a run folder with so many finished units, made by the code of real
// runs, and what a start and `vrp status` do with it. Prints one JSON object; the folder stays.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>

#include "pipeline/base/files.hpp"
#include "pipeline/control/run_state.hpp"
#include "pipeline/driver/events.hpp"
#include "pipeline/driver/run_folder.hpp"
#include "tests/unit/driver/toy_plan.hpp"

namespace {

using namespace vrp;
namespace fs = std::filesystem;

constexpr std::size_t kSets = 4, kLinks = 30'000;  // ext4 takes 65,000 names of one file

Plan large_plan(std::size_t units) {
  Sweep sweep;
  sweep.params.name = "metadata";
  sweep.params.stages = {"capture", "metrics", "consistency"};
  sweep.run.unit_items = 1;
  sweep.models.push_back({"m", {.checkpoint = "nowhere"}});
  PlanInputs inputs;
  for (const char* name : {"capture", "metrics", "consistency"}) {
    StageDefinition stage;
    stage.name = name;
    stage.needs_model = stage.name != "metrics";
    if (stage.name == "metrics") stage.upstream = {"capture"};
    inputs.stages.push_back(std::move(stage));
  }
  for (std::size_t s = 0; s < kSets; ++s) {
    const std::string name = "set" + std::to_string(s);
    sweep.benchmarks.push_back({name, {.pooled = false}});
    inputs.tables.push_back(toy::table(name, static_cast<int>(units / kSets / 3)));
  }
  inputs.model_hashes["m"] = "h";
  return make_plan(sweep, std::move(inputs));
}

Record one_item() {
  Record record;
  record.add("item/key", {"item"}, {1}, std::vector<std::string>{"a/1"}, "1", "key");
  record.add("item/status", {"item"}, {1}, std::vector<std::int32_t>{0}, "1", "status");
  return record;
}

/// Names of a few sealed files for all units, and an event each.
void fill(const fs::path& root, const Plan& plan) {
  RunFolder folder(root);
  std::ofstream events(root / "events.jsonl");
  std::size_t made = 0;
  fs::path original;
  const std::string now = utc_now();
  for (const Unit& unit : plan.units) {
    const fs::path file = root / unit.file;
    if (made++ % kLinks == 0) {
      folder.commit(unit, 0, one_item(), {{"failed_items", "0"}});
      original = file;
    } else {
      make_folders(file.parent_path());
      if (::link(original.c_str(), file.c_str()) != 0) throw std::runtime_error("no hard links");
    }
    folder.note(unit.file, {0, 10, "node17"});
    events << R"({"event":"unit","failed_items":0,"file":")" << unit.file
           << R"(","host":"node17","rank":1,"seconds":10.0,"time":")" << now << "\"}\n";
  }
}

/// {"clock", "processor"}: on a busy machine the two differ.
template <class Work>
Json seconds_of(Work work) {
  const double begin = steady_seconds();
  const std::clock_t used = std::clock();
  work();
  const double processor = static_cast<double>(std::clock() - used) / CLOCKS_PER_SEC;
  return {{"clock", steady_seconds() - begin}, {"processor", processor}};
}

Json start(const fs::path& root, const Plan& plan) {
  RunFolder folder(root);
  std::size_t done = 0;
  const Json seconds = seconds_of([&] {
    const auto found = folder.find_done(plan);
    done = static_cast<std::size_t>(std::count(found.begin(), found.end(), true));
  });
  return {{"seconds", seconds},
          {"done", done},
          {"folders", folder.work().folders_listed},
          {"looked_at", folder.work().files_looked_at},
          {"seals", folder.work().seals_checked},
          {"opened", folder.work().attributes_read}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const fs::path root = argv[1];
  const auto units = static_cast<std::size_t>(std::atoll(argv[2]));
  make_folders(root);
  Plan plan;
  Json out;
  out["plan_seconds"] = seconds_of([&] { plan = large_plan(units); });
  out["units"] = plan.units.size();
  out["fill_seconds"] = seconds_of([&] { fill(root, plan); });
  Sweep sweep;
  sweep.params.name = "metadata";
  out["manifest_write_seconds"] = seconds_of([&] {
    write_atomically(root / "manifest.json",
                     make_manifest(sweep, plan, Json::object(), Json::object(), nullptr).dump(1));
  });
  out["manifest_bytes"] = fs::file_size(root / "manifest.json");
  out["manifest_read_seconds"] = seconds_of([&] { work_of(read_manifest(root)); });
  out["journal_bytes"] = fs::file_size(journal_path(root));
  out["resume"] = start(root, plan);
  std::size_t done = 0;
  out["status_seconds"] = seconds_of([&] { done = read_run_state(root).done(); });
  out["status_done"] = done;
  fs::rename(journal_path(root), root / "units.journal.kept");
  out["resume_without_journal"] = start(root, plan);
  out["journal_rebuilt_bytes"] = fs::file_size(journal_path(root));
  std::cout << out.dump(1) << "\n";
}
