#pragma once
// The GPUs of this process, through CUDA's runtime.
#include <string>
#include <vector>

#include "pipeline/dist/gpu_binding.hpp"

namespace vrp {

/// GPUs visible to this process, in CUDA's order; makes no context on any. When there are none,
/// `problem` says why: a CPU build, or CUDA's own words.
std::vector<Gpu> list_gpus(std::string& problem);

/// Makes GPU `number` the calling thread's: what this thread then asks of CUDA without naming a
/// device happens there, and no other GPU gets a context. Nothing for -1, the CPU. Error
/// (bad_input) with CUDA's text when it cannot be used.
void use_gpu(int number);

}  // namespace vrp
