#pragma once
// The file calls of a rank's main thread (journal, events, log, damaged files), in order, in a
// thread of their own: a file system on which a call takes seconds, or hangs, holds up neither the
// hand-out nor a heartbeat.
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>

namespace vrp {

class LedgerWriter {
 public:
  using Work = std::function<void()>;
  struct Steps {
    /// Ahead of each piece of work and of each flush; throws when nothing may be written any more.
    Work before;
    /// Writes what the work has collected, some time after it: once for many pieces on a slow file
    /// system. False when something is left, which is tried again in a second.
    std::function<bool()> flush;
  };
  struct Rest {
    std::size_t dropped = 0;  ///< pieces of work that were not begun
    bool stuck = false;  ///< a call has not come back: its thread is left to itself, and what the
                         ///< work refers to must outlive it (leave by _exit)
    bool none() const { return dropped == 0 && !stuck; }
  };

  explicit LedgerWriter(Steps steps);
  LedgerWriter(const LedgerWriter&) = delete;
  LedgerWriter& operator=(const LedgerWriter&) = delete;
  /// Without finish() before: drops what has not begun and waits for the call that has.
  ~LedgerWriter();

  // All by one thread. The writer's own begins with the first piece of work.
  void post(Work work);
  /// Throws what the work threw, if it did: nothing was done after it.
  void raise() const;
  /// Does all that was posted and flushes it; gives up after `seconds`, when the file system has
  /// not taken it by then. Nothing can be posted any more.
  Rest finish(double seconds);

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace vrp
