#include "kernels/spatial_entropy.hpp"

#include <stdexcept>

namespace vrp {

template <class T>
void spatial_entropy(Device device, const Maps<T>& maps, std::span<double> nats) {
  require_maps("spatial_entropy", maps);
  require_size("spatial_entropy", "length of the result", static_cast<std::int64_t>(nats.size()),
               maps.count);
  if (device == Device::cpu) return spatial_entropy_cpu(maps, nats.data());
#ifdef VRP_CUDA
  spatial_entropy_cuda(maps, nats.data());
#else
  throw std::invalid_argument("spatial_entropy: device is cuda, but this build has no CUDA");
#endif
}

template void spatial_entropy(Device, const Maps<float>&, std::span<double>);
template void spatial_entropy(Device, const Maps<double>&, std::span<double>);

}  // namespace vrp
