// The specification of the relevance mass: plain loops, fp64, cells in index order.
#include "kernels/relevance.hpp"

namespace vrp {

template <class T>
void relevance_mass_cpu(const Maps<T>& maps, const Maps<double>& coverage, double* mass) {
  for (std::int64_t i = 0; i < maps.count; ++i) {
    const T* row = maps.row(i);
    const double* share = coverage.row(coverage.count == 1 ? 0 : i);
    double inside = 0;
    for (std::int64_t s = 0; s < maps.cells; ++s) inside += static_cast<double>(row[s]) * share[s];
    mass[i] = inside / map_mass(row, maps.cells);
  }
}

template void relevance_mass_cpu(const Maps<float>&, const Maps<double>&, double*);
template void relevance_mass_cpu(const Maps<double>&, const Maps<double>&, double*);

}  // namespace vrp
