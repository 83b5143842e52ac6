#include "pipeline/model/step_graph.hpp"

#include "pipeline/base/error.hpp"
#ifdef VRP_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace vrp {
namespace {

class Called : public StepGraph {
 public:
  explicit Called(std::function<void()> step) : step_(std::move(step)) {}
  void replay() override { step_(); }

 private:
  std::function<void()> step_;
};

#ifdef VRP_CUDA
/// The newest recording of the thread. A pool of memory lives as long as a recording in it: the
/// next one begins with the blocks that this one left, rather than with memory new to the process.
std::shared_ptr<at::cuda::CUDAGraph>& newest() {
  static thread_local std::shared_ptr<at::cuda::CUDAGraph> graph;
  return graph;
}

class Recorded : public StepGraph {
 public:
  Recorded(at::Device device, const std::function<void()>& step) {
    // The default stream cannot be recorded; nothing runs on this one.
    const c10::cuda::CUDAStream side = c10::cuda::getStreamFromPool(false, device.index());
    c10::cuda::getCurrentCUDAStream(device.index()).synchronize();
    const c10::cuda::CUDAStreamGuard guard(side);
    const c10::MempoolId_t pool = newest() ? newest()->pool() : c10::MempoolId_t{0, 0};
    // What other threads ask of CUDA meanwhile is no part of it.
    graph_->capture_begin(pool, cudaStreamCaptureModeThreadLocal);
    try {
      step();
    } catch (...) {
      end_quietly();
      throw;
    }
    graph_->capture_end();
    newest() = graph_;
  }
  void replay() override { graph_->replay(); }

 private:
  /// The stream must not stay in recording; the step's own error is the one to tell.
  void end_quietly() {
    try {
      graph_->capture_end();
    } catch (const c10::Error&) {
    }
  }

  std::shared_ptr<at::cuda::CUDAGraph> graph_ = std::make_shared<at::cuda::CUDAGraph>();
};
#endif

}  // namespace

std::unique_ptr<StepGraph> record_step(at::Device device, std::function<void()> step) {
  if (device.is_cpu()) return std::make_unique<Called>(std::move(step));
#ifdef VRP_CUDA
  return std::make_unique<Recorded>(device, step);
#else
  throw Error(ExitCode::internal,
              concat("no steps are recorded on ", device.str(), " by this build"));
#endif
}

void forget_recordings() {
#ifdef VRP_CUDA
  newest().reset();
#endif
}

}  // namespace vrp
