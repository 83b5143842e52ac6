#include "kernels/dbscan.hpp"

namespace vrp {

void dbscan_clusters(const Maps<double>& maps, Grid grid, const DbscanOptions& options,
                     std::span<std::int32_t> clusters) {
  require_maps("dbscan", maps);
  require_grid("dbscan", grid, maps.cells);
  require_size("dbscan", "length of the result", static_cast<std::int64_t>(clusters.size()),
               maps.count);
  if (!(options.percentile >= 0 && options.percentile <= 100))
    reject("dbscan", "percentile", options.percentile, "[0, 100]");
  if (!(options.eps > 0 && options.eps <= 1e6)) reject("dbscan", "eps", options.eps, "(0, 1e6]");
  if (options.min_samples < 1) reject("dbscan", "min_samples", options.min_samples, ">= 1");
  dbscan_clusters_cpu(maps, grid, options, clusters.data());
}

}  // namespace vrp
