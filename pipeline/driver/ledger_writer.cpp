#include "pipeline/driver/ledger_writer.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <utility>

#include "pipeline/driver/events.hpp"

namespace vrp {
namespace {

constexpr double kFlushEvery = 5;             // seconds, while there is always more to do
constexpr std::chrono::seconds kTryAgain(1);  // a flush that failed

}  // namespace

/// Shared with the thread, which outlives the writer when a call never comes back.
struct LedgerWriter::State {
  Steps steps;
  mutable std::mutex mutex;
  std::condition_variable changed, over;
  std::deque<Work> queue;
  bool ending = false;  ///< no more work comes
  bool ended = false;   ///< the thread does nothing more
  bool left = false;    ///< to itself, in a call: what it works on may be gone when that returns
  std::exception_ptr error;

  void run();
  bool some_work(std::unique_lock<std::mutex>& lock);
  bool flush(std::unique_lock<std::mutex>& lock);
  template <class Call>
  bool guarded(std::unique_lock<std::mutex>& lock, Call call);
};

/// call() without the lock, behind `before`; false when one of them threw.
template <class Call>
bool LedgerWriter::State::guarded(std::unique_lock<std::mutex>& lock, Call call) {
  if (left) return false;
  std::exception_ptr thrown;
  lock.unlock();
  try {
    if (steps.before) steps.before();
    call();
  } catch (...) {
    thrown = std::current_exception();
  }
  lock.lock();
  if (thrown) error = thrown;
  return !thrown;
}

/// Works until there is nothing left or it is time for a flush; false after an error.
bool LedgerWriter::State::some_work(std::unique_lock<std::mutex>& lock) {
  const double began = steady_seconds();
  while (!queue.empty()) {
    const Work work = std::move(queue.front());
    queue.pop_front();
    if (!guarded(lock, work)) return false;
    if (steady_seconds() - began > kFlushEvery) break;
  }
  return true;
}

/// False when something is left to be written.
bool LedgerWriter::State::flush(std::unique_lock<std::mutex>& lock) {
  bool all = true;
  const bool good = guarded(lock, [&] { all = !steps.flush || steps.flush(); });
  return good && all;
}

void LedgerWriter::State::run() {
  std::unique_lock lock(mutex);
  const auto due = [&] { return ending || !queue.empty(); };
  bool flushed = true;
  while (!error && !left) {
    if (flushed) {
      changed.wait(lock, due);
    } else {
      changed.wait_for(lock, kTryAgain, due);
    }
    if (!some_work(lock)) break;
    flushed = flush(lock);
    if (ending && queue.empty()) break;
  }
  queue.clear();
  ended = true;
  over.notify_all();
}

LedgerWriter::LedgerWriter(Steps steps) : state_(std::make_shared<State>()) {
  state_->steps = std::move(steps);
}

LedgerWriter::~LedgerWriter() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(state_->mutex);
    state_->queue.clear();
    state_->ending = true;
  }
  state_->changed.notify_all();
  thread_.join();
}

void LedgerWriter::post(Work work) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->ending || state_->ended) return;  // after an error, which raise() tells
    state_->queue.push_back(std::move(work));
  }
  state_->changed.notify_all();
  if (!thread_.joinable()) thread_ = std::thread([state = state_] { state->run(); });
}

void LedgerWriter::raise() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->error) std::rethrow_exception(state_->error);
}

LedgerWriter::Rest LedgerWriter::finish(double seconds) {
  Rest rest;
  if (!thread_.joinable()) return rest;
  {
    std::unique_lock lock(state_->mutex);
    state_->ending = true;
    state_->changed.notify_all();
    const auto ended = [&] { return state_->ended; };
    // Half of the time for all the work, then half for the call that is being made.
    const std::chrono::duration<double> half(seconds / 2);
    if (!state_->over.wait_for(lock, half, ended)) {
      rest.dropped = state_->queue.size();
      state_->queue.clear();
      rest.stuck = !state_->over.wait_for(lock, half, ended);
      state_->left = rest.stuck;
    }
  }
  rest.stuck ? thread_.detach() : thread_.join();
  return rest;
}

}  // namespace vrp
