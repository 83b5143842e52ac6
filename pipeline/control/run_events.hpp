#pragma once
// What RUN/events.jsonl tells of a run: its starts and ends, what went wrong, and the latest units.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"

namespace vrp {

/// Seconds since 1970 of "2026-11-24T08:00:00Z"; -1 for any other text.
std::int64_t utc_seconds(const std::string& text);

struct RunEvent {
  std::string kind;       ///< "start", "unit", "failure", "retired", "hung", "stop", "end" ...
  std::int64_t time = 0;  ///< seconds since 1970
  std::size_t start = 0;  ///< number of starts up to here
  std::string when;       ///< the same as it is written, "" when it is not
  std::string file, host, reason;
  int rank = -1;
  double seconds = 0, silent_seconds = 0;
  std::int64_t failed_items = 0;
  Json all;  ///< every field
};

struct RunEvents {
  std::vector<RunEvent> starts;   ///< one per launch of the job
  std::vector<RunEvent> trouble;  ///< failure, retired, hung, of all launches
  std::vector<RunEvent> units;    ///< of the latest launch, the last kUnitsKept, oldest first
  std::size_t units_of_launch = 0;
  Json progress;       ///< the latest of the latest launch, or null
  RunEvent last;       ///< kind "" when there is none
  RunEvent last_stop;  ///< of the latest launch
  RunEvent last_end;   ///< of the latest launch
  std::size_t unreadable = 0;
};

constexpr std::size_t kUnitsKept = 512;

/// Reads the file in one pass; of "unit" and "progress" lines, which make it long, only the last
/// are taken apart. Lines that are torn or damaged are counted. Missing file: no events.
RunEvents read_run_events(const std::filesystem::path& file);

/// One line taken apart; fields that are missing or of another type stay as they are by default.
RunEvent run_event(const Json& line);

}  // namespace vrp
