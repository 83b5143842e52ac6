#include "kernels/gated_rows.hpp"

#include <stdexcept>

namespace vrp {

template <class T>
void gated_rows(Device device, const GatedRows<T>& what) {
  const auto require = [](bool right, const char* name, std::int64_t found, const char* expected) {
    if (!right) reject("gated_rows", name, static_cast<double>(found), expected);
  };
  require(what.rows >= 0, "number of rows", what.rows, ">= 0");
  require(what.width >= 1, "width of a row", what.width, ">= 1");
  require(what.gate == Gate::silu || what.gate == Gate::gelu_tanh, "gate",
          static_cast<std::int64_t>(what.gate), "silu or gelu_tanh");
  if (what.rows == 0) return;
  require(what.x && what.out, "an array", 0, "memory");
  if (device == Device::cpu) return gated_rows_cpu(what);
#ifdef VRP_CUDA
  gated_rows_cuda(what);
#else
  throw std::invalid_argument("gated_rows: device is cuda, but this build has no CUDA");
#endif
}

template void gated_rows(Device, const GatedRows<float>&);
template void gated_rows(Device, const GatedRows<HalfFloat>&);
template void gated_rows(Device, const GatedRows<BrainFloat>&);

}  // namespace vrp
