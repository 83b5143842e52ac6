#include "kernels/norm_rows.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

namespace vrp {
namespace {

template <class T, class W>
void check(const char* kernel, const NormRows<T, W>& what) {
  if (what.rows < 0) reject(kernel, "number of rows", static_cast<double>(what.rows), ">= 0");
  if (what.cols < 1) reject(kernel, "length of a row", static_cast<double>(what.cols), ">= 1");
  if (!(what.eps >= 0) || !std::isfinite(what.eps)) reject(kernel, "epsilon", what.eps, ">= 0");
  if (what.rows > 0 && !(what.x && what.out && what.weight))
    reject(kernel, "an array", 0, "memory");
}

#ifndef VRP_CUDA
[[noreturn]] void no_cuda(const char* kernel) {
  throw std::invalid_argument(std::string(kernel) + ": device is cuda, but this build has no CUDA");
}
#endif

}  // namespace

template <class T, class W>
void rms_norm(Device device, const NormRows<T, W>& what) {
  check("rms_norm", what);
  if (what.bias) reject("rms_norm", "bias", 1, "none");
  if (device == Device::cpu) return rms_norm_cpu(what);
#ifdef VRP_CUDA
  rms_norm_cuda(what);
#else
  no_cuda("rms_norm");
#endif
}

template <class T>
void layer_norm(Device device, const NormRows<T>& what) {
  check("layer_norm", what);
  if (what.weight_plus_one) reject("layer_norm", "weight_plus_one", 1, "false");
  if (device == Device::cpu) return layer_norm_cpu(what);
#ifdef VRP_CUDA
  layer_norm_cuda(what);
#else
  no_cuda("layer_norm");
#endif
}

template void rms_norm(Device, const NormRows<float>&);
template void rms_norm(Device, const NormRows<HalfFloat>&);
template void rms_norm(Device, const NormRows<BrainFloat>&);
template void rms_norm(Device, const NormRows<HalfFloat, float>&);
template void rms_norm(Device, const NormRows<BrainFloat, float>&);
template void layer_norm(Device, const NormRows<float>&);
template void layer_norm(Device, const NormRows<HalfFloat>&);
template void layer_norm(Device, const NormRows<BrainFloat>&);

}  // namespace vrp
