// What vrp status, vrp failed and vrp why say of runs that live, ended, died or are damaged.
#include "pipeline/control/run_state.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <ctime>
#include <fstream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/control/failed_items.hpp"
#include "pipeline/control/failure_groups.hpp"
#include "pipeline/control/status_text.hpp"
#include "pipeline/control/sweep_plan.hpp"
#include "pipeline/control/why_changes.hpp"
#include "pipeline/control/why_unit.hpp"
#include "pipeline/driver/owner.hpp"
#include "pipeline/driver/run_folder.hpp"
#include "tests/unit/driver/toy_plan.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

std::string utc(std::int64_t ago) {
  const std::time_t then = std::time(nullptr) - ago;
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&then));
  return text;
}

/// A run of the toy plan: every unit of `capture` of set a is there, its second unit with a failed
/// item; nothing else.
struct Run {
  fs::path path = fs::temp_directory_path() / ("vrp_run_state_" + std::to_string(::getpid()));
  Plan plan;

  explicit Run(const toy::Options& options = {}) : plan(toy::plan(options)) {
    fs::remove_all(path);
    fs::create_directories(path);
    write_manifest();
    write_fingerprints(path, plan);
    RunFolder folder(path);
    for (const std::size_t id : plan.find("capture", 0)->units) {
      const int failed = plan.units[id].index == 1 ? 1 : 0;
      folder.commit(plan.units[id], 0, record(failed == 1), {{"failed_items", failed ? "1" : "0"}});
      folder.note(plan.units[id].file, {failed, 2, "node1"});
    }
  }
  ~Run() { fs::remove_all(path); }

  void write_manifest() const {
    Sweep sweep;
    sweep.params.name = "toy";
    write_atomically(path / "manifest.json",
                     make_manifest(sweep, plan, Json::object(), Json::object(), nullptr).dump());
  }

  static Record record(bool failed) {
    Record out;
    out.add("item/key", {"item"}, {2}, std::vector<std::string>{"a/1", "a/2"}, "1", "key");
    out.add("item/status", {"item"}, {2}, std::vector<std::int32_t>{0, failed ? 1 : 0}, "1", "s");
    out.add("item/reason", {"item"}, {2},
            std::vector<std::string>{"", failed ? "data/7.jpg: cut after 12 bytes" : ""}, "1", "r");
    return out;
  }

  void event(const Json& fields, std::int64_t ago = 0) const {
    Json line = fields;
    line["time"] = utc(ago);
    std::ofstream(path / "events.jsonl", std::ios::app) << line.dump() << "\n";
  }

  void start(std::int64_t ago) const {
    event({{"event", "start"},
           {"ranks", 4},
           {"hosts", Json::array({Json::array({"node1", 2}), Json::array({"node2", 2})})},
           {"units", plan.units.size()}},
          ago);
  }

  const StageState& stage(const RunState& state, const std::string& name) const {
    return *std::find_if(state.stages.begin(), state.stages.end(), [&](const StageState& s) {
      return s.stage == name && s.benchmark == "a";
    });
  }
};

}  // namespace

TEST_CASE("the state of a run counts units, items and failures without opening a result",
          "[control][status]") {
  const Run run;
  run.start(100);
  run.event({{"event", "end"}, {"code", 75}});
  // A file of zeros with the same size and time: to read it would be an error.
  const std::string unit = run.plan.units[run.plan.find("capture", 0)->units[0]].file;
  const auto time = fs::last_write_time(run.path / unit);
  const auto size = static_cast<std::size_t>(fs::file_size(run.path / unit));
  std::ofstream(run.path / unit) << std::string(size, '\0');
  fs::last_write_time(run.path / unit, time);
  std::ofstream(run.path / (unit + ".bad")) << "x";
  const RunState state = read_run_state(run.path);
  CHECK(state.condition == RunCondition::stopped);
  CHECK(state.end_code == 75);
  CHECK(state.units() == run.plan.units.size());
  CHECK(state.done() == 3);
  CHECK(state.failed_items() == 1);
  const StageState& capture = run.stage(state, "capture");
  CHECK((capture.done == 3 && capture.units == 3 && capture.items_done == 10));
  CHECK((capture.seconds == 6 && capture.set_aside == 1 && capture.not_noted == 0));
  const std::string text = status_text(state);
  CHECK_THAT(text, Catch::Contains("stopped with code 75"));
  CHECK_THAT(text, Catch::Contains("4 ranks on 2 hosts: node1 (2) node2 (2)"));
  CHECK_THAT(text, Catch::Contains("100 %, 1 failed"));
  CHECK(status_json(state).at("done") == 3);
}

TEST_CASE("a run that died is told from one that lives, stopped or never started",
          "[control][status]") {
  const Run run;
  CHECK(read_run_state(run.path).condition == RunCondition::fresh);
  run.start(100);
  CHECK(read_run_state(run.path).condition == RunCondition::died);
  CHECK_THAT(status_text(read_run_state(run.path)), Catch::Contains("died, without heartbeat"));
  // A heartbeat of another host that is too old.
  write_atomically(
      run.path / "owner.json",
      R"({"token": "x", "host": "away", "pid": 1, "process_start": 1, "beat": 1000.0})");
  const RunState dead = read_run_state(run.path);
  CHECK(dead.condition == RunCondition::died);
  CHECK(dead.silent_seconds > 1000);
  {
    const RunOwner owner(run.path, 10);
    run.start(50);
    const RunState live = read_run_state(run.path);
    CHECK(live.condition == RunCondition::live);
    CHECK_THAT(status_text(live), Catch::Contains("restarts: 1"));
    // Left: 7 items of set b at capture's seconds (6 s for 10 items) over 4 ranks.
    CHECK(live.seconds_left == Approx(0.6 * 7 / 4));
    CHECK(live.untimed == std::vector<std::string>{"metrics", "reduce"});
    run.event(
        {{"event", "retired"}, {"rank", 3}, {"host", "node2"}, {"reason", "it keeps failing"}});
    CHECK(read_run_state(run.path).seconds_left == Approx(0.6 * 7 / 3));
    CHECK_THAT(status_text(read_run_state(run.path)),
               Catch::Contains("retired: rank 3 on node2: it keeps failing"));
  }
  run.event({{"event", "end"}, {"code", 0}});
  CHECK(read_run_state(run.path).condition == RunCondition::stopped);  // units are missing
}

TEST_CASE("the rate is that of the latest launch and falls while nothing is finished",
          "[control][status]") {
  const Run run;
  const RunOwner owner(run.path, 10);
  run.start(5000);
  run.event({{"event", "unit"}, {"file", "gone"}, {"seconds", 2}}, 4000);
  run.start(20);
  for (const std::size_t id : run.plan.find("capture", 0)->units)
    run.event({{"event", "unit"}, {"file", run.plan.units[id].file}, {"seconds", 2}}, 10);
  const RunState state = read_run_state(run.path);
  CHECK(state.items_per_second == Approx(10.0 / 20).margin(0.1));  // 10 items since the start
  CHECK(state.units_per_minute == Approx(9).margin(1.5));
}

TEST_CASE("a unit far over its expected time is named with its rank", "[control][status]") {
  const Run run;
  const RunOwner owner(run.path, 10);
  run.start(1000);
  const std::string file = run.plan.units[run.plan.find("capture", 1)->units[0]].file;
  fs::create_directories(run.path / "logs");
  std::ofstream(run.path / "logs/rank-0002.log")
      << utc(2000) << " rank 2: starts m/a/capture@old/unit-000000.h5\n"  // of an earlier launch
      << utc(900) << " rank 2: starts " << file << "\n";
  std::ofstream(run.path / "logs/rank-0003.log") << utc(900) << " rank 3: starts " << file << "\n"
                                                 << utc(700) << " rank 3: wrote " << file << "\n";
  for (const char* name : {"rank-0002.log", "rank-0003.log"})
    fs::last_write_time(run.path / "logs" / name,
                        fs::file_time_type::clock::now() - std::chrono::seconds(700));
  const RunState state = read_run_state(run.path);
  REQUIRE(state.long_units.size() == 1);
  CHECK(state.long_units[0].rank == 2);
  CHECK(state.long_units[0].file == file);
  CHECK(state.long_units[0].seconds == Approx(900).margin(5));
}

TEST_CASE("damaged events, journal and manifest: what can be read is said, with what cannot",
          "[control][status]") {
  const Run run;
  run.start(10);
  std::ofstream(run.path / "events.jsonl", std::ios::app)
      << "{\"event\":\"unit\",\"file\":\n"
      << "\xff garbage\n"
      << R"({"event":"failure","rank":"three","reason":7,"file":null})"
      << "\n"
      << R"({"event":"start","ranks":"many","hosts":[["a"],7,{"b":1}]})"
      << "\n"
      << R"({"event":"unit","file":"m/a/capture@1/unit-0)";
  std::ofstream(run.path / "units.journal", std::ios::app) << "99 torn\n12";
  RunState state = read_run_state(run.path);
  CHECK(state.done() == 3);
  CHECK(state.events.unreadable == 3);
  CHECK(state.unreadable_journal == 2);
  CHECK_THAT(status_text(state), Catch::Contains("lines that cannot be read: 2 of units.journal"));
  CHECK_NOTHROW(status_json(state).dump());
  fs::resize_file(run.path / "manifest.json", 100);
  state = read_run_state(run.path);
  CHECK_THAT(state.manifest_problem, Catch::Contains("manifest.json"));
  CHECK(state.done() == 3);
  CHECK(state.failed_items() == 1);
  CHECK(state.condition != RunCondition::complete);
  CHECK_THAT(status_text(state), Catch::Contains("3 of ? units done"));
  fs::remove_all(run.path);
  fs::create_directories(run.path);
  CHECK_THROWS_WITH(read_run_state(run.path), Catch::Contains("has no manifest.json"));
}

TEST_CASE("a manifest that is damaged inside is an error that names the field",
          "[control][status]") {
  const Run run;
  const Json whole = read_json(run.path / "manifest.json");
  const auto refused = [&](const std::string& pointer, const Json& value, const char* named) {
    Json damaged = whole;
    damaged[Json::json_pointer(pointer)] = value;
    write_atomically(run.path / "manifest.json", damaged.dump());
    CAPTURE(pointer);
    CHECK_THROWS_WITH(work_of(read_manifest(run.path)),
                      Catch::Contains("manifest.json") && Catch::Contains(named));
    CHECK_THAT(read_run_state(run.path).manifest_problem, Catch::Contains("manifest.json"));
  };
  refused("", Json::array(), "expected an object");
  refused("/sweep", Json::array({1}), "'sweep' is [1], expected text");
  refused("/seed", "one", "'seed'");
  refused("/partial", "no", "'partial' is \"no\", expected true or false");
  refused("/settings", 3, "'settings'");
  refused("/models", Json::array(), "'models'");
  refused("/work", Json::object(), "'work'");
  refused("/launches", 4, "'launches'");
  refused("/work/0", 1, "'model'");
  refused("/work/0/pooled", 1, "'pooled'");
  refused("/work/0/units", 1, "'items'");
  Json list = whole;
  list["work"][0].erase("units");
  for (const Json& file : {Json::array(), Json::array({"unit-0.h5", 0, "x"}), Json(3)}) {
    list["work"][0]["files"] = Json::array({file});
    write_atomically(run.path / "manifest.json", list.dump());
    CHECK_THROWS_WITH(work_of(read_manifest(run.path)),
                      Catch::Contains("expected [name, first item, last item]"));
  }
}

TEST_CASE("events with fields of another type or size end no command", "[control][status]") {
  const Run run;
  run.start(10);
  const std::string file = run.plan.units[run.plan.find("capture", 1)->units[0]].file;
  const Json odd = {
      {"event", "hung"}, {"file", file}, {"time", 7}, {"silent_seconds", "long"}, {"rank", 1e300}};
  std::ofstream(run.path / "events.jsonl", std::ios::app) << odd.dump() << "\n";
  const RunEvent event = run_event(odd);
  CHECK(event.rank == -1);
  CHECK(event.silent_seconds == 0);
  CHECK(event.when == "");
  CHECK_NOTHROW(read_run_state(run.path));
  const auto work = work_of(read_manifest(run.path));
  CHECK_THAT(why_unit(run.path, work, find_unit(work, file)),
             Catch::Contains("hung on rank -1 at an unknown time"));
}

TEST_CASE("a run without a journal says that its failed items are not counted",
          "[control][status]") {
  const Run run;
  fs::remove(run.path / "units.journal");
  const RunState state = read_run_state(run.path);
  CHECK(state.done() == 3);
  CHECK(run.stage(state, "capture").not_noted == 3);
  CHECK_THAT(status_text(state), Catch::Contains("3 finished units are not in the journal"));
}

TEST_CASE("a reason without paths, numbers and quoted texts is a class", "[control][failed]") {
  CHECK(reason_class("data/7.jpg: cut after 12 bytes") == "PATH: cut after N bytes");
  CHECK(reason_class("data/81.jpg: cut after 9 bytes") == "PATH: cut after N bytes");
  CHECK(reason_class("prompt of 612 tokens, at most 512.") == "prompt of N tokens, at most N.");
  CHECK(reason_class("tensor 'a.b': found [3, 4]") == "tensor '*': found [N, N]");
  CHECK(reason_class("hash d26e428c37893f6b differs") == "hash HEX differs");
  CHECK(reason_class("rank-0042 doesn't answer, 1.5e-3 s") == "rank-N doesn't answer, N s");
  CHECK(reason_class("") == "");
  CHECK(reason_class("'unclosed") == "'unclosed");
  CHECK(reason_class("caf\xC3\xA9 ... -") == "caf\xC3\xA9 ... -");
}

TEST_CASE("failures group by the fields asked for, items before attempts and ranks",
          "[control][failed]") {
  std::vector<Failure> failures(
      5, Failure{"item", "m", "a", "capture", "node1", "f1", "k", "data/1.jpg: 12 bytes", -1});
  failures[1].reason = "data/2.jpg: 13 bytes";
  failures[2].node = "node2";
  failures[3] = {"attempt", "m", "b", "capture", "node2", "f2", "", "out of memory", 3};
  failures[4] = {"hung", "", "", "", "node2", "", "", "silent for 130 s", 5};
  const auto by_reason = group_failures(failures, {"reason"});
  REQUIRE(by_reason.size() == 3);
  CHECK((by_reason[0].kind == "item" && by_reason[0].count == 3 && by_reason[0].units == 1));
  CHECK(by_reason[0].values == std::vector<std::string>{"PATH: N bytes"});
  CHECK(by_reason[0].example.reason == "data/1.jpg: 12 bytes");
  CHECK((by_reason[1].kind == "attempt" && by_reason[2].kind == "hung"));
  const auto by_node = group_failures(failures, {"node", "stage"});
  REQUIRE(by_node.size() == 4);
  CHECK(by_node[0].values == std::vector<std::string>{"node1", "capture"});
  CHECK(by_node[3].values == std::vector<std::string>{"node2", "-"});
  CHECK(group_failures({}, {"reason"}).empty());
}

TEST_CASE("failed items come from the units that the journal says have some", "[control][failed]") {
  const Run run;
  const auto work = work_of(read_manifest(run.path));
  std::vector<FailedItem> items;
  const auto take = [&](const FailedItem& item) {
    items.push_back(item);
    return true;
  };
  std::vector<std::string> damaged;
  const auto note = [&](const std::string& line) { damaged.push_back(line); };
  CHECK(each_failed_item(run.path, work, read_journal(journal_path(run.path)), take, note) == 1);
  REQUIRE(items.size() == 1);
  CHECK((items[0].key == "a/2" && items[0].host == "node1" && items[0].stage == "capture"));
  CHECK(items[0].reason == "data/7.jpg: cut after 12 bytes");
  CHECK(each_failed_item(run.path, work, Journal(), take, note) == 3);  // no journal: all are read
  CHECK(damaged.empty());
  fs::resize_file(run.path / items[0].file, 600);
  items.clear();
  each_failed_item(run.path, work, Journal(), take, note);
  CHECK(items.empty());
  REQUIRE(damaged.size() == 1);
  CHECK_THAT(damaged[0], Catch::Contains("unit-000001"));
}

TEST_CASE("a changed setting is traced through the stages to its field", "[control][why]") {
  const Run run;
  toy::Options changed;
  changed.capture_parameters = "hidden=0\nmore=1\n";
  RunFolder folder(run.path);
  for (const Unit& unit : run.plan.units) folder.commit(unit, 0, Run::record(false), {});
  CHECK(find_changes(run.path, work_of(run.plan)).empty());
  const Plan now = toy::plan(changed);
  const auto work = work_of(now);
  const auto changes = find_changes(run.path, work);
  REQUIRE(changes.size() == now.stage_cells.size());  // capture, metrics, reduce: of everything
  for (const Change& change : changes) {
    INFO(change.work->folder);
    CHECK(change.untraced.empty());
    CHECK(change.before_units > 0);
    REQUIRE(!change.roots.empty());
    for (const FieldChange& root : change.roots) CHECK(root.stage == "capture");
    CHECK(change.roots[0].field == "capture.hidden");
    CHECK((change.roots[0].before == "1" && change.roots[0].now == "0"));
  }
  CHECK(changes[0].roots.size() == 2);
  CHECK((changes[0].roots[1].field == "capture.more" && !changes[0].roots[1].had));
  // Without fingerprint.json the manifest of the last start tells; without both nobody does.
  for (const auto& stage_cell : run.plan.stage_cells)
    fs::remove(run.path / stage_cell.folder / "fingerprint.json");
  CHECK(find_changes(run.path, work)[0].roots.size() == 2);
  fs::remove(run.path / "manifest.json");
  const auto unknown = find_changes(run.path, work);
  CHECK((unknown[0].roots.empty() && unknown[0].untraced.size() == 1));
}

TEST_CASE("only what a changed field reaches has changed", "[control][why]") {
  const Run run;
  RunFolder folder(run.path);
  for (const Unit& unit : run.plan.units) folder.commit(unit, 0, Run::record(false), {});
  toy::Options options;
  options.metrics_parameters = "top_mass=0.5\n";
  const Plan now = toy::plan(options);
  const auto work = work_of(now);
  for (const Change& change : find_changes(run.path, work)) {
    CHECK(change.work->stage != "capture");
    for (const FieldChange& root : change.roots) CHECK(root.field == "metrics.top_mass");
  }
}

TEST_CASE("a unit says what it waits for, how it failed, whether it is whole", "[control][why]") {
  const Run run;
  const auto work = work_of(read_manifest(run.path));
  const auto unit = [&](const std::string& stage, std::size_t cell, std::size_t index) {
    return run.plan.units[run.plan.find(stage, cell)->units[index]].file;
  };
  const auto why = [&](const std::string& name) {
    return why_unit(run.path, work, find_unit(work, name));
  };
  CHECK_THAT(why(unit("capture", 0, 1)),
             Catch::Contains("done") && Catch::Contains("1 failed items"));
  CHECK_THAT(why(unit("metrics", 0, 0)), Catch::Contains("all 1 units that it reads are done"));
  // Metrics of set b wait for one unit of capture, its reduction for two of each stage.
  CHECK_THAT(why(unit("metrics", 1, 0)), Catch::Contains("waits for 1 of the 1 units"));
  CHECK_THAT(why(unit("reduce", 1, 0)), Catch::Contains("waits for 4 of the 4 units"));
  CHECK_THAT(why(unit("reduce", 2, 0)), Catch::Contains("waits for"));  // the pooled cell
  run.start(10);
  run.event({{"event", "failure"},
             {"file", unit("capture", 1, 0)},
             {"rank", 2},
             {"host", "node7"},
             {"reason", "out of memory"}});
  CHECK_THAT(why(unit("capture", 1, 0)),
             Catch::Contains("failed on rank 2 of node7") && Catch::Contains("out of memory"));
  CHECK_THAT(why(unit("metrics", 1, 0)), Catch::Contains("out of memory"));
  fs::resize_file(run.path / unit("capture", 0, 0), 700);
  CHECK_THAT(why(unit("capture", 0, 0)),
             Catch::Contains("damaged") && Catch::Contains("sets it aside"));
  RunFolder(run.path).set_aside(unit("capture", 0, 0));
  CHECK_THAT(why(unit("capture", 0, 0)),
             Catch::Contains("set aside earlier") && Catch::Contains("not done"));
  CHECK_THROWS_WITH(find_unit(work, "unit-000000.h5"), Catch::Contains("several units"));
  CHECK_THROWS_WITH(find_unit(work, "m/a/none@1/unit-000000.h5"), Catch::Contains("no unit"));
}
