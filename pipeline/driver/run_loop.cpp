#include "pipeline/driver/run_loop.hpp"

#include <time.h>

#include <algorithm>
#include <deque>
#include <memory>

#include "pipeline/driver/first_rank.hpp"
#include "pipeline/driver/ledger_writer.hpp"
#include "pipeline/driver/participant.hpp"

namespace vrp {
namespace {

// How long a main thread sleeps when nothing moves: short at first, since an answer is on its way,
// then longer, so that many ranks on few cores leave these to the compute threads. A finished unit
// wakes it at once.
constexpr double kShortestSleep = 100e-6;  // seconds
constexpr double kLongestSleep = 4e-3;
constexpr double kLongestSleepOfCoordinator = 1e-3;
constexpr double kSleepGrowth = 1.25;

double thread_cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

LedgerWriter::Steps writer_steps(bool first, const RunLoopHooks& hooks, RunFolder& folder,
                                 EventLog* events) {
  if (!first) return {};
  // A job that slept must learn that it is not the folder's owner any more before it writes.
  return {hooks.heartbeat, [&folder, events] {
            folder.write_notes();
            return events == nullptr || events->flush();
          }};
}

std::string unwritten_line(const RunFolder& folder, const LedgerWriter::Rest& rest,
                           double patience) {
  return concat(folder.root().string(), ": the file system ",
                rest.stuck ? "does not answer" : "is too slow", ": after ", patience,
                " s the last lines of journal, events and log are left out; finished "
                "units stay finished, the next start checks their files");
}

}  // namespace

RunOutcome run_units(const Plan& plan, RunFolder& folder, Transport& transport,
                     const std::vector<bool>& done, const RunLoopParams& params,
                     const RunLoopHooks& hooks, EventLog* events, RankLog& log) {
  const bool first = transport.rank() == 0;
  Participant participant(plan, folder, transport.rank(), transport.size(), params, hooks, log,
                          steady_seconds());
  LedgerWriter writer(writer_steps(first, hooks, folder, events));
  std::unique_ptr<FirstRank> coordinator;
  std::deque<Message> out;
  std::deque<Message> to_self;  // coordinator's messages to rank 0's own worker
  const Coordinator::Send send = [&](int rank, const Message& message) {
    if (rank == 0) {
      to_self.push_back(message);
    } else {
      transport.send(rank, message);
    }
  };
  if (first) {
    coordinator = std::make_unique<FirstRank>(plan, folder, transport.size(), done, params, hooks,
                                              events, log, writer, send);
  }
  double coordinating = 0;
  double processor = 0;
  double sleep = kShortestSleep;
  const auto turn = [&] {
    bool moved = false;
    // Before anything else: a job that slept may not be the folder's owner any more.
    if (coordinator) hooks.heartbeat();
    const double now = steady_seconds();
    const double processor_then = coordinator ? thread_cpu_seconds() : 0;
    while (auto message = transport.receive()) {
      moved = true;
      if (coordinator) {
        coordinator->take(*message, now);
      } else {
        participant.take(*message, now, out);
      }
    }
    participant.tick(now, out);
    for (; !out.empty(); out.pop_front(), moved = true) {
      if (coordinator) {
        coordinator->take(out.front(), now);
      } else {
        transport.send(0, out.front());
      }
    }
    if (coordinator) {
      coordinator->tick(now);
      coordinating += steady_seconds() - now;
      processor += thread_cpu_seconds() - processor_then;
      for (; !to_self.empty(); to_self.pop_front(), moved = true) {
        participant.take(to_self.front(), now, out);
      }
    }
    if (hooks.service && hooks.service()) moved = true;
    if (hooks.remarks) {
      for (std::string& line : hooks.remarks()) {
        writer.post([&log, text = std::move(line)] { log.line(text); });
      }
    }
    sleep =
        moved ? kShortestSleep
              : std::min(sleep * kSleepGrowth, first ? kLongestSleepOfCoordinator : kLongestSleep);
    if (!moved) participant.wait(sleep);
  };
  try {
    while (coordinator ? !coordinator->closed() : !participant.quit()) turn();
  } catch (const std::exception& error) {
    // Before the compute thread is waited for, which may be inside a unit for minutes.
    if (hooks.broken) hooks.broken(error);
    throw;
  }
  RunOutcome outcome;
  if (coordinator) outcome = coordinator->outcome();
  if (!coordinator) outcome.code = participant.code();
  outcome.coordinator_seconds = coordinating;
  outcome.coordinator_cpu_seconds = processor;
  const LedgerWriter::Rest rest = writer.finish(params.file_patience);
  writer.raise();
  if (first && !rest.none()) hooks.say(unwritten_line(folder, rest, params.file_patience));
  outcome.unwritten = rest.stuck;
  outcome.abandoned = !participant.release() || rest.stuck;
  return outcome;
}

}  // namespace vrp
