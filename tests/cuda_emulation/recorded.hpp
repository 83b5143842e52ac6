#pragma once
// Device work that is recorded once and repeated: as a CUDA graph on a device; the emulator, which
// has none, makes the same calls again.
#include <cuda_runtime.h>

#include <functional>
#include <stdexcept>

namespace vrp {

class Recorded {
 public:
  using Work = std::function<void(cudaStream_t)>;

  /// Calls work(stream) to run it, then once more to record it. What it is given has to stay.
  explicit Recorded(Work work) : work_(std::move(work)) {
    check(cudaStreamCreate(&stream_));
    work_(stream_);
    check(cudaStreamSynchronize(stream_));
#ifndef VRP_CUDA_EMULATED
    cudaGraph_t graph = nullptr;
    check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal));
    work_(stream_);
    check(cudaStreamEndCapture(stream_, &graph));
    check(cudaGraphInstantiate(&graph_, graph, 0));
    check(cudaGraphDestroy(graph));
#endif
  }
  Recorded(const Recorded&) = delete;
  Recorded& operator=(const Recorded&) = delete;
  ~Recorded() {
#ifndef VRP_CUDA_EMULATED
    if (graph_) cudaGraphExecDestroy(graph_);
#endif
    cudaStreamDestroy(stream_);
  }

  /// Runs it and waits.
  void replay() {
#ifdef VRP_CUDA_EMULATED
    work_(stream_);
#else
    check(cudaGraphLaunch(graph_, stream_));
#endif
    check(cudaStreamSynchronize(stream_));
  }

 private:
  static void check(cudaError_t code) {
    if (code != cudaSuccess) throw std::runtime_error(cudaGetErrorString(code));
  }
  Work work_;
  cudaStream_t stream_ = nullptr;
#ifndef VRP_CUDA_EMULATED
  cudaGraphExec_t graph_ = nullptr;
#endif
};

}  // namespace vrp
