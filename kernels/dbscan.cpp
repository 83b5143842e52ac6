#include "kernels/dbscan.hpp"

#include <stdexcept>

namespace vrp {

void dbscan_clusters(Device device, const Maps<double>& maps, Grid grid,
                     const DbscanOptions& options, std::span<std::int32_t> clusters) {
  require_maps("dbscan", maps);
  require_grid("dbscan", grid, maps.cells);
  require_size("dbscan", "length of the result", static_cast<std::int64_t>(clusters.size()),
               maps.count);
  if (!(options.percentile >= 0 && options.percentile <= 100))
    reject("dbscan", "percentile", options.percentile, "[0, 100]");
  if (!(options.eps > 0 && options.eps <= 1e6)) reject("dbscan", "eps", options.eps, "(0, 1e6]");
  if (options.min_samples < 1) reject("dbscan", "min_samples", options.min_samples, ">= 1");
  if (device == Device::cpu) return dbscan_clusters_cpu(maps, grid, options, clusters.data());
#ifdef VRP_CUDA
  dbscan_clusters_cuda(maps, grid, options, clusters.data());
#else
  throw std::invalid_argument("dbscan: device is cuda, but this build has no CUDA");
#endif
}

void map_percentiles(Device device, const Maps<double>& maps, double percent,
                     std::span<double> values) {
  require_maps("percentile", maps);
  require_size("percentile", "length of the result", static_cast<std::int64_t>(values.size()),
               maps.count);
  if (!(percent >= 0 && percent <= 100)) reject("percentile", "percent", percent, "[0, 100]");
  if (device == Device::cpu) return map_percentiles_cpu(maps, percent, values.data());
#ifdef VRP_CUDA
  map_percentiles_cuda(maps, percent, values.data());
#else
  throw std::invalid_argument("percentile: device is cuda, but this build has no CUDA");
#endif
}

}  // namespace vrp
