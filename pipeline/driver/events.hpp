#pragma once
// What a run tells: one aggregated progress line, JSON events in RUN/events.jsonl, a log per rank.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>

#include "pipeline/base/json.hpp"

namespace vrp {

/// Seconds on a clock that only moves forward.
double steady_seconds();
/// "2026-11-24T08:00:00Z"
std::string utc_now();
std::int64_t resident_bytes();  ///< of this process

/// Appends one JSON object a line; every event has "time" and "event". Lines are collected and
/// written by flush(), the destructor at the latest, so that a burst of events is one write. What
/// cannot be written (a full disk) is kept for the next flush, up to 1 MiB of it. One thread may
/// write while another flushes.
class EventLog {
 public:
  /// Error when the file cannot be opened. A line that a killed run left half is ended first.
  explicit EventLog(const std::filesystem::path& file);
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;
  ~EventLog();
  void write(const std::string& event, Json fields = Json::object());
  bool flush();                ///< false when something is still to be written
  std::int64_t bytes() const;  ///< of all events so far

 private:
  int file_ = -1;
  std::mutex flushing_;       ///< held during a flush: one at a time
  mutable std::mutex mutex_;  ///< of what follows
  std::string waiting_;
  std::int64_t bytes_ = 0;
};

/// Appends "TIME rank R: text" lines to RUN/logs/rank-RRRR.log; any thread may call it.
class RankLog {
 public:
  RankLog(const std::filesystem::path& folder, int rank);
  void line(const std::string& text);

 private:
  std::mutex mutex_;
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
