// The specification: plain loops, fp64, cells in index order.
#include <cmath>
#include <limits>

#include "kernels/spatial_entropy.hpp"

namespace vrp {

template <class T>
void spatial_entropy_cpu(const Maps<T>& maps, double* nats) {
  for (std::int64_t i = 0; i < maps.count; ++i) {
    const T* row = maps.row(i);
    const double mass = map_mass(row, maps.cells);
    double sum = 0;
    for (std::int64_t s = 0; s < maps.cells; ++s) {
      const double p = static_cast<double>(row[s]) / mass;
      sum += p * std::log(p + kLogFloor);
    }
    nats[i] = std::isnan(mass) ? std::numeric_limits<double>::quiet_NaN() : -sum;
  }
}

template void spatial_entropy_cpu(const Maps<float>&, double*);
template void spatial_entropy_cpu(const Maps<double>&, double*);

double normalised_entropy(double nats, std::int64_t cells) {
  if (cells < 2) return std::numeric_limits<double>::quiet_NaN();
  return nats / std::log(static_cast<double>(cells));
}

}  // namespace vrp
