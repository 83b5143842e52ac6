#include "stages/metrics/structural.hpp"

#include <cstdint>

#include "kernels/components.hpp"
#include "kernels/dbscan.hpp"
#include "kernels/spatial_entropy.hpp"

namespace vrp {
namespace {

std::int32_t count_components(const std::vector<std::uint8_t>& mask, Grid grid, int neighbourhood) {
  std::vector<std::int32_t> labels(mask.size());
  std::int32_t count = 0;
  components(Device::cpu, mask, grid, neighbourhood, labels, {&count, 1});
  return count;
}

}  // namespace

Structural structural(const ItemMaps& maps, Grid grid, const MetricsParams& params) {
  Structural out;
  const auto depth = static_cast<std::size_t>(maps.layers);
  out.h_layer.resize(depth);
  spatial_entropy<double>(Device::cpu, {maps.by_layer.data(), maps.layers, maps.cells},
                          out.h_layer);
  out.dh_layer.assign(depth, kNotDefined);
  for (std::size_t l = 1; l < depth; ++l) out.dh_layer[l] = out.h_layer[l] - out.h_layer[l - 1];
  if (maps.mean.empty()) return out;

  const Maps<double> map{maps.mean.data(), 1, maps.cells};
  spatial_entropy(Device::cpu, map, {&out.h_s, 1});
  out.h_n = normalised_entropy(out.h_s, maps.cells);
  out.dh_last = out.dh_layer.back();
  out.img_share = maps.img_share;

  std::vector<std::uint8_t> mask(maps.mean.size());
  top_mass_mask(Device::cpu, map, params.top_mass, mask);
  out.c_k = count_components(mask, grid, params.neighbourhood) - 1;
  top_cells_mask(Device::cpu, map, params.top_cells, mask);
  out.c_k_cells = count_components(mask, grid, params.neighbourhood) - 1;
  std::int32_t clusters = 0;
  dbscan_clusters(Device::cpu, map, grid,
                  {params.dbscan_percentile, params.dbscan_eps, params.dbscan_min_samples},
                  {&clusters, 1});
  out.c_k_dbscan = clusters;
  return out;
}

}  // namespace vrp
