#include "pipeline/dist/exit_watch.hpp"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {
using Clock = std::chrono::steady_clock;
}

/// Held by the thread as well, which is still there when the process's statics are gone.
struct ExitWatch::State {
  std::string name;
  std::mutex mutex;
  std::condition_variable changed;
  bool begun = false;
  int code = 0;
  double seconds = 120;
  std::string awaited;
  Clock::time_point end;

  void start(const std::string& what);
  void run();
};

/// Under the lock.
void ExitWatch::State::start(const std::string& what) {
  awaited = what;
  end = Clock::now() +
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  changed.notify_all();
}

void ExitWatch::State::run() {
  std::unique_lock lock(mutex);
  while (Clock::now() < end) changed.wait_until(lock, end);
  const std::string line = concat("vrp-run: ", name, ": has waited ", seconds, " s for ", awaited,
                                  "; leaves with exit code ", code, ", all work is on disk\n");
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) {
    // Nobody hears it; the process ends all the same.
  }
  ::_exit(code);
}

ExitWatch::ExitWatch(std::string name) : state_(std::make_shared<State>()) {
  state_->name = std::move(name);
}

void ExitWatch::begin(int code, double seconds, const std::string& awaited) {
  const std::lock_guard lock(state_->mutex);
  state_->code = code;
  if (seconds > 0) state_->seconds = seconds;
  state_->start(awaited);
  if (std::exchange(state_->begun, true)) return;
  std::thread([state = state_] { state->run(); }).detach();
}

void ExitWatch::go_on(const std::string& awaited) {
  const std::lock_guard lock(state_->mutex);
  if (state_->begun) state_->start(awaited);
}

}  // namespace vrp
