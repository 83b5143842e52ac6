#pragma once
// One live run per output folder: owner.json names it and carries its heartbeat.
#include <filesystem>
#include <string>

namespace vrp {

class RunOwner {
 public:
  /// Takes the folder. Error (live_run) when another run holds it: its heartbeat is younger than
  /// three intervals and, on this host, its process still lives. A stale owner is replaced.
  RunOwner(std::filesystem::path root, double interval_seconds);
  RunOwner(const RunOwner&) = delete;
  RunOwner& operator=(const RunOwner&) = delete;
  ~RunOwner();  ///< gives the folder up when it is still ours

  /// Renews the heartbeat when the interval has passed. Error (live_run) when another run has taken
  /// the folder over meanwhile.
  void beat();

 private:
  std::string text() const;
  bool ours() const;
  std::filesystem::path file_;
  double interval_;
  double last_ = 0;
  std::string token_;
};

/// One line about the run that holds `root`, or "" when none does.
std::string live_owner(const std::filesystem::path& root, double interval_seconds);

}  // namespace vrp
