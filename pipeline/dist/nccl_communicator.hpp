#pragma once
// NCCL between the GPUs of a job, for weights. Nothing here waits without end: every call returns
// at once, and is then asked for until it is done, has failed, or has taken too long; in the latter
// two cases the communicator is aborted, which also ends what other GPUs wait for, and an Error
// says which rank on which host saw what. Work goes on without it: over MPI and host memory.
//
//   std::string why;
//   auto nccl = connect_nccl(mpi, load_nccl(why), why, {});     // collective, main thread, GPU
//   chosen if (nccl) { nccl->broadcast(device_data, bytes, 0, stream); ...; nccl->wait(stream); }
//
// NCCL uses SIGUSR1; the stop signals are SIGUSR2, SIGTERM and SIGINT (signals.hpp).
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "pipeline/dist/mpi_session.hpp"
#include "pipeline/dist/nccl_library.hpp"

namespace vrp {

struct NcclParams {
  double connect_seconds = 120;  ///< that connecting may take
  double seconds =
      600;  ///< that one wait may take: a root that reads from a slow disk is waited for
  /// Clock and pause between two questions; empty = the machine's. Tests give their own.
  std::function<double()> now;
  std::function<void()> pause;
};

/// One rank's end. Not thread-safe: one thread at a time, with its GPU chosen.
class NcclCommunicator {
 public:
  /// Connects `size` ranks that have the same `id`. Error (internal) as above.
  NcclCommunicator(std::shared_ptr<NcclLibrary> library, const std::string& id, int rank, int size,
                   std::string host, NcclParams params);
  NcclCommunicator(const NcclCommunicator&) = delete;
  NcclCommunicator& operator=(const NcclCommunicator&) = delete;
  /// Destroys what is connected, aborts what is not done in time; silent. Before MPI_Finalize.
  ~NcclCommunicator();

  /// Puts a broadcast of `bytes` at `data`, memory of this rank's GPU, on `stream` (a cudaStream_t;
  /// null = the default stream). Every rank calls it with the same bytes and root, in one order.
  void broadcast(void* data, std::size_t bytes, int root, void* stream);
  /// Until the stream has done all that was put on it.
  void wait(void* stream);

  /// Aborts at once instead of taking leave of the others: one of them is gone. Silent.
  void abandon();

  bool usable() const { return handle_ != nullptr; }  ///< false once something failed
  int rank() const { return rank_; }
  int size() const { return size_; }
  std::string version() const { return library_->version(); }

 private:
  void until_ready(const std::string& what, double seconds);
  void check(int code, const std::string& what);
  [[noreturn]] void fail_with(const std::string& what, const std::string& problem);
  double now() const;
  void pause() const;

  std::shared_ptr<NcclLibrary> library_;
  NcclParams params_;
  int rank_, size_;
  std::string host_;
  void* handle_ = nullptr;
};

/// Collective, on the main thread of every rank, after its GPU was made the thread's own: all ranks
/// get a communicator or none does. `library` may be null, with the reason in `why`; other reasons
/// (one rank's library is missing, connecting fails or takes too long, versions differ) come back
/// in `why`, the same text on every rank, naming the lowest rank that has one.
std::unique_ptr<NcclCommunicator> connect_nccl(MpiSession& mpi,
                                               std::shared_ptr<NcclLibrary> library,
                                               std::string& why, const NcclParams& params);

}  // namespace vrp
