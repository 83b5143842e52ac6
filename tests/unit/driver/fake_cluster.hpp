#pragma once
// A coordinator whose ranks, clock and folder are the test's.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/driver/coordinator.hpp"
#include "tests/unit/driver/toy_plan.hpp"

namespace vrp::toy {

class FakeCluster {
 public:
  struct Sent {
    int to;
    Message message;
  };

  /// `ranks` ranks, `per_host` of them on each of host0, host1, ...
  FakeCluster(const Plan& plan, int ranks, int per_host = 1, RunLoopParams params = {},
              std::vector<bool> done = {})
      : plan_(plan), params_(std::move(params)) {
    for (int rank = 0; rank < ranks; ++rank) {
      params_.hosts.push_back("host" + std::to_string(rank / per_host));
    }
    hooks_.say = [this](const std::string& line) { said.push_back(line); };
    hooks_.end_job = [this](const std::string& message) { ended_by.push_back(message); };
    file_ = std::filesystem::temp_directory_path() /
            ("vrp-events-" + std::to_string(::getpid()) + "-" + std::to_string(++count()));
    std::filesystem::remove(file_);
    events_ = std::make_unique<EventLog>(file_);
    if (done.empty()) done.resize(plan.units.size(), false);
    coordinator = std::make_unique<Coordinator>(
        plan,
        UnitLedger{[this](const std::string& file, const UnitFacts& facts) { noted[file] = facts; },
                   [this](const std::string& file) { set_aside.push_back(file); }},
        ranks, done, params_, hooks_, events_.get(), now);
    for (int rank = 0; rank < ranks; ++rank) tell(rank, MessageKind::request, 2);
  }
  ~FakeCluster() { std::filesystem::remove(file_); }

  void tell(int rank, MessageKind kind, std::int64_t a = 0, std::int64_t b = 0,
            const std::string& text = "", double seconds = 0) {
    coordinator->take({kind, rank, a, b, text, seconds}, now, sender());
  }
  void done(int rank, std::size_t unit, double seconds = 1) {
    tell(rank, MessageKind::done, static_cast<std::int64_t>(unit), 0, "", seconds);
  }
  void fails(int rank, std::size_t unit) {
    tell(rank, MessageKind::failed, static_cast<std::int64_t>(unit), 1, "broken");
  }
  void tick() { coordinator->tick(now, sender()); }
  /// Time passes; every rank but `silent` says that it is alive and at its oldest unit.
  void pass(double seconds, int silent = -1, double step = 5) {
    for (const double end = now + seconds; now < end;) {
      now += std::min(step, end - now);
      for (int rank = 0; rank < static_cast<int>(params_.hosts.size()); ++rank) {
        const auto& units = coordinator->scheduler().units_of(rank);
        if (rank == silent) continue;
        tell(rank, MessageKind::alive, units.empty() ? -1 : static_cast<std::int64_t>(units[0]));
      }
      tick();
    }
  }
  const std::vector<std::size_t>& units_of(int rank) const {
    return coordinator->scheduler().units_of(rank);
  }
  /// Every rank but `without` does all its units, until nobody has any.
  void work(int without = -1) {
    for (bool some = true; some;) {
      some = false;
      tick();
      for (int rank = 0; rank < static_cast<int>(params_.hosts.size()); ++rank) {
        if (rank == without || units_of(rank).empty()) continue;
        now += 1;
        done(rank, units_of(rank)[0]);
        some = true;
      }
    }
  }
  std::vector<Message> sent_to(int rank, MessageKind kind) const {
    std::vector<Message> out;
    for (const auto& [to, message] : sent) {
      if (to == rank && message.kind == kind) out.push_back(message);
    }
    return out;
  }
  std::vector<Json> events(const std::string& kind) {
    events_->flush();
    std::vector<Json> out;
    std::ifstream in(file_);
    for (std::string line; std::getline(in, line);) {
      const Json event = Json::parse(line);
      if (event.at("event") == kind) out.push_back(event);
    }
    return out;
  }
  bool said_so(const std::string& part) const {
    for (const auto& line : said) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  }

  std::unique_ptr<Coordinator> coordinator;
  std::vector<Sent> sent;
  std::vector<std::string> said, ended_by, set_aside;
  std::map<std::string, UnitFacts> noted;
  double now = 1000;

 private:
  Coordinator::Send sender() {
    return [this](int to, const Message& message) { sent.push_back({to, message}); };
  }
  static int& count() {
    static int value = 0;
    return value;
  }
  const Plan& plan_;
  RunLoopParams params_;
  RunLoopHooks hooks_;
  std::filesystem::path file_;
  std::unique_ptr<EventLog> events_;
};

}  // namespace vrp::toy
