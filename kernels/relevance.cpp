#include "kernels/relevance.hpp"

#include <stdexcept>

namespace vrp {
namespace {

void check_coverage(const char* kernel, std::int64_t maps, std::int64_t cells,
                    const Maps<double>& coverage) {
  require_maps(kernel, coverage);
  if (coverage.count != 1) require_size(kernel, "number of regions", coverage.count, maps);
  require_size(kernel, "cells of a region", coverage.cells, cells);
}

}  // namespace

template <class T>
void relevance_mass(Device device, const Maps<T>& maps, const Maps<double>& coverage,
                    std::span<double> mass) {
  require_maps("relevance_mass", maps);
  check_coverage("relevance_mass", maps.count, maps.cells, coverage);
  require_size("relevance_mass", "length of the result", static_cast<std::int64_t>(mass.size()),
               maps.count);
  if (device == Device::cpu) return relevance_mass_cpu(maps, coverage, mass.data());
#ifdef VRP_CUDA
  relevance_mass_cuda(maps, coverage, mass.data());
#else
  throw std::invalid_argument("relevance_mass: device is cuda, but this build has no CUDA");
#endif
}

template void relevance_mass(Device, const Maps<float>&, const Maps<double>&, std::span<double>);
template void relevance_mass(Device, const Maps<double>&, const Maps<double>&, std::span<double>);

void reject_share(double share) { reject("relevance", "covered share of a cell", share, "[0, 1]"); }

void relevance(Device device, const Maps<double>& maps, const Maps<double>& coverage, Grid grid,
               const RelevanceOptions& options, std::span<Relevance> rows) {
  require_maps("relevance", maps);
  require_grid("relevance", grid, maps.cells);
  check_coverage("relevance", maps.count, maps.cells, coverage);
  require_size("relevance", "length of the result", static_cast<std::int64_t>(rows.size()),
               maps.count);
  if (options.pointing_tolerance < 0)
    reject("relevance", "pointing tolerance", options.pointing_tolerance, ">= 0");
  if (!(options.top_mass > 0 && options.top_mass <= 1))
    reject("relevance", "top mass", options.top_mass, "(0, 1]");
  if (options.neighbourhood != 4 && options.neighbourhood != 8)
    reject("relevance", "neighbourhood", options.neighbourhood, "4 or 8");
  if (device == Device::cpu) {
    for (std::int64_t s = 0; s < coverage.count * coverage.cells; ++s) {
      if (!(coverage.data[s] >= 0 && coverage.data[s] <= 1)) reject_share(coverage.data[s]);
    }
    return relevance_cpu(maps, coverage, grid, options, rows.data());
  }
#ifdef VRP_CUDA
  relevance_cuda(maps, coverage, grid, options, rows.data());
#else
  throw std::invalid_argument("relevance: device is cuda, but this build has no CUDA");
#endif
}

}  // namespace vrp
