// The specification: plain loops.
#include <algorithm>

#include "kernels/append_rows.hpp"

namespace vrp {

template <class T>
void append_rows_cpu(const AppendRows<T>& what) {
  for (std::int64_t r = 0; r < what.rows; ++r) {
    const std::int64_t entry = what.at[r] - what.first;
    if (entry < 0 || entry >= what.capacity) continue;
    const std::int64_t slot = what.slots ? what.slots[r] : r;
    for (std::int64_t h = 0; h < what.heads; ++h) {
      const std::int64_t from = r * what.stride + h * what.width;
      const std::int64_t to = ((slot * what.heads + h) * what.capacity + entry) * what.width;
      std::copy_n(what.key + from, what.width, what.key_store + to);
      std::copy_n(what.value + from, what.width, what.value_store + to);
    }
  }
}

template void append_rows_cpu(const AppendRows<float>&);
template void append_rows_cpu(const AppendRows<HalfFloat>&);
template void append_rows_cpu(const AppendRows<BrainFloat>&);

}  // namespace vrp
