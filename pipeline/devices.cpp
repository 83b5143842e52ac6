#include "pipeline/devices.hpp"

#ifdef VRP_CUDA
#include <cuda_runtime_api.h>
#endif

namespace vrp {

int cuda_devices() {
#ifdef VRP_CUDA
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
#else
  return 0;
#endif
}

}  // namespace vrp
