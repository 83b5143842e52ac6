#pragma once
// Where the __shared__ variables of the program lie. They are static variables with an ABI tag (see
// include/cuda_runtime.h), so that the program's own symbol table tells them from all others.
#include <cstddef>
#include <vector>

namespace vrp::emulation {

struct SharedVariable {
  void* address = nullptr;
  std::size_t bytes = 0;
};

/// Read once from /proc/self/exe. Throws std::runtime_error when the program has no symbol table.
const std::vector<SharedVariable>& shared_variables();

}  // namespace vrp::emulation
