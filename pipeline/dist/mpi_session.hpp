#pragma once
// MPI of one process: initialised once, used by the main thread only (MPI_THREAD_FUNNELED).
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/dist/exit_watch.hpp"
#include "pipeline/dist/transport.hpp"

namespace vrp {

/// Where a rank runs: its host, and its number among the ranks of the job on that host.
struct NodePlace {
  std::string host;
  int local_rank = 0, local_size = 1;
  int first_rank = 0;  ///< the rank whose local_rank is 0
};

class MpiSession {
 public:
  MpiSession(int& argc, char**& argv);
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;
  ~MpiSession();

  int rank() const { return rank_; }
  int size() const { return size_; }
  Transport& transport();  ///< over a communicator of its own
  const NodePlace& place() const { return place_; }
  /// Host of every rank, in the order of ranks; empty on all ranks but 0.
  const std::vector<std::string>& hosts() const { return hosts_; }

  /// Runs `setup` on every rank. When it throws on any rank, the lowest such rank prints its
  /// message once and all ranks return its exit code; 0 when all succeeded. Collective.
  int agree(const std::function<void()>& setup);

  /// The text of rank 0 on every rank. Collective.
  std::string broadcast(std::string text);

  /// Every rank's text on every rank, in the order of ranks. Collective.
  std::vector<std::string> gather_all(const std::string& text);

  /// From here on this process only ends. When it is still there in `seconds` (0 = as said before,
  /// else two minutes), since another rank died or hangs where all wait for each other, it says
  /// that it waits for `awaited` and leaves with `code` by _exit. The end of the session and
  /// leave() begin the time anew. Called again, it replaces what was said before.
  void ends(int code, double seconds = 0, const std::string& awaited = "the end of the program");

  /// Finalizes MPI and ends this process without running destructors (threads are still busy).
  [[noreturn]] void leave(int code);

  /// Prints "rank R: message" and ends all ranks with `code`.
  [[noreturn]] void abort(int code, const std::string& message);

 private:
  class MpiTransport;
  void find_place();
  int rank_ = 0, size_ = 1;
  NodePlace place_;
  std::vector<std::string> hosts_;
  std::unique_ptr<ExitWatch> exit_watch_;
  std::unique_ptr<MpiTransport> transport_;
};

}  // namespace vrp
