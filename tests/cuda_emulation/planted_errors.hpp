#pragma once
// Kernels from 96 integers (a block) to as many.
#include <vector>

namespace vrp::planted {

struct Kernel {
  const char* name;
  void (*function)(const int* in, int* out);
};
const std::vector<Kernel>& kernels();

/// Device memory; throws std::runtime_error with the kernel's name.
void run(const char* name, const int* in, int* out, unsigned blocks = 1, unsigned threads = 96);

}  // namespace vrp::planted
