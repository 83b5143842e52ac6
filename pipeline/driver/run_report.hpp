#pragma once
// What the coordinator tells: lines for the user, few enough for a job of days, and events, whose
// number is linear in units and time.
#include <string>
#include <utility>
#include <vector>

#include "pipeline/driver/run_loop.hpp"

namespace vrp {

class RunReport {
 public:
  RunReport(const Plan& plan, const RunLoopParams& params, const RunLoopHooks& hooks,
            EventLog* events, double now);

  std::string host(int rank) const;  ///< "" = unknown
  std::string name(int rank) const;  ///< "rank 5 on node17"

  void say(const std::string& line) const { hooks_.say(line); }
  void done(int rank, std::size_t unit, double seconds, std::int64_t failed_items);
  void failure(int rank, std::size_t unit, const std::string& reason, int attempt, double now);
  void retired(int rank, const std::string& reason);
  void hung(int rank, std::int64_t unit, double seconds);
  void stop(const std::string& reason);
  bool progress_due(double now) const;
  void progress(const ProgressState& state, double now, bool last);
  void flush();  ///< once in a turn of the loop

 private:
  void write(const char* event, Json fields);
  void trouble(const std::string& line, double now);

  const Plan& plan_;
  const RunLoopParams& params_;
  const RunLoopHooks& hooks_;
  EventLog* events_;
  double said_, noted_;  ///< last progress line, last progress event
  int troubles_ = 0;
  std::int64_t unsaid_ = 0;
  double trouble_said_ = 0;
  bool written_ = false;
};

}  // namespace vrp
