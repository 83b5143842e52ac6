#pragma once
// Relevance-aware metrics: does a map look where the question's objects are?
// M maps of S cells; f = covered share of each cell by the region, in [0, 1] (region_coverage.hpp).
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/maps.hpp"

namespace vrp {

/// Share of each map's mass on the region: b[i] = sum_s map[i,s] f[s] / sum_s map[i,s].
///   maps      float32 or float64 [M, S], >= 0
///   coverage  float64 [M, S], or [1, S] for one region under all maps
///   mass      float64 [M], 0 .. 1
/// All on `device`. A map without mass, or with a negative or non-finite value, gives NaN. Twins
/// agree within 1e-10; either repeats bit for bit. Throws std::invalid_argument when sizes
/// disagree, std::runtime_error with CUDA's text. Source: methods 5, mass.
template <class T>
void relevance_mass(Device device, const Maps<T>& maps, const Maps<double>& coverage,
                    std::span<double> mass);

struct RelevanceOptions {
  double top_mass = 0.30;      ///< share of the mass in the top mask Q
  int neighbourhood = 8;       ///< of the components of Q: 4 or 8
  int pointing_tolerance = 0;  ///< cells (rows or columns) by which the arg max may miss
};

/// Everything that methods 5 defines for one map M (normalised here) and one region. Let g = region
/// mask, f >= 0.5, or the single cell with the largest f (lowest index on ties) when that is empty.
struct Relevance {
  double area = 0;       ///< a = mean f
  double mass = 0;       ///< b = sum M f
  double lift = 0;       ///< b / a
  double log_lift = 0;   ///< ln(b / a); NaN for b = 0
  double iou = 0;        ///< |Q and g| / |Q or g|
  double precision = 0;  ///< |Q and g| / |Q|
  double recall = 0;     ///< |Q and g| / |g|
  double pointing = 0;   ///< 1 when the arg max cell (lowest index on ties) has f > 0, else 0
  double h_in = 0;       ///< nats, entropy of M weighted by f; NaN for b = 0
  double h_in_norm = 0;  ///< h_in / ln n_in, n_in = cells with f > 0; 0 for n_in = 1
  double h_out = 0;      ///< nats, entropy of M weighted by 1 - f; 0 for b = 1
  double h_b = 0;        ///< nats, -b ln b - (1-b) ln(1-b)
  double h_rel = 0;      ///< nats, h_b + (1-b) h_out: the diffusion that is not inside the region
  double c_in = 0;       ///< components of Q that touch g
  double c_out = 0;      ///< the other components of Q
};

/// One row per map; coverage [M, S] or [1, S]. For f of 0s and 1s, H_s = h_b + b h_in + (1-b)
/// h_out. Area 0 (nothing of the region is in the picture) or a map without mass: every field but
/// `area` is NaN. All arrays live on `device`. Twins agree exactly in pointing, overlaps and
/// components, within 1e-10 (of values above 1: relative) in the rest; either repeats bit for bit.
/// Throws std::invalid_argument when sizes disagree, f leaves [0, 1], an option is out of range, a
/// map on the device has over 32,768 cells, or the build has no CUDA; std::runtime_error with
/// CUDA's text. Source: methods 5.
void relevance(Device device, const Maps<double>& maps, const Maps<double>& coverage, Grid grid,
               const RelevanceOptions& options, std::span<Relevance> rows);

/// g of one region's coverage f [S]: cells with f >= 0.5, or the single cell with the largest f
/// (lowest index on ties) when there are none. mask [S], 1 = in g.
void region_mask(std::span<const double> coverage, std::vector<std::uint8_t>& mask);

template <class T>
void relevance_mass_cpu(const Maps<T>& maps, const Maps<double>& coverage, double* mass);
#ifdef VRP_CUDA
template <class T>
void relevance_mass_cuda(const Maps<T>& maps, const Maps<double>& coverage, double* mass);
/// Takes as many maps at a time as have `scratch_cells` cells together, of 9 bytes beside the map.
void relevance_cuda(const Maps<double>& maps, const Maps<double>& coverage, Grid grid,
                    const RelevanceOptions& options, Relevance* rows,
                    std::int64_t scratch_cells = std::int64_t{1} << 24);
#endif
void relevance_cpu(const Maps<double>& maps, const Maps<double>& coverage, Grid grid,
                   const RelevanceOptions& options, Relevance* rows);
/// The error of a covered share outside [0, 1], on either device.
[[noreturn]] void reject_share(double share);

}  // namespace vrp
