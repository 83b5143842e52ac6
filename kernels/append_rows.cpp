#include "kernels/append_rows.hpp"

#include <stdexcept>

namespace vrp {
namespace {

void require(bool right, const char* what, std::int64_t found, const char* expected) {
  if (!right) reject("append_rows", what, static_cast<double>(found), expected);
}

void require_memory(const char* what, const void* pointer, std::size_t alignment) {
  require(pointer != nullptr, what, 0, "memory");
  const auto rest = reinterpret_cast<std::uintptr_t>(pointer) % alignment;
  require(rest == 0, what, static_cast<std::int64_t>(rest), "begin at a multiple of 4 numbers");
}

}  // namespace

template <class T>
void append_rows(Device device, const AppendRows<T>& what) {
  require(what.rows >= 0, "number of rows", what.rows, ">= 0");
  require(what.heads >= 1, "number of heads", what.heads, ">= 1");
  require(what.width >= 4 && what.width % 4 == 0, "width of a head", what.width,
          "a multiple of 4 from 4 on");
  require(what.stride >= what.heads * what.width && what.stride % 4 == 0, "distance of rows",
          what.stride, "at least all heads and a multiple of 4");
  require(what.capacity >= 1, "capacity of a slot", what.capacity, ">= 1");
  if (what.rows == 0) return;
  require_memory("the keys", what.key, 4 * sizeof(T));
  require_memory("the values", what.value, 4 * sizeof(T));
  require_memory("the keys' store", what.key_store, 4 * sizeof(T));
  require_memory("the values' store", what.value_store, 4 * sizeof(T));
  require(what.at != nullptr, "the entries", 0, "memory");
  if (device == Device::cpu) return append_rows_cpu(what);
#ifdef VRP_CUDA
  append_rows_cuda(what);
#else
  throw std::invalid_argument("append_rows: device is cuda, but this build has no CUDA");
#endif
}

template void append_rows(Device, const AppendRows<float>&);
template void append_rows(Device, const AppendRows<HalfFloat>&);
template void append_rows(Device, const AppendRows<BrainFloat>&);

}  // namespace vrp
