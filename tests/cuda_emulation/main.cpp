// Main of the tests of CUDA twins. Without a device it says so and exits with 77, which ctest shows
// as skipped; the emulator always has one.
#define CATCH_CONFIG_RUNNER
#include <cuda_runtime.h>

#include <catch2/catch.hpp>
#include <cstdio>

int main(int argc, char** argv) {
  int devices = 0;
  const cudaError_t code = cudaGetDeviceCount(&devices);
  if (code != cudaSuccess || devices == 0) {
    std::printf("skipped: no CUDA device was found (%s)\n",
                code == cudaSuccess ? "0 devices" : cudaGetErrorString(code));
    return 77;
  }
  return Catch::Session().run(argc, argv);
}
