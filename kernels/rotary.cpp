#include "kernels/rotary.hpp"

#include <stdexcept>

namespace vrp {

template <class T>
void rotary(Device device, const RotaryRows<T>& what) {
  const auto require = [](bool right, const char* name, std::int64_t found, const char* expected) {
    if (!right) reject("rotary", name, static_cast<double>(found), expected);
  };
  require(what.rows >= 0, "number of rows", what.rows, ">= 0");
  require(what.heads >= 1, "number of heads", what.heads, ">= 1");
  require(what.width >= 2 && what.width % 2 == 0, "width of a head", what.width, "even and >= 2");
  require(what.stride >= what.heads * what.width, "distance of rows", what.stride,
          "at least all heads");
  if (what.rows == 0) return;
  require(what.x && what.cos && what.sin, "an array", 0, "memory");
  if (device == Device::cpu) return rotary_cpu(what);
#ifdef VRP_CUDA
  rotary_cuda(what);
#else
  throw std::invalid_argument("rotary: device is cuda, but this build has no CUDA");
#endif
}

/// The specification; contraction into fused multiply-adds is off in this build.
template <class T>
void rotary_cpu(const RotaryRows<T>& what) {
  const std::int64_t half = what.width / 2;
  for (std::int64_t r = 0; r < what.rows; ++r) {
    const float* cos = what.cos + (what.same_angles ? 0 : r * half);
    const float* sin = what.sin + (what.same_angles ? 0 : r * half);
    for (std::int64_t h = 0; h < what.heads; ++h) {
      T* head = what.x + r * what.stride + h * what.width;
      for (std::int64_t i = 0; i < half; ++i) {
        const float a = load(head[i]), b = load(head[i + half]);
        head[i] = store<T>(a * cos[i] - b * sin[i]);
        head[i + half] = store<T>(b * cos[i] + a * sin[i]);
      }
    }
  }
}

template void rotary(Device, const RotaryRows<float>&);
template void rotary(Device, const RotaryRows<HalfFloat>&);
template void rotary(Device, const RotaryRows<BrainFloat>&);
template void rotary_cpu(const RotaryRows<float>&);
template void rotary_cpu(const RotaryRows<HalfFloat>&);
template void rotary_cpu(const RotaryRows<BrainFloat>&);

}  // namespace vrp
