#pragma once
// One live run per output folder: owner.json names it and carries its heartbeat.
//
// Taking: owner.json is created in one step that succeeds for one process only. Taking over: a run
// that is seen to be dead (its process ended on this host, or its beat does not change while this
// process watches for three intervals by its own clock) is followed by whoever creates the one
// claim on that very record (owner.json.next-HASH), which then becomes owner.json. Nothing is
// judged twice: a claim is on a record, not on the folder, so of many newcomers one wins. Beating:
// a thread of its own overwrites the record in place, so that a run which slept through a take-over
// writes into a file that is gone, notices and ends, and a slow disk stops nobody else.
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "pipeline/driver/owner_record.hpp"

namespace vrp {

struct OwnerParams {
  double interval = 10;                         ///< seconds between heartbeats
  double wait = 0;                              ///< seconds to wait for a live owner to end
  std::function<void(const std::string&)> say;  ///< a line for the user; may be empty
  std::function<bool()> stop;                   ///< asked while waiting; may be empty
  std::string place;  ///< "" = this host; for tests: acts as a process of another host
};

class RunOwner {
 public:
  /// Takes the folder, waiting up to params.wait seconds for a live owner to end. Error (live_run)
  /// when one holds it, (resumable) when stopped while waiting, FileError when the folder cannot be
  /// written.
  RunOwner(std::filesystem::path root, OwnerParams params);
  RunOwner(std::filesystem::path root, double interval_seconds);
  RunOwner(const RunOwner&) = delete;
  RunOwner& operator=(const RunOwner&) = delete;
  ~RunOwner();  ///< gives the folder up when it is still ours

  /// Costs nothing; never waits for the disk unless this process has slept through its beats.
  /// Error (live_run) when another run has taken the folder over, (bad_input) when the folder was
  /// deleted or moved, (resumable) when no beat could be written for two and a half intervals:
  /// another run may take over soon.
  void beat();
  /// The same, after looking at the disk now: before writing what two runs must not both write.
  void check();

 private:
  void take();
  bool create(const std::filesystem::path& file) const;
  void settle();
  void sweep() const;
  bool holds() const;
  void pulse();
  void beat_once();
  void write_beat();
  void raise() const;

  std::filesystem::path root_, file_;
  OwnerParams params_;
  OwnerRecord record_;
  std::mutex beating_;        ///< held during a beat: one at a time
  mutable std::mutex mutex_;  ///< of what follows
  std::condition_variable changed_;
  bool ending_ = false;
  double last_ = 0;  ///< boot_seconds() of the last beat that was written
  int end_code_ = 0;
  std::string end_reason_;  ///< not empty: this run must end, with end_code_
  std::string problem_;     ///< of the last beat, "" = written
  bool told_ = false;
  std::thread pulse_;
};

/// One line about the run that holds `root`, or "" when none does, as far as a look can tell.
std::string live_owner(const std::filesystem::path& root, double interval_seconds);

}  // namespace vrp
