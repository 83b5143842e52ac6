// A job of toy units over MPI, for tests of what happens when ranks fail, hang or are slow, and for
// the coordinator's time per unit with many ranks. Arguments are KEY=VALUE:
//
//   out=DIR  items=N  seconds=S     N units of S seconds each, N of almost none, and one that reads
//   all fail=U:R        unit U throws on rank R (R = -1: on all; U = -1: all units) slow=U:S the
//   first rank that gets unit U needs S seconds more hang=U:N        the first N ranks that get
//   unit U never come back from it busy=R:S        the main thread of rank R does nothing for S
//   seconds, once, in its 20th turn hosts=N         ranks tell that they lie on N hosts, in turn
//   heartbeat= unit_timeout= straggler= straggler_seconds= margin= budget=   as in section [run]
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <thread>

#include "pipeline/dist/mpi_session.hpp"
#include "pipeline/dist/signals.hpp"
#include "pipeline/driver/run_loop.hpp"
#include "tests/unit/driver/toy_plan.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

class Arguments {
 public:
  Arguments(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string text = argv[i];
      const auto equals = text.find('=');
      if (equals == std::string::npos) fail_usage("'", text, "', expected KEY=VALUE");
      values_[text.substr(0, equals)] = text.substr(equals + 1);
    }
  }
  std::string text(const std::string& key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? "" : found->second;
  }
  double number(const std::string& key, double otherwise) const {
    return text(key).empty() ? otherwise : std::atof(text(key).c_str());
  }
  /// "A:B" as a pair; {-2, 0} when it is not given.
  std::pair<int, double> pair(const std::string& key) const {
    const std::string value = text(key);
    const auto colon = value.find(':');
    if (colon == std::string::npos) return {-2, 0};
    return {std::atoi(value.c_str()), std::atof(value.c_str() + colon + 1)};
  }

 private:
  std::map<std::string, std::string> values_;
};

void sleep_for(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

/// True for the first `times` callers of all ranks.
bool among_first(const fs::path& out, const std::string& what, int times) {
  for (int i = 0; i < times; ++i) {
    const fs::path mark = out / ("mark-" + what + "-" + std::to_string(i));
    const int file = ::open(mark.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0666);
    if (file < 0) continue;
    ::close(file);
    return true;
  }
  return false;
}

Record toy_record(const UnitInput& input) {
  const std::int64_t n = input.unit->last - input.unit->first;
  Record record;
  record.add("item/index", {"item"}, {n},
             std::vector<std::int64_t>(static_cast<std::size_t>(n), input.unit->index), "1",
             "number of the unit");
  return record;
}

/// What units do, as the arguments say.
std::function<Record(const UnitInput&)> behaviour(const Arguments& arguments, int rank) {
  const fs::path out = arguments.text("out");
  const double seconds = arguments.number("seconds", 0.01);
  const auto fails = arguments.pair("fail"), slow = arguments.pair("slow"),
             hangs = arguments.pair("hang");
  return [=](const UnitInput& input) {
    const int unit = static_cast<int>(input.unit->id);
    const int fail_rank = static_cast<int>(fails.second);
    if ((fails.first == -1 || fails.first == unit) && (fail_rank == -1 || fail_rank == rank)) {
      throw Error(ExitCode::bad_input, concat("(expected) unit ", unit, " fails on rank ", rank));
    }
    if (hangs.first == unit && among_first(out, "hang", static_cast<int>(hangs.second))) {
      while (true) sleep_for(3600);
    }
    if (slow.first == unit && among_first(out, "slow", 1)) sleep_for(slow.second);
    sleep_for(input.unit->last - input.unit->first > 1 ? 0 : seconds);
    return toy_record(input);
  };
}

int run(MpiSession& mpi, const Arguments& arguments) {
  const fs::path out = arguments.text("out");
  fs::create_directories(out);
  std::ofstream(out / ("pid-" + std::to_string(mpi.rank()))) << ::getpid() << std::flush;
  const int items = static_cast<int>(arguments.number("items", 20));
  Plan plan = toy::plan({.unit_items = 1, .items = {items, 1}});
  for (auto& stage : plan.stages) {
    stage.run = stage.name == "capture" ? behaviour(arguments, mpi.rank()) : toy_record;
  }
  RunFolder folder(out);
  std::vector<bool> done;
  std::optional<EventLog> events;
  if (mpi.rank() == 0) {
    done = folder.find_done(plan);
    events.emplace(out / "events.jsonl");
  }
  RunLoopParams params;
  params.progress = 0;
  params.margin = arguments.number("margin", 60);
  params.time_budget = arguments.number("budget", 0);
  params.heartbeat = arguments.number("heartbeat", 120);
  params.unit_timeout = arguments.number("unit_timeout", 0);
  params.scheduler.straggler = arguments.number("straggler", 3);
  params.scheduler.straggler_seconds = arguments.number("straggler_seconds", 10);
  const int hosts = static_cast<int>(arguments.number("hosts", mpi.size()));
  for (int rank = 0; rank < mpi.size(); ++rank) {
    params.hosts.push_back("toy" + std::to_string(rank % hosts));
  }
  RunLoopHooks hooks;
  hooks.stop_signalled = stop_signalled;
  hooks.heartbeat = [] {};
  hooks.say = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
  hooks.end_job = [&](const std::string& message) { mpi.abort(75, message); };
  const auto busy = arguments.pair("busy");
  int turn = 0;
  hooks.service = [&] {
    if (mpi.rank() == busy.first && ++turn == 20) sleep_for(busy.second);
    return false;
  };
  RankLog log(out / "logs", mpi.rank());
  const double began = steady_seconds();
  RunOutcome outcome = run_units(plan, folder, mpi.transport(), done, params, hooks,
                                 events ? &*events : nullptr, log);
  const double seconds = steady_seconds() - began;
  outcome.code = std::stoi(mpi.broadcast(std::to_string(outcome.code)));
  if (mpi.rank() == 0) {
    const Json figures = {{"code", outcome.code},
                          {"ranks", mpi.size()},
                          {"units", plan.units.size()},
                          {"seconds", seconds},
                          {"coordinator_seconds", outcome.coordinator_seconds},
                          {"coordinator_cpu_seconds", outcome.coordinator_cpu_seconds},
                          {"events_bytes", events->bytes()},
                          {"abandoned", outcome.abandoned}};
    std::cout << figures.dump() << std::endl;
    events.reset();
  }
  std::fflush(nullptr);
  if (outcome.abandoned) mpi.leave(outcome.code);
  return outcome.code;
}

}  // namespace

int main(int argc, char** argv) {
  catch_stop_signals();
  MpiSession mpi(argc, argv);
  try {
    return run(mpi, Arguments(argc, argv));
  } catch (const Error& error) {
    mpi.abort(static_cast<int>(error.code()), error.what());
  }
}
