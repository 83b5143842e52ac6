#pragma once
// What the communicator needs of NCCL and of a CUDA stream, behind an interface: the library is
// opened when it is asked for, so that a program starts on nodes without it, and tests put a fake
// here.
#include <cstddef>
#include <memory>
#include <string>

namespace vrp {

enum class StreamState { done, busy, failed };

/// Functions return NCCL's codes (ncclResult_t). Communicators and streams are NCCL's and CUDA's
/// handles.
class NcclLibrary {
 public:
  static constexpr int kSuccess = 0, kInProgress = 7;

  virtual ~NcclLibrary() = default;
  virtual std::string version() const = 0;  ///< "2.28.9"

  /// A job's key, made by one rank: 128 bytes.
  virtual int unique_id(std::string& id) = 0;
  /// Begins to connect without waiting (blocking = 0), on the calling thread's GPU. `communicator`
  /// may stay null when it fails at once.
  virtual int init(void*& communicator, int size, const std::string& id, int rank) = 0;
  /// How the last call on a communicator is doing: kSuccess, kInProgress, or what went wrong.
  virtual int state(void* communicator, int& now) = 0;
  virtual int broadcast(void* communicator, void* data, std::size_t bytes, int root,
                        void* stream) = 0;
  virtual int finalize(void* communicator) = 0;
  virtual int destroy(void* communicator) = 0;
  virtual int abort(void* communicator) = 0;
  /// NCCL's words for a code, with what it knows of the last error (communicator may be null).
  virtual std::string text(int code, void* communicator) = 0;
  /// Whether all that was put on a stream is done; `problem` = CUDA's text when it failed.
  virtual StreamState stream(void* stream, std::string& problem) = 0;
};

/// libnccl.so.2, the one that libtorch uses. Null when it cannot be used; `problem` then says why:
/// a build without CUDA, the loader's text, a version before 2.14, a function that is not there.
std::shared_ptr<NcclLibrary> load_nccl(std::string& problem);

}  // namespace vrp
