#pragma once
// Private to pipeline/model: a step that is recorded once and repeated, as a CUDA graph, so that
// starting its thousand kernels costs the host nothing.
#include <ATen/ATen.h>

#include <functional>
#include <memory>

namespace vrp {

class StepGraph {
 public:
  virtual ~StepGraph() = default;
  /// Runs the step on the current stream; its results lie where they lay at the recording.
  virtual void replay() = 0;
};

/// Records `step` without running it. It has run before, does nothing on the host that matters, and
/// what it reads and leaves stays where it is. On the CPU a replay calls it. Throws c10::Error with
/// CUDA's text.
std::unique_ptr<StepGraph> record_step(at::Device device, std::function<void()> step);

/// Gives back the memory that is kept for this thread's next recording.
void forget_recordings();

}  // namespace vrp
