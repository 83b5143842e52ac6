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
class Recorded : public StepGraph {
 public:
  Recorded(at::Device device, const std::function<void()>& step) {
    // The default stream cannot be recorded; nothing runs on this one.
    const c10::cuda::CUDAStream side = c10::cuda::getStreamFromPool(false, device.index());
    c10::cuda::getCurrentCUDAStream(device.index()).synchronize();
    const c10::cuda::CUDAStreamGuard guard(side);
    graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
      step();
    } catch (...) {
      end_quietly();
      throw;
    }
    graph_.capture_end();
  }
  void replay() override { graph_.replay(); }

 private:
  /// The stream must not stay in recording; the step's own error is the one to tell.
  void end_quietly() {
    try {
      graph_.capture_end();
    } catch (const c10::Error&) {
    }
  }

  at::cuda::CUDAGraph graph_;
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

}  // namespace vrp
