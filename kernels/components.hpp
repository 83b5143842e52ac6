#pragma once
// C_k: into how many separate patches the strongest cells of a map fall.
#include <cstdint>
#include <span>

#include "kernels/maps.hpp"

namespace vrp {

/// Marks the cells that carry the top `share` of each map's mass: cells by (value desc, index asc),
/// the shortest prefix whose sum is >= share * total, so ties are cut by index. The comparison
/// allows 1e-12 of the total for rounding: a constant map of 10 cells at 0.30 keeps exactly 3.
///   maps  float64 [M, S]    share in (0, 1]    mask  uint8 [M, S], 1 = marked
/// A map without mass, or with a negative or non-finite value, marks nothing.
/// Both devices mark the same cells: total and prefix are summed in the same order, one by one.
/// Source: methods 4, C_k `mass` (paper, final text).
void top_mass_mask(Device device, const Maps<double>& maps, double share,
                   std::span<std::uint8_t> mask);

/// Marks the ceil(share * S) largest cells of each map, same order. Source: methods 4, `cells`.
void top_cells_mask(Device device, const Maps<double>& maps, double share,
                    std::span<std::uint8_t> mask);

/// Connected components of masks. Two marked cells touch when they share an edge (neighbourhood 4)
/// or an edge or corner (8).
///   mask    uint8 [M, rows * cols], anything but 0 = marked
///   labels  int32 [M, rows * cols], 0 = not marked, else 1, 2 ... by first cell in reading order
///   counts  int32 [M], K_total; C_k = K_total - 1
/// Both devices give the same labels.
void components(Device device, std::span<const std::uint8_t> mask, Grid grid, int neighbourhood,
                std::span<std::int32_t> labels, std::span<std::int32_t> counts);

// All three: every array lives on `device`; std::invalid_argument when sizes disagree, a value is
// out of its range, the device cannot hold a map (masks: over 32,768 cells) or the build has no
// CUDA; std::runtime_error with CUDA's text.

constexpr double kRoundingSlack = 1e-12;  ///< share of the total that rounding may cost
/// ceil(share * cells), where share * cells is whole but for rounding: that number.
std::int64_t top_cells_count(double share, std::int64_t cells);

void top_mass_mask_cpu(const Maps<double>& maps, double share, std::uint8_t* mask);
void top_cells_mask_cpu(const Maps<double>& maps, double share, std::uint8_t* mask);
void components_cpu(const std::uint8_t* mask, std::int64_t count, Grid grid, int neighbourhood,
                    std::int32_t* labels, std::int32_t* counts);
#ifdef VRP_CUDA
void top_mass_mask_cuda(const Maps<double>& maps, double share, std::uint8_t* mask);
void top_cells_mask_cuda(const Maps<double>& maps, double share, std::uint8_t* mask);
void components_cuda(const std::uint8_t* mask, std::int64_t count, Grid grid, int neighbourhood,
                     std::int32_t* labels, std::int32_t* counts);
#endif

}  // namespace vrp
