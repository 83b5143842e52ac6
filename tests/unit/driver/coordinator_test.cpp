#include "pipeline/driver/coordinator.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/driver/fake_cluster.hpp"

using namespace vrp;
using toy::FakeCluster;

namespace {

RunLoopParams quiet() {
  RunLoopParams params;
  params.progress = 0;
  return params;
}

Plan captures(int unit_items = 1) {
  return toy::plan({.unit_items = unit_items, .stages = {"capture"}});
}

}  // namespace

TEST_CASE("a finished unit is noted with its seconds, host and failed items", "[coordinator]") {
  const Plan plan = captures();
  FakeCluster cluster(plan, 4, 2, quiet());
  cluster.tick();
  const std::size_t unit = cluster.units_of(3)[0];
  cluster.tell(3, MessageKind::done, static_cast<std::int64_t>(unit), 2, "", 3.25);
  const UnitFacts facts = cluster.noted.at(plan.units[unit].file);
  CHECK(facts.seconds == 3.25);
  CHECK(facts.host == "host1");
  CHECK(facts.failed_items == 2);
  const auto events = cluster.events("unit");
  REQUIRE(events.size() == 1);
  CHECK(events[0].at("file") == plan.units[unit].file);
  CHECK(events[0].at("host") == "host1");
  CHECK(events[0].at("rank") == 3);
  CHECK(events[0].at("seconds") == 3.25);
  CHECK(events[0].at("failed_items") == 2);
}

TEST_CASE("no rank takes its second unit before others' first", "[coordinator]") {
  const Plan plan = captures();
  FakeCluster cluster(plan, 4, 1, quiet());
  cluster.tick();
  REQUIRE(cluster.sent.size() == 8);
  for (std::size_t i = 0; i < 8; ++i) CHECK(cluster.sent[i].to == static_cast<int>(i % 4));
}

TEST_CASE("a rank that is silent for a heartbeat ends the job, named with host and unit",
          "[coordinator][failure]") {
  const Plan plan = captures();
  RunLoopParams params = quiet();
  params.heartbeat = 60;
  FakeCluster cluster(plan, 3, 1, params);
  cluster.tick();
  const std::string file = plan.units[cluster.units_of(2)[0]].file;
  cluster.pass(10);
  cluster.pass(55, 2);
  CHECK(cluster.ended_by.empty());
  cluster.pass(20, 2);
  REQUIRE(cluster.ended_by.size() == 1);
  CHECK_THAT(cluster.ended_by[0], Catch::Contains("rank 2 on host2 has been silent for 6") &&
                                      Catch::Contains("at work on " + file) &&
                                      Catch::Contains("ending the job, the same command resumes"));
  CHECK(cluster.coordinator->outcome().code == 75);
  CHECK(cluster.coordinator->closed());
  const auto events = cluster.events("hung");
  REQUIRE(events.size() == 1);
  CHECK(events[0].at("rank") == 2);
  CHECK(events[0].at("host") == "host2");
  CHECK(events[0].at("file") == file);
  CHECK(events[0].at("silent_seconds") >= 60);
}

TEST_CASE("with heartbeat = 0 nobody is too silent", "[coordinator][failure]") {
  const Plan plan = captures();
  RunLoopParams params = quiet();
  params.heartbeat = 0;
  FakeCluster cluster(plan, 3, 1, params);
  cluster.pass(10000, 2);
  CHECK(cluster.ended_by.empty());
}

TEST_CASE("time in which rank 0 itself was held up is nobody's silence", "[coordinator][failure]") {
  const Plan plan = captures();
  RunLoopParams params = quiet();
  params.heartbeat = 60;
  FakeCluster cluster(plan, 3, 1, params);
  cluster.pass(10);
  cluster.now += 3600;  // the whole job was suspended
  cluster.tick();
  CHECK(cluster.ended_by.empty());
  cluster.pass(30, 2);
  CHECK(cluster.ended_by.empty());
  cluster.pass(40, 2);
  CHECK(cluster.ended_by.size() == 1);
}

TEST_CASE("a sign of life is answered, so that ranks can watch rank 0", "[coordinator][failure]") {
  const Plan plan = captures();
  FakeCluster cluster(plan, 2, 1, quiet());
  cluster.tell(1, MessageKind::alive, -1);
  CHECK(cluster.sent_to(1, MessageKind::alive).size() == 1);
}

TEST_CASE("a rank on which units fail that others can do is retired, its units go elsewhere",
          "[coordinator][failure]") {
  const Plan plan = captures();
  FakeCluster cluster(plan, 3, 1, quiet());
  for (int failures = 0; failures < 3; ++failures) {
    cluster.tick();
    CHECK_FALSE(cluster.coordinator->scheduler().retired(2));
    cluster.fails(2, cluster.units_of(2)[0]);
  }
  CHECK(cluster.coordinator->scheduler().retired(2));
  CHECK(cluster.events("retired").empty());  // not before it is known to be the rank's fault
  REQUIRE(!cluster.sent_to(2, MessageKind::give_back).empty());
  CHECK(cluster.sent_to(2, MessageKind::give_back)[0].a == -1);
  for (const std::size_t unit : std::vector<std::size_t>(cluster.units_of(2))) {
    cluster.tell(2, MessageKind::returned, static_cast<std::int64_t>(unit));
  }
  const std::size_t assigned = cluster.sent_to(2, MessageKind::assign).size();
  cluster.work(2);
  CHECK(cluster.sent_to(2, MessageKind::assign).size() == assigned);
  CHECK(cluster.coordinator->ended());
  CHECK(cluster.coordinator->outcome().code == 0);
  CHECK(cluster.coordinator->outcome().given_up.empty());
  const auto events = cluster.events("retired");
  REQUIRE(events.size() == 1);
  CHECK(events[0].at("rank") == 2);
  CHECK(events[0].at("host") == "host2");
  CHECK(cluster.said_so("rank 2 on host2 is retired"));
  REQUIRE(cluster.events("failure").size() == 3);
  CHECK(cluster.events("failure")[0].at("attempt") == 1);
  CHECK(cluster.events("failure")[0].at("reason") == "broken");
}

TEST_CASE("units that fail everywhere retire nobody", "[coordinator][failure]") {
  const Plan plan = captures();
  FakeCluster cluster(plan, 4, 1, quiet());
  std::size_t steps = 0;
  while (!cluster.coordinator->ended() && ++steps < 10000) {
    cluster.tick();
    for (int rank = 0; rank < 4; ++rank) {
      if (cluster.units_of(rank).empty()) continue;
      const std::size_t unit = cluster.units_of(rank)[0];
      if (plan.cells[plan.units[unit].cell].benchmark == "a") {  // its pictures are broken
        cluster.fails(rank, unit);
      } else {
        cluster.done(rank, unit);
      }
    }
    cluster.now += 1;
  }
  CHECK(cluster.coordinator->outcome().given_up.size() == 10);
  CHECK(cluster.coordinator->scheduler().done_count() == 7);
  CHECK(cluster.coordinator->scheduler().active_ranks() == 4);
  CHECK(cluster.events("retired").empty());
  CHECK(cluster.coordinator->outcome().code == 1);
}

TEST_CASE("when every rank fails at everything, the run ends with its failures",
          "[coordinator][failure]") {
  const Plan plan = captures();
  FakeCluster cluster(plan, 3, 1, quiet());
  std::size_t steps = 0;
  while (!cluster.coordinator->ended() && ++steps < 10000) {
    cluster.tick();
    for (int rank = 0; rank < 3; ++rank) {
      if (!cluster.units_of(rank).empty()) cluster.fails(rank, cluster.units_of(rank)[0]);
    }
  }
  CHECK(cluster.coordinator->ended());
  CHECK(cluster.coordinator->outcome().given_up.size() == plan.units.size());
  CHECK(cluster.coordinator->outcome().code == 1);
}

TEST_CASE("a failed unit is tried on another host first", "[coordinator][failure]") {
  const Plan plan = captures();
  FakeCluster cluster(plan, 4, 2, quiet());
  cluster.tick();
  const std::size_t unit = cluster.units_of(0)[0];
  cluster.fails(0, unit);
  for (int rank : {1, 0}) {  // free places on host0 only
    cluster.done(rank, cluster.units_of(rank)[0]);
    cluster.tick();
    CHECK(std::count(cluster.units_of(rank).begin(), cluster.units_of(rank).end(), unit) == 0);
  }
  cluster.done(3, cluster.units_of(3)[0]);
  cluster.tick();
  CHECK(std::count(cluster.units_of(3).begin(), cluster.units_of(3).end(), unit) == 1);
}

TEST_CASE("a straggler is repeated, and the run ends while its rank is still inside",
          "[coordinator][failure]") {
  const Plan plan = captures();
  RunLoopParams params = quiet();
  params.scheduler.straggler_seconds = 100;
  FakeCluster cluster(plan, 3, 1, params);
  cluster.tick();
  const std::size_t slow = cluster.units_of(2)[0], queued = cluster.units_of(2)[1];
  cluster.work(2);
  CHECK_FALSE(cluster.coordinator->ended());
  cluster.pass(120);
  cluster.work(2);
  CHECK(cluster.coordinator->ended());
  CHECK(cluster.coordinator->outcome().code == 0);
  CHECK(cluster.noted.size() == plan.units.size());
  CHECK(cluster.noted.at(plan.units[slow].file).host != "host2");
  // The unit behind the slow one has not started: its rank is told to give it back.
  bool told = false;
  for (const Message& message : cluster.sent_to(2, MessageKind::give_back)) {
    told = told || message.a == static_cast<std::int64_t>(queued);
  }
  CHECK(told);
  for (int rank = 0; rank < 3; ++rank) {
    CHECK(cluster.sent_to(rank, MessageKind::quit).size() == 1);
    CHECK_FALSE(cluster.coordinator->closed());
    cluster.tell(rank, MessageKind::left);
  }
  CHECK(cluster.coordinator->closed());
}

TEST_CASE("a rank inside a unit that others finished gets nothing until it reports",
          "[coordinator][failure]") {
  const Plan plan = captures();
  FakeCluster cluster(plan, 3, 1, quiet());
  cluster.tick();
  const std::size_t slow = cluster.units_of(2)[0];
  for (int i = 0; i < 3; ++i) cluster.done(0, cluster.units_of(0)[0]), cluster.tick();
  cluster.pass(60);
  // Somebody else finishes it, as a straggler would be.
  cluster.done(0, slow);
  CHECK(cluster.coordinator->scheduler().absent(2));
  const std::size_t before = cluster.sent_to(2, MessageKind::assign).size();
  cluster.tell(2, MessageKind::returned, static_cast<std::int64_t>(cluster.units_of(2).back()));
  cluster.tick();
  CHECK(cluster.sent_to(2, MessageKind::assign).size() == before);
  cluster.done(2, slow);
  CHECK_FALSE(cluster.coordinator->scheduler().absent(2));
  cluster.tick();
  CHECK(cluster.sent_to(2, MessageKind::assign).size() > before);
  CHECK(cluster.noted.count(plan.units[slow].file) == 1);
}

TEST_CASE("a rank that does not come back from a unit is left there and the run goes on",
          "[coordinator][failure]") {
  const Plan plan = captures();
  RunLoopParams params = quiet();
  params.unit_timeout = 100;
  FakeCluster cluster(plan, 3, 1, params);
  cluster.tick();
  const std::size_t unit = cluster.units_of(2)[0];
  const auto overdue = static_cast<std::int64_t>(unit);
  cluster.tell(2, MessageKind::alive, overdue, 0, "", 99);
  CHECK_FALSE(cluster.coordinator->scheduler().absent(2));
  cluster.tell(2, MessageKind::alive, overdue, 0, "", 101);
  CHECK(cluster.coordinator->scheduler().absent(2));
  CHECK(cluster.said_so("rank 2 on host2 is retired: at work on " + plan.units[unit].file));
  CHECK(cluster.events("retired").size() == 1);
  cluster.tell(2, MessageKind::alive, overdue, 0, "", 140);  // once is enough
  CHECK(cluster.events("retired").size() == 1);
  for (const std::size_t queued : std::vector<std::size_t>(cluster.units_of(2))) {
    if (queued != unit) cluster.tell(2, MessageKind::returned, static_cast<std::int64_t>(queued));
  }
  cluster.work(2);
  CHECK(cluster.coordinator->outcome().code == 0);
  CHECK(cluster.coordinator->ended());
  CHECK(cluster.noted.size() == plan.units.size());
}

TEST_CASE("when the last rank does not come back from a unit the job ends with 75",
          "[coordinator][failure]") {
  const Plan plan = captures();
  RunLoopParams params = quiet();
  params.unit_timeout = 100;
  FakeCluster cluster(plan, 2, 1, params);
  cluster.tick();
  for (int rank = 0; rank < 2; ++rank) {
    CHECK(cluster.ended_by.empty());
    cluster.tell(rank, MessageKind::alive, static_cast<std::int64_t>(cluster.units_of(rank)[0]), 0,
                 "", 200);
  }
  REQUIRE(cluster.ended_by.size() == 1);
  CHECK_THAT(cluster.ended_by[0], Catch::Contains("rank 1 on host1") &&
                                      Catch::Contains("no other rank is left") &&
                                      Catch::Contains("the same command resumes"));
  CHECK(cluster.coordinator->outcome().code == 75);
  CHECK(cluster.events("hung").size() == 1);
}

TEST_CASE("a stop waits for a hung unit no longer than the margin", "[coordinator][failure]") {
  const Plan plan = captures();
  RunLoopParams params = quiet();
  params.margin = 60;
  FakeCluster cluster(plan, 2, 1, params);
  cluster.tick();
  cluster.tell(1, MessageKind::stop_asked);
  CHECK(cluster.sent_to(0, MessageKind::stop).size() == 1);
  cluster.done(0, cluster.units_of(0)[0]);
  for (int rank : {0, 1}) {
    cluster.tell(rank, MessageKind::returned,
                 static_cast<std::int64_t>(cluster.units_of(rank).back()));
  }
  cluster.pass(50);
  CHECK_FALSE(cluster.coordinator->ended());
  cluster.pass(20);
  CHECK(cluster.coordinator->ended());
  CHECK(cluster.coordinator->outcome().code == 75);
}

TEST_CASE("a rank that hangs while all leave does not keep them", "[coordinator][failure]") {
  const Plan plan = captures();
  RunLoopParams params = quiet();
  params.heartbeat = 60;
  FakeCluster cluster(plan, 3, 1, params);
  cluster.work();
  REQUIRE(cluster.coordinator->ended());
  cluster.tell(0, MessageKind::left);
  cluster.tell(1, MessageKind::left);
  for (int i = 0; i < 70 && cluster.ended_by.empty(); ++i) {
    cluster.now += 1;
    cluster.tick();
  }
  REQUIRE(cluster.ended_by.size() == 1);
  CHECK_THAT(cluster.ended_by[0], Catch::Contains("rank 2 on host2"));
}

TEST_CASE("an input that stays damaged however often it is computed fails its reader",
          "[coordinator][failure]") {
  const Plan plan = toy::plan({.unit_items = 100});
  FakeCluster cluster(plan, 2, 1, quiet());
  const auto is_capture = [&](std::size_t unit) {
    return plan.stages[plan.units[unit].stage].name == "capture";
  };
  std::size_t steps = 0;
  while (!cluster.coordinator->ended() && ++steps < 1000) {
    cluster.tick();
    for (int rank = 0; rank < 2; ++rank) {
      if (cluster.units_of(rank).empty()) continue;
      const std::size_t unit = cluster.units_of(rank)[0];
      if (is_capture(unit)) {
        cluster.done(rank, unit);
      } else {
        cluster.tell(rank, MessageKind::damaged, static_cast<std::int64_t>(unit),
                     static_cast<std::int64_t>(plan.units[unit].upstream[0]), "digest differs");
      }
    }
  }
  CHECK(cluster.coordinator->ended());
  CHECK(cluster.coordinator->outcome().code == 7);
  CHECK(cluster.set_aside.size() >= 3);
}

TEST_CASE("progress: a line as often as asked, an event a minute", "[coordinator]") {
  const Plan plan = captures();
  RunLoopParams params;
  params.progress = 5;
  FakeCluster cluster(plan, 2, 1, params);
  cluster.pass(600, -1, 1);
  CHECK(cluster.said.size() >= 100);
  CHECK(cluster.said.size() <= 125);
  CHECK(cluster.events("progress").size() >= 9);
  CHECK(cluster.events("progress").size() <= 10);
}

TEST_CASE("thousands of failures are a hundred lines and one a minute", "[coordinator][failure]") {
  const Plan plan = captures();
  RunLoopParams params = quiet();
  params.scheduler.unit_attempts = 1 << 20;
  FakeCluster cluster(plan, 1, 1, params);
  for (int i = 0; i < 2000; ++i) {
    cluster.now += 0.1;
    cluster.tick();
    cluster.fails(0, cluster.units_of(0)[0]);
  }
  CHECK(cluster.said.size() > 100);
  CHECK(cluster.said.size() < 110);
  CHECK(cluster.said_so("more failures"));
  CHECK(cluster.events("failure").size() == 2000);
}

TEST_CASE("a unit is sent with its companion, the one of lower id first", "[coordinator]") {
  const Plan plan =
      toy::plan({.unit_items = 1, .stages = {"capture", "paths"}, .items = {5, 1}, .paths = true});
  FakeCluster cluster(plan, 2, 1, quiet());
  cluster.tick();
  std::size_t pairs = 0;
  for (const int rank : {0, 1}) {
    const auto sent = cluster.sent_to(rank, MessageKind::assign);
    CHECK(sent.size() == 2);  // one to compute, one ahead
    for (const Message& message : sent) {
      if (message.b < 0) continue;
      ++pairs;
      CHECK(message.a < message.b);
      CHECK(plan.companion_of(static_cast<std::size_t>(message.a)) ==
            static_cast<std::size_t>(message.b));
    }
  }
  CHECK(pairs == 4);
  cluster.work();
  CHECK(cluster.noted.size() == plan.units.size());
}

TEST_CASE("two units computed at once hang together, after the time of two",
          "[coordinator][failure]") {
  const Plan plan =
      toy::plan({.unit_items = 1, .stages = {"capture", "paths"}, .items = {5, 1}, .paths = true});
  RunLoopParams params = quiet();
  params.unit_timeout = 100;
  FakeCluster cluster(plan, 2, 1, params);
  cluster.tick();
  const auto sent = cluster.sent_to(1, MessageKind::assign);
  REQUIRE(sent.front().b >= 0);
  const auto lead = static_cast<std::size_t>(sent.front().a),
             with = static_cast<std::size_t>(sent.front().b);
  cluster.tell(1, MessageKind::alive, sent.front().a, 2, "", 150);
  CHECK_FALSE(cluster.coordinator->scheduler().absent(1));
  cluster.tell(1, MessageKind::alive, sent.front().a, 2, "", 201);
  CHECK(cluster.coordinator->scheduler().absent(1));
  CHECK(cluster.coordinator->scheduler().attempts(lead) == 1);
  CHECK(cluster.coordinator->scheduler().attempts(with) == 1);
  cluster.work(1);
  CHECK(cluster.coordinator->scheduler().is_done(lead));
  CHECK(cluster.coordinator->scheduler().is_done(with));
}
