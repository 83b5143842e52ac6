#pragma once
// A rank's threads: I/O (prepares units ahead, commits records behind) and compute (owns the
// model). The main thread, which alone speaks MPI, assigns units and takes events.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "pipeline/driver/events.hpp"
#include "pipeline/driver/plan.hpp"
#include "pipeline/driver/run_folder.hpp"

namespace vrp {

/// A unit's input lies damaged on disk: it is computed again, then this unit.
class DamagedUnit : public Error {
 public:
  DamagedUnit(std::size_t unit, const std::string& message)
      : Error(ExitCode::bad_input, message), unit_(unit) {}
  std::size_t unit() const { return unit_; }

 private:
  std::size_t unit_;
};

/// Nothing can go on, on this rank or another (a checkpoint that does not load).
class FatalError : public Error {
 public:
  using Error::Error;
};

struct WorkerEvent {
  enum class Kind { done, failed, damaged, storage, fatal } kind = Kind::done;
  std::size_t unit = 0;
  std::size_t damaged_unit = 0;
  int code = 0;
  std::int64_t failed_items = 0;
  std::string reason;
  /// Of a done unit: from the start of its computation to its commit; of two computed together,
  /// each one's part by expected cost.
  double seconds = 0;
};

/// What a rank's threads are at.
struct AtWork {
  std::int64_t unit = -1;  ///< -1 = nothing
  double seconds = 0;      ///< since that thread began it
  int together = 1;        ///< units that are computed at once
};

class Worker {
 public:
  /// Its threads, not the main one, write to `log`: a file system that hangs stops no heartbeat.
  Worker(const Plan& plan, const RunFolder& folder, int rank, std::uint64_t seed,
         Attributes attributes, RankLog& log);
  ~Worker();

  /// `companion`: a unit to be computed together with this one (StageDefinition::run_pair).
  void assign(std::size_t unit, std::optional<std::size_t> companion = std::nullopt);
  std::optional<WorkerEvent> event();  ///< without waiting
  void wait(double seconds);           ///< until there is an event, or for so long
  /// Takes back what has not started: one unit if it is given, else all.
  std::vector<std::size_t> take_back(std::optional<std::size_t> unit = std::nullopt);
  AtWork at_work() const;  ///< of the thread that has been at its unit longer
  void stop() { stopping_ = true; }
  bool busy() const;  ///< something assigned is not yet reported
  std::int64_t items_finished() const { return items_; }

 private:
  struct Task {
    std::size_t unit = 0;
    std::optional<std::size_t> companion;
    std::shared_ptr<void> prepared;
    std::optional<Record> record;
    double began = 0;  ///< to be computed
    double part = 1;   ///< of the seconds that are this unit's
  };
  /// Says that a thread is at a unit, for as long as it lives.
  class At {
   public:
    At(Worker& worker, AtWork& place, const Task& task);
    At(const At&) = delete;
    At& operator=(const At&) = delete;
    ~At();

   private:
    Worker& worker_;
    AtWork& place_;
  };
  void io_loop();
  void compute_loop();
  void prepare(Task task);
  void compute(Task task);
  void compute_alone(Task task);
  bool compute_pair(Task& task);
  void to_commit(Task task, Record record);
  void commit(Task task);
  UnitInput input_of(std::size_t unit);
  void each_upstream(const Unit& unit, const std::string& stage, std::size_t cell,
                     const std::function<void(Record)>& each) const;
  void report(WorkerEvent event);
  template <class Work>
  void guarded(std::size_t unit, Work work);

  const Plan& plan_;
  const RunFolder& folder_;
  int rank_;
  std::uint64_t seed_;
  Attributes attributes_;
  RankLog& log_;
  mutable std::mutex mutex_;
  std::condition_variable changed_, reported_;
  AtWork io_at_, compute_at_;  ///< seconds: on the steady clock, when it began
  std::deque<Task> to_prepare_, to_compute_, to_commit_;
  std::deque<WorkerEvent> events_;
  int open_ = 0;  ///< assigned and not yet reported
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> items_{0};
  bool ending_ = false;
  std::thread io_, compute_;
};

}  // namespace vrp
