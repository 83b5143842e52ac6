#pragma once
// The work loop of a job: rank 0 coordinates and works, the others work. No collective inside.
#include <functional>

#include "pipeline/dist/transport.hpp"
#include "pipeline/driver/events.hpp"
#include "pipeline/driver/plan.hpp"
#include "pipeline/driver/run_folder.hpp"
#include "pipeline/driver/scheduler.hpp"

namespace vrp {

struct RunLoopParams {
  std::uint64_t seed = 0;
  double time_budget = 0;  ///< seconds; 0 = none
  double margin = 60;      ///< seconds that running units may take after a stop
  double progress = 5;     ///< seconds between progress lines; 0 = none
  double heartbeat = 120;  ///< seconds after which a silent rank ends the job; 0 = never
  double unit_timeout =
      0;  ///< seconds after which a thread inside a unit counts as hung; 0 = never
  double file_patience = 120;  ///< seconds that the last lines of journal and events may take
  bool live_line = false;      ///< one line that rewrites itself, for a terminal
  SchedulerParams scheduler;
  std::vector<std::string> hosts;  ///< rank 0: of every rank; named in messages and events
  Attributes attributes;           ///< written into every unit file
};

struct RunLoopHooks {
  std::function<bool()> stop_signalled;
  /// Rank 0, several times a second and ahead of each of its file calls, by two threads; throws
  /// when this job must write nothing more.
  std::function<void()> heartbeat;
  std::function<void(const std::string&)>
      say;  ///< rank 0: a line for the user; its log gets it too
  /// Every rank, in each turn of the loop, for other traffic of the main thread; true when it moved
  /// something. May be empty.
  std::function<bool()> service;
  /// Every rank, in each turn of the loop: lines for its log. May be empty.
  std::function<std::vector<std::string>()> remarks;
  /// Rank 0: asks for the events to be written; empty = they are written at once. Set by run_units.
  std::function<void()> flush_events;
  /// Aborts the job, on any rank, so that it exits with 75: a rank hangs and cannot be told to
  /// leave. Does not return, except in tests.
  std::function<void(const std::string&)> end_job;
  /// Aborts the job with the text and exit code of an error that this rank's main thread met:
  /// nothing may be written into a folder that is another's by now. Does not return, except in
  /// tests. May be empty.
  std::function<void(const std::exception&)> broken;
};

struct RunOutcome {
  int code = 0;            ///< the same on every rank
  bool abandoned = false;  ///< a thread of this rank is still busy: leave by _exit
  bool unwritten =
      false;  ///< ... inside a file call that hangs: touch neither folder, events nor log
  std::vector<std::pair<std::size_t, std::string>> given_up;  ///< rank 0
  double coordinator_seconds = 0;      ///< rank 0: that its turns took, without the waiting
  double coordinator_cpu_seconds = 0;  ///< ... of the processor
};

/// Runs the plan's missing units. `done` is read on rank 0 only. Collective in the sense that every
/// rank must call it; returns on all ranks with the same code: 0, 75, or the code of what failed.
/// No message is on the way then. It returns although a rank is still inside a unit, when another
/// rank has finished that unit or the margin after a stop is over: `abandoned` says so there.
RunOutcome run_units(const Plan& plan, RunFolder& folder, Transport& transport,
                     const std::vector<bool>& done, const RunLoopParams& params,
                     const RunLoopHooks& hooks, EventLog* events, RankLog& log);

}  // namespace vrp
