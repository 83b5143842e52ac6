#pragma once
// How far a run is: what `vrp status` prints. Read from the manifest, the journal, the events and
// one listing of each folder of units; no HDF5 file is opened, so that 100,000 units take well
// under a second.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/control/rank_logs.hpp"
#include "pipeline/control/run_events.hpp"
#include "pipeline/control/unit_seconds.hpp"

namespace vrp {

/// One stage in one cell.
struct StageState {
  std::string model, benchmark, stage, folder;
  bool pooled = false;
  std::size_t units = 0, done = 0;
  std::int64_t items = 0, items_done = 0, failed_items = 0;
  std::size_t not_noted = 0;  ///< done, but not in the journal: failed items not counted
  std::size_t set_aside = 0;  ///< files NAME.bad
  double seconds = 0;         ///< of its finished units, where they are known
};

enum class RunCondition {
  live,      ///< somebody holds the folder
  complete,  ///< all units are there and nobody holds the folder
  stopped,   ///< ended by itself before the end: a signal, a budget, an error
  died,      ///< no end was written and nobody holds the folder
  fresh,     ///< never started
};

struct RunState {
  std::filesystem::path root;
  std::string sweep, limit;
  std::string manifest_problem;  ///< not empty: totals are unknown, only what is done is counted
  RunCondition condition = RunCondition::fresh;
  std::string owner;           ///< one line about the live run
  int end_code = -1;           ///< of the latest launch; -1 = it wrote none
  double silent_seconds = -1;  ///< since its last sign of life; -1 = unknown
  std::vector<StageState> stages;
  std::vector<std::pair<std::string, int>> hosts;  ///< ranks on each, of the latest launch
  int ranks = 0;
  RunEvents events;
  double items_per_second = -1, units_per_minute = -1;  ///< lately; -1 = unknown
  double seconds_left = -1;                             ///< -1 = unknown
  std::vector<std::string> untimed;                     ///< stages that seconds_left leaves out
  std::vector<RunningUnit> long_units;                  ///< live run: those well over their time
  std::size_t unreadable_journal = 0;

  std::size_t units() const;
  std::size_t done() const;
  std::int64_t failed_items() const;
};

/// Error (bad_input) when `root` is no run's folder.
RunState read_run_state(const std::filesystem::path& root);

/// "live", "complete", "stopped", "died", "not started".
std::string condition_name(RunCondition condition);

}  // namespace vrp
