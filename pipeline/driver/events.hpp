#pragma once
// What a run tells: one aggregated progress line, JSON events in RUN/events.jsonl, a log per rank.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "pipeline/base/json.hpp"

namespace vrp {

/// Seconds on a clock that only moves forward.
double steady_seconds();
/// "2026-11-24T08:00:00Z"
std::string utc_now();
std::int64_t resident_bytes();  ///< of this process

/// Appends one JSON object a line; every event has "time" and "event".
class EventLog {
 public:
  explicit EventLog(const std::filesystem::path& file);
  void write(const std::string& event, Json fields = Json::object());

 private:
  std::ofstream out_;
};

/// Appends "TIME rank R: text" lines to RUN/logs/rank-RRRR.log.
class RankLog {
 public:
  RankLog(const std::filesystem::path& folder, int rank);
  void line(const std::string& text);

 private:
  std::ofstream out_;
  int rank_;
};

struct ProgressState {
  std::int64_t items_done = 0, items_total = 0, items_resumed = 0, failed = 0, bytes = 0;
  std::size_t units_done = 0, units_total = 0;
  double seconds = 0;
};

/// "items 120/3090 (3.9 %)  4.1 items/s  ETA 0:12:04  units 7/195  failed 0  memory 812 MB"
std::string progress_line(const ProgressState& state);

}  // namespace vrp
