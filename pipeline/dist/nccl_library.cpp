#include "pipeline/dist/nccl_library.hpp"

#ifdef VRP_CUDA
#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <nccl.h>

#include <cstring>

#include "pipeline/base/error.hpp"
#endif

namespace vrp {

#ifdef VRP_CUDA
namespace {

constexpr int kOldest = 21400;  // 2.14: communicators that do not block

/// The functions by name; `problem` names the first that is missing.
struct Entries {
  decltype(&ncclGetVersion) get_version = nullptr;
  decltype(&ncclGetUniqueId) get_unique_id = nullptr;
  decltype(&ncclCommInitRankConfig) init = nullptr;
  decltype(&ncclCommGetAsyncError) async_error = nullptr;
  decltype(&ncclBroadcast) broadcast = nullptr;
  decltype(&ncclCommFinalize) finalize = nullptr;
  decltype(&ncclCommDestroy) destroy = nullptr;
  decltype(&ncclCommAbort) abort = nullptr;
  decltype(&ncclGetErrorString) error_string = nullptr;
  decltype(&ncclGetLastError) last_error = nullptr;

  bool find(void* library, std::string& problem) {
    const auto take = [&](auto& entry, const char* name) {
      entry = reinterpret_cast<std::remove_reference_t<decltype(entry)>>(dlsym(library, name));
      if (entry == nullptr && problem.empty()) problem = concat("libnccl.so.2 has no ", name);
    };
    take(get_version, "ncclGetVersion");
    take(get_unique_id, "ncclGetUniqueId");
    take(init, "ncclCommInitRankConfig");
    take(async_error, "ncclCommGetAsyncError");
    take(broadcast, "ncclBroadcast");
    take(finalize, "ncclCommFinalize");
    take(destroy, "ncclCommDestroy");
    take(abort, "ncclCommAbort");
    take(error_string, "ncclGetErrorString");
    take(last_error, "ncclGetLastError");
    return problem.empty();
  }
};

class RealNccl : public NcclLibrary {
 public:
  RealNccl(const Entries& entries, int version) : call_(entries), version_(version) {}

  std::string version() const override {
    return concat(version_ / 10000, ".", version_ / 100 % 100, ".", version_ % 100);
  }
  int unique_id(std::string& id) override {
    ncclUniqueId key{};
    const ncclResult_t code = call_.get_unique_id(&key);
    id.assign(key.internal, sizeof key.internal);
    return code;
  }
  int init(void*& communicator, int size, const std::string& id, int rank) override {
    ncclUniqueId key{};
    if (id.size() != sizeof key.internal) return ncclInvalidArgument;
    std::memcpy(key.internal, id.data(), id.size());
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;
    ncclComm_t made = nullptr;
    const ncclResult_t code = call_.init(&made, size, key, rank, &config);
    communicator = made;
    return code;
  }
  int state(void* communicator, int& now) override {
    ncclResult_t state = ncclSuccess;
    const ncclResult_t code = call_.async_error(comm(communicator), &state);
    now = state;
    return code;
  }
  int broadcast(void* communicator, void* data, std::size_t bytes, int root,
                void* stream) override {
    return call_.broadcast(data, data, bytes, ncclUint8, root, comm(communicator),
                           static_cast<cudaStream_t>(stream));
  }
  int finalize(void* communicator) override { return call_.finalize(comm(communicator)); }
  int destroy(void* communicator) override { return call_.destroy(comm(communicator)); }
  int abort(void* communicator) override { return call_.abort(comm(communicator)); }
  std::string text(int code, void* communicator) override {
    std::string out = call_.error_string(static_cast<ncclResult_t>(code));
    const char* last = call_.last_error(comm(communicator));
    if (last != nullptr && *last != '\0') out += concat(" (", last, ")");
    return out;
  }
  StreamState stream(void* stream, std::string& problem) override {
    const cudaError_t code = cudaStreamQuery(static_cast<cudaStream_t>(stream));
    if (code == cudaSuccess) return StreamState::done;
    if (code == cudaErrorNotReady) {
      cudaGetLastError();  // no error of anybody's
      return StreamState::busy;
    }
    problem = concat("CUDA: ", cudaGetErrorString(code));
    return StreamState::failed;
  }

 private:
  static ncclComm_t comm(void* communicator) { return static_cast<ncclComm_t>(communicator); }
  Entries call_;
  int version_;
};

}  // namespace

std::shared_ptr<NcclLibrary> load_nccl(std::string& problem) {
  problem.clear();
  // Never closed: libtorch has it open, too, and NCCL keeps threads.
  void* library = dlopen("libnccl.so.2", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* text = dlerror();
    problem = text != nullptr ? text : "libnccl.so.2 cannot be opened";
    return nullptr;
  }
  Entries entries;
  if (!entries.find(library, problem)) return nullptr;
  int version = 0;
  if (entries.get_version(&version) != ncclSuccess || version < kOldest) {
    problem = concat("libnccl.so.2 is version ", version, ", expected ", kOldest, " or newer");
    return nullptr;
  }
  return std::make_shared<RealNccl>(entries, version);
}

#else

std::shared_ptr<NcclLibrary> load_nccl(std::string& problem) {
  problem = "this build is without CUDA";
  return nullptr;
}

#endif

}  // namespace vrp
