#include "pipeline/driver/ledger_writer.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/driver/first_rank.hpp"
#include "tests/unit/driver/run_fixture.hpp"
#include "tests/unit/driver/toy_plan.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

/// A call that does not come back before it is told to.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

constexpr double kLong = 60;  // seconds that nothing here takes

template <class True>
bool comes_true(True true_now) {
  for (int i = 0; i < 6000 && !true_now(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true_now();
}

}  // namespace

TEST_CASE("work is done in order by one thread, and flushed behind it", "[ledger]") {
  std::vector<int> done;
  std::size_t flushed = 0;
  LedgerWriter writer({[] {},
                       [&] {
                         flushed = done.size();
                         return true;
                       }});
  for (int i = 0; i < 1000; ++i) writer.post([&, i] { done.push_back(i); });
  CHECK(writer.finish(kLong).none());
  REQUIRE(done.size() == 1000);
  for (int i = 0; i < 1000; ++i) CHECK(done[static_cast<std::size_t>(i)] == i);
  CHECK(flushed == 1000);
}

TEST_CASE("whoever posts work does not wait for it", "[ledger]") {
  Gate gate;
  std::atomic<int> done = 0;
  LedgerWriter writer({});
  for (int i = 0; i < 3; ++i) {
    writer.post([&] {
      gate.pass();
      ++done;
    });
  }
  CHECK(done == 0);
  gate.open();
  CHECK(writer.finish(kLong).none());
  CHECK(done == 3);
}

TEST_CASE("an error of the work is thrown to who posts, and ends the work", "[ledger][failure]") {
  int later = 0;
  LedgerWriter writer({});
  writer.post([] { throw Error(ExitCode::bad_input, "no such disk"); });
  writer.post([&] { ++later; });
  CHECK(writer.finish(kLong).none());
  CHECK_THROWS_WITH(writer.raise(), "no such disk");
  CHECK(later == 0);
}

TEST_CASE("a job that is not the owner any more writes nothing", "[ledger][failure]") {
  std::atomic<bool> owner = true;
  int done = 0;
  int flushes = 0;
  LedgerWriter writer({[&] {
                         if (!owner) throw Error(ExitCode::live_run, "taken over");
                       },
                       [&] { return ++flushes > 0; }});
  writer.post([&] {
    ++done;
    owner = false;  // while this process sleeps
  });
  writer.post([&] { ++done; });
  CHECK(writer.finish(kLong).none());
  CHECK_THROWS_WITH(writer.raise(), "taken over");
  CHECK(done == 1);
  CHECK(flushes == 0);
}

TEST_CASE("what cannot be flushed is tried again without new work", "[ledger][failure]") {
  std::atomic<int> tries = 0;
  LedgerWriter writer({[] {}, [&] { return ++tries > 1; }});
  writer.post([] {});
  CHECK(comes_true([&] { return tries == 2; }));
  CHECK(writer.finish(kLong).none());
}

TEST_CASE("the end waits for a slow call, and leaves out what it cannot get to",
          "[ledger][failure]") {
  Gate gate;
  std::atomic<int> done = 0;
  bool flushed = false;
  LedgerWriter writer({[] {}, [&] { return flushed = true; }});
  for (int i = 0; i < 5; ++i) {
    writer.post([&] {
      gate.pass();
      ++done;
    });
  }
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    gate.open();
  });
  const LedgerWriter::Rest rest = writer.finish(1);  // half of it for the work that waits
  later.join();
  CHECK(rest.dropped == 4);
  CHECK_FALSE(rest.stuck);
  CHECK(done == 1);
  CHECK(flushed);
}

TEST_CASE("a call that never comes back is left to itself and touches nothing after",
          "[ledger][failure]") {
  static Gate gate;  // outlives the writer, as its caller must see to
  static std::atomic<int> returned = 0;
  static std::atomic<int> after = 0;
  {
    LedgerWriter writer({[] { after += returned; },
                         [] {
                           ++after;
                           return true;
                         }});
    writer.post([] {
      gate.pass();
      ++returned;
    });
    const LedgerWriter::Rest rest = writer.finish(0.2);
    CHECK(rest.stuck);
  }
  gate.open();
  CHECK(comes_true([] { return returned == 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(after == 0);
}

TEST_CASE("a damaged input is out of the way before its unit is handed out again",
          "[ledger][failure]") {
  const Folder at;
  const Plan plan = toy::plan({.unit_items = 1, .parts = {"x", "y"}, .items = {1, 1}});
  RunFolder folder(at.path);
  std::vector<bool> done(plan.units.size(), true);
  constexpr int input = 0;
  folder.commit(plan.units[input], 0, small(1), {});
  for (const Unit& unit : plan.units) {
    for (const std::size_t up : unit.upstream) {
      if (up == input || !done[up]) done[unit.id] = false;
    }
  }
  RunLoopParams params;
  params.progress = 0;
  RunLoopHooks hooks;
  hooks.say = [](const std::string&) {};
  hooks.heartbeat = [] {};
  RankLog log(at.path / "logs", 0);
  Gate gate;
  LedgerWriter writer({});
  std::vector<std::pair<int, std::int64_t>> assigned;
  bool there = false;  // the damaged file, when its unit is handed out
  FirstRank first(plan, folder, 2, done, params, hooks, nullptr, log, writer,
                  [&](int rank, const Message& message) {
                    if (message.kind != MessageKind::assign) return;
                    assigned.emplace_back(rank, message.a);
                    there = there ||
                            (message.a == input && fs::exists(at.path / plan.units[input].file));
                  });
  const auto handed_out = [&] {
    return std::any_of(assigned.begin(), assigned.end(),
                       [&](const auto& one) { return one.second == input; });
  };
  for (int rank = 0; rank < 2; ++rank) first.take({MessageKind::request, rank, 2, 0, "", 0}, 0);
  first.tick(0);
  const auto readers = assigned;
  REQUIRE(readers.size() > 1);
  writer.post([&] { gate.pass(); });  // the file system is busy
  // Several have read it: what the later ones say must not set the new file aside.
  for (const auto& [rank, unit] : readers) {
    first.take({MessageKind::damaged, rank, unit, input, "torn", 0}, 1);
  }
  first.tick(1);
  CHECK_FALSE(handed_out());
  CHECK(fs::exists(at.path / plan.units[input].file));
  gate.open();
  CHECK(comes_true([&] {
    first.tick(2);
    return handed_out();
  }));
  CHECK_FALSE(there);
  CHECK(fs::exists(at.path / (plan.units[input].file + ".bad")));
  folder.commit(plan.units[input], 1, small(1), {});
  first.take({MessageKind::done, assigned.back().first, input, 0, "", 1}, 3);
  first.tick(3);
  CHECK(writer.finish(kLong).none());
  CHECK_NOTHROW(writer.raise());
  CHECK(fs::exists(at.path / plan.units[input].file));
  CHECK_FALSE(fs::exists(at.path / (plan.units[input].file + ".bad-2")));
}
