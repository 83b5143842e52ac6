#pragma once
// Stands in for CUDA's header of this name when a .cu file is compiled as C++ for the emulator: as
// much of the language and the runtime as the project's kernels use, and no more, so that anything
// else fails to compile instead of meaning something else here. Float atomics are left out on
// purpose: their order, and so their result, changes from run to run.
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "tests/cuda_emulation/include/emulated_device.h"
#include "tests/cuda_emulation/include/emulated_runtime.h"
