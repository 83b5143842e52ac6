#pragma once
// Private to pipeline/dist: the two ends of the chain of hosts, each a thread of its own. Neither
// speaks MPI; the main thread takes from the one and gives to the other, and waits for neither.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "pipeline/dist/weight_exchange.hpp"
#include "pipeline/dist/weight_frame.hpp"

namespace vrp {

constexpr std::size_t kFramesAhead = 4;  ///< frames that wait at either end, and on the wire

/// Rank 0: reads one model, ahead of what is taken.
class WeightReader {
 public:
  WeightReader(WeightEnds& ends, int model, std::uint64_t sequence);
  ~WeightReader();  ///< stops behind the chunk that is being read
  /// The next frame, if there is one: begin (payload: the layout), chunks, then end or failed.
  std::optional<FramePtr> take();
  bool finished() const { return finished_; }  ///< the last frame was taken
  int model() const { return model_; }
  std::uint64_t sequence() const { return sequence_; }

 private:
  void read();
  bool put(FramePtr frame);

  WeightEnds& ends_;
  int model_;
  std::uint64_t sequence_;
  bool finished_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<FramePtr> frames_;
  bool stopping_ = false;
  std::thread thread_;
};

/// What became of a load on one host.
struct PackerResult {
  enum class Kind { here, not_here, not_wanted, failed, cancelled } kind = Kind::cancelled;
  int model = -1;
  int code = 0;        ///< of failed
  std::string text;    ///< of failed
  std::string remark;  ///< for the log; may be empty
};

/// A leader: checks chunks and puts them into the host's copy.
class WeightPacker {
 public:
  explicit WeightPacker(WeightEnds& ends);
  ~WeightPacker();
  std::size_t waiting() const;  ///< frames given and not yet dealt with
  void give(FramePtr frame, bool needed);
  std::optional<PackerResult> result();  ///< one for each load that began
  void discard();                        ///< from now on nothing is packed: the job ends

 private:
  struct Job {
    FramePtr frame;
    bool needed = false;
  };
  void pack();
  void deal_with(const Job& job);
  void begin(int model, bool needed, const std::string& layout);
  void finish();
  void chunk(Frame& frame, const FrameHead& head);
  void report(PackerResult::Kind kind, int code = 0, const std::string& text = "");

  WeightEnds& ends_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::deque<PackerResult> results_;
  bool ending_ = false, discarding_ = false;

  // The thread's own.
  int model_ = -1;
  std::unique_ptr<WeightSink> sink_;
  PackerResult::Kind outcome_ = PackerResult::Kind::not_here;
  std::string remark_;
  std::thread thread_;
};

}  // namespace vrp
