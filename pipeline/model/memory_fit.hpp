#pragma once
// Whether a model fits where it is to run: said before hours are spent, and before Linux kills a
// rank.
#include <string>

#include "pipeline/base/host_memory.hpp"
#include "pipeline/model/memory.hpp"

namespace vrp {

struct MemoryPlace {
  std::string host;
  int ranks = 1;          ///< of the job on it
  int weight_copies = 1;  ///< on the CPU: 1 = the ranks share one
  HostMemory memory;
  std::int64_t gpu_bytes = 0;  ///< of each GPU; 0 = the CPU
  std::string gpu;             ///< its name
  int ranks_per_gpu = 1;
};

struct MemoryFit {
  std::string refusal;  ///< the weights alone are more than there is
  std::string warning;  ///< the whole, an upper estimate, is more than is free
};

/// The weights are all in use; the rest is an upper estimate that the out-of-memory ladder may
/// lower on a GPU. What is not known (0) is taken to be enough.
MemoryFit memory_fit(const std::string& model, const MemoryNeed& need, const MemoryPlace& place);

}  // namespace vrp
