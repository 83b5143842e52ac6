#pragma once
// A process that has nothing left to do but to end, and does not: another rank died or hangs where
// all wait for each other (MPI_Finalize), or a library's clean-up does.
#include <memory>
#include <string>

namespace vrp {

class ExitWatch {
 public:
  /// `name` of this process in its last words: "rank 2 on node17".
  explicit ExitWatch(std::string name);
  ExitWatch(const ExitWatch&) = delete;
  ExitWatch& operator=(const ExitWatch&) = delete;
  ~ExitWatch() = default;  ///< the watch goes on, to the end of the process

  /// When the process is still there in `seconds` (0 = as given before, else two minutes), it says
  /// that it has waited for `awaited` and leaves with `code` by _exit. Called again, time begins
  /// anew.
  void begin(int code, double seconds, const std::string& awaited);
  /// The same code and time, from now on, for something else; nothing when there was no begin().
  void go_on(const std::string& awaited);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace vrp
