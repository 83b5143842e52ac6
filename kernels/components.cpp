#include "kernels/components.hpp"

#include <stdexcept>

namespace vrp {
namespace {

void check_mask(const char* kernel, const Maps<double>& maps, double share, std::size_t size) {
  require_maps(kernel, maps);
  require_size(kernel, "length of the mask", static_cast<std::int64_t>(size),
               maps.count * maps.cells);
  if (!(share > 0 && share <= 1)) reject(kernel, "share", share, "(0, 1]");
}

}  // namespace

void top_mass_mask(Device device, const Maps<double>& maps, double share,
                   std::span<std::uint8_t> mask) {
  check_mask("top_mass_mask", maps, share, mask.size());
  if (device == Device::cpu) return top_mass_mask_cpu(maps, share, mask.data());
#ifdef VRP_CUDA
  top_mass_mask_cuda(maps, share, mask.data());
#else
  throw std::invalid_argument("top_mass_mask: device is cuda, but this build has no CUDA");
#endif
}

void top_cells_mask(Device device, const Maps<double>& maps, double share,
                    std::span<std::uint8_t> mask) {
  check_mask("top_cells_mask", maps, share, mask.size());
  if (device == Device::cpu) return top_cells_mask_cpu(maps, share, mask.data());
#ifdef VRP_CUDA
  top_cells_mask_cuda(maps, share, mask.data());
#else
  throw std::invalid_argument("top_cells_mask: device is cuda, but this build has no CUDA");
#endif
}

void components(Device device, std::span<const std::uint8_t> mask, Grid grid, int neighbourhood,
                std::span<std::int32_t> labels, std::span<std::int32_t> counts) {
  const auto maps = static_cast<std::int64_t>(counts.size());
  if (grid.rows < 1 || grid.cols < 1) {
    reject("components", grid.rows < 1 ? "rows" : "cols", grid.rows < 1 ? grid.rows : grid.cols,
           ">= 1");
  }
  require_size("components", "length of the mask", static_cast<std::int64_t>(mask.size()),
               maps * grid.cells());
  require_size("components", "length of the labels", static_cast<std::int64_t>(labels.size()),
               maps * grid.cells());
  if (neighbourhood != 4 && neighbourhood != 8)
    reject("components", "neighbourhood", neighbourhood, "4 or 8");
  if (device == Device::cpu) {
    return components_cpu(mask.data(), maps, grid, neighbourhood, labels.data(), counts.data());
  }
#ifdef VRP_CUDA
  components_cuda(mask.data(), maps, grid, neighbourhood, labels.data(), counts.data());
#else
  throw std::invalid_argument("components: device is cuda, but this build has no CUDA");
#endif
}

}  // namespace vrp
