#pragma once
// Weights between the hosts of a job: rank 0 reads a checkpoint once, and the first rank of each
// host (its leader) passes the chunks on to the next, so that every link carries them once.
// Reading, network and packing overlap; no rank's main thread waits, and only making and closing
// are collective.
//
//   compute thread     main thread (service)                 threads of the exchange
//   want(m) ---------> tells its leader, that one rank 0
//                      rank 0: one model after another  <--  reads chunk after chunk
//                      leaders: frame in, frame on      -->  check it, pack it into the host's copy
//   <- here, not here  leaders answer all that asked    <--  complete, or why not
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "pipeline/base/error.hpp"

namespace vrp {

/// A model's bytes, chunk by chunk. Used by one thread.
class WeightSource {
 public:
  virtual ~WeightSource() = default;
  virtual std::size_t chunks() const = 0;
  virtual std::size_t chunk_bytes(std::size_t chunk) const = 0;
  /// Says what lies where in the chunks: equal texts, equal places.
  virtual std::string layout() const = 0;
  virtual void read(std::span<std::byte> into) = 0;  ///< the next one
};

/// Where a host keeps them. Used by one thread; destroyed without finish = given up.
class WeightSink {
 public:
  virtual ~WeightSink() = default;
  virtual void take(std::size_t chunk, std::span<const std::byte> bytes) = 0;
  virtual void finish() = 0;
};

/// What the exchange asks of those who know models. Called on its own threads.
class WeightEnds {
 public:
  enum class Keep {
    yes,         ///< in `sink`
    complete,    ///< it is there already
    not_here,    ///< there is no room, or another process fills it
    not_wanted,  ///< nobody needs it yet, and memory is short
  };
  struct Place {
    Keep keep = Keep::not_here;
    std::unique_ptr<WeightSink> sink;
    std::string remark;  ///< for the log; may be empty
  };
  virtual ~WeightEnds() = default;
  virtual std::unique_ptr<WeightSource> source(int model) = 0;  ///< on rank 0
  /// On leaders. `needed`: a rank of this host waits for it. `layout`: of rank 0's source. Error:
  /// the model as this host sees it is another; what is sent is then not kept.
  virtual Place place(int model, bool needed, const std::string& layout) = 0;
};

class WeightExchange {
 public:
  /// Collective. Ranks of one host (for tests: every `ranks_per_host` ranks, when not 0) are one
  /// node. `ends` must outlive it.
  explicit WeightExchange(WeightEnds& ends, int ranks_per_host = 0);
  /// Without close(), other ranks are left alone with what is on the wire: for a job that aborts.
  ~WeightExchange();
  WeightExchange(const WeightExchange&) = delete;
  WeightExchange& operator=(const WeightExchange&) = delete;

  int nodes() const;
  int node() const;     ///< this rank's, from 0
  bool leader() const;  ///< first rank of its node

  /// Any thread but the main one: waits until the host's copy of `model` may be there (true), or it
  /// is known that this process has to read for itself (false). Error: what the reader met, with
  /// its exit code; or that the job ends (resumable).
  bool want(int model);

  /// Main thread, often; true when something moved or is on the wire.
  bool service();
  std::vector<std::string> remarks();  ///< for the log, since the last call; main thread

  /// Any thread: the job is aborted; whoever waits in want, or will, gets the error that it ends.
  /// service does it by itself when it throws.
  void give_up();

  /// Collective, main thread, when no rank asks any more: ends what is under way, takes what is on
  /// the wire, and returns when every rank has come here.
  void close();

 private:
  class Desk;
  std::unique_ptr<Desk> desk_;

  std::mutex mutex_;
  std::condition_variable changed_;
  struct Answer {
    enum class Kind : std::int64_t { here, not_here, failed } kind = Kind::here;
    std::int64_t code = 0;
    std::string text;
  };
  std::deque<int> requests_;
  std::map<int, Answer> answers_;
  bool closed_ = false;
};

}  // namespace vrp
