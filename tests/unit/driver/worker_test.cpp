#include "pipeline/driver/worker.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "pipeline/base/error.hpp"
#include "pipeline/driver/run_loop.hpp"
#include "tests/unit/driver/run_fixture.hpp"
#include "tests/unit/driver/toy_plan.hpp"

using namespace vrp;

namespace {

/// Two stages over units of one item; what they are asked for is written down.
struct Fixture {
  Folder at;
  Plan plan =
      toy::plan({.unit_items = 1, .stages = {"capture", "paths"}, .items = {5, 1}, .paths = true});
  RunFolder folder{at.path};
  RankLog log{at.path / "logs", 0};
  std::size_t lead = toy::units_of(plan, "capture", "a")[0], with = *plan.companion_of(lead);
  std::atomic<int> alone{0}, together{0};
  std::atomic<bool> pair_fails{false}, capture_fails{false};
  std::atomic<int> hold{0};  ///< milliseconds that a unit takes

  Fixture() {
    for (StageDefinition& stage : plan.stages) {
      const bool capture = stage.name == "capture";
      stage.run = [this, capture](const UnitInput& input) {
        std::this_thread::sleep_for(std::chrono::milliseconds(hold));
        ++alone;
        if (capture && capture_fails) fail("capture is broken");
        input.advance(1);
        return small(capture ? 1 : 2);
      };
      stage.run_pair = [this](const UnitInput& input, const UnitInput& other) {
        ++together;
        std::this_thread::sleep_for(std::chrono::milliseconds(hold));
        if (pair_fails) fail("both at once is broken");
        CHECK(input.unit->id == lead);
        CHECK(other.unit->id == with);
        input.advance(1);
        other.advance(1);
        return std::pair(small(1), small(2));
      };
    }
  }

  std::vector<WorkerEvent> events(Worker& worker, std::size_t count) {
    std::vector<WorkerEvent> out;
    while (out.size() < count) {
      worker.wait(0.1);
      while (auto event = worker.event()) out.push_back(std::move(*event));
    }
    std::ranges::sort(out, {}, &WorkerEvent::unit);
    return out;
  }
  double value(std::size_t unit) {
    return read_record(at.path / plan.units[unit].file).record.as_double("x/value")[0];
  }
};

}  // namespace

TEST_CASE("two units computed at once are two files and two reports", "[worker]") {
  Fixture f;
  f.hold = 200;
  Worker worker(f.plan, f.folder, 0, 1, {}, f.log);
  worker.assign(f.lead, f.with);
  const auto events = f.events(worker, 2);
  CHECK(events[0].kind == WorkerEvent::Kind::done);
  CHECK(events[1].kind == WorkerEvent::Kind::done);
  CHECK(f.value(f.lead) == 1);
  CHECK(f.value(f.with) == 2);
  CHECK(f.together == 1);
  CHECK(f.alone == 0);
  CHECK(worker.items_finished() == 2);
  CHECK_FALSE(worker.busy());
  // Capture costs 3 an item, paths 1.
  CHECK(events[0].seconds == Approx(3 * events[1].seconds).epsilon(0.5));
  CHECK(events[0].seconds + events[1].seconds >= 0.2);
}

TEST_CASE("what fails together is computed one by one, and only what fails alone has failed",
          "[worker]") {
  Fixture f;
  f.pair_fails = f.capture_fails = true;
  Worker worker(f.plan, f.folder, 0, 1, {}, f.log);
  worker.assign(f.lead, f.with);
  const auto events = f.events(worker, 2);
  CHECK(events[0].kind == WorkerEvent::Kind::failed);
  CHECK(events[0].reason == "capture is broken");
  CHECK(events[1].kind == WorkerEvent::Kind::done);
  CHECK(f.value(f.with) == 2);
  CHECK(f.together == 1);
  CHECK(f.alone == 2);
}

TEST_CASE("either of two units can be taken back before they start; the other stays", "[worker]") {
  Fixture f;
  f.hold = 300;
  const auto captures = toy::units_of(f.plan, "capture", "a");
  for (const bool lead : {true, false}) {
    CAPTURE(lead);
    Worker worker(f.plan, f.folder, 0, 1, {}, f.log);
    worker.assign(captures[lead ? 1 : 2]);  // keeps the compute thread busy
    worker.assign(f.lead, f.with);
    CHECK(worker.take_back(lead ? f.lead : f.with) ==
          std::vector<std::size_t>{lead ? f.lead : f.with});
    const auto events = f.events(worker, 2);
    const bool other = std::ranges::any_of(
        events, [&](const WorkerEvent& event) { return event.unit == (lead ? f.with : f.lead); });
    CHECK(other);
    CHECK_FALSE(worker.busy());
  }
  CHECK(f.together == 0);
  Worker worker(f.plan, f.folder, 0, 1, {}, f.log);
  worker.assign(captures[3]);
  worker.assign(captures[4], f.plan.companion_of(captures[4]));
  auto back = worker.take_back();
  std::ranges::sort(back);
  CHECK(std::ranges::count(back, captures[4]) == 1);
  CHECK(std::ranges::count(back, *f.plan.companion_of(captures[4])) == 1);
}

TEST_CASE("an error of the main thread is told before a unit that runs is waited for", "[worker]") {
  class Alone : public Transport {
   public:
    int rank() const override { return 0; }
    int size() const override { return 1; }
    void send(int, const Message&) override {}
    std::optional<Message> receive() override { return std::nullopt; }
  };
  Fixture f;
  std::atomic<bool> inside{false};
  for (StageDefinition& stage : f.plan.stages) {
    stage.companion.clear();
    stage.run = [&](const UnitInput&) {
      inside = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(400));
      inside = false;
      return small(1);
    };
  }
  f.plan.partners = {0, 1};
  Alone transport;
  RunLoopParams params;
  params.progress = 0;
  params.hosts = {"host"};
  RunLoopHooks hooks;
  hooks.stop_signalled = [] { return false; };
  hooks.heartbeat = [&] {
    if (inside) throw Error(ExitCode::live_run, "another run holds the folder");
  };
  hooks.say = [](const std::string&) {};
  std::string told;
  bool was_inside = false;
  hooks.broken = [&](const std::exception& error) {
    told = error.what();
    was_inside = inside;
  };
  const std::vector<bool> done(f.plan.units.size(), false);
  CHECK_THROWS_WITH(run_units(f.plan, f.folder, transport, done, params, hooks, nullptr, f.log),
                    Catch::Contains("another run holds"));
  CHECK(told == "another run holds the folder");
  CHECK(was_inside);
}
