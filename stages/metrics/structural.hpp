#pragma once
// Structural metrics of one item (methods 4).
#include <limits>
#include <vector>

#include "stages/metrics/captured.hpp"
#include "stages/metrics/params.hpp"

namespace vrp {

constexpr double kNotDefined = std::numeric_limits<double>::quiet_NaN();

struct Structural {
  double h_s = kNotDefined;         ///< nats
  double h_n = kNotDefined;         ///< H_s / ln S; NaN for S = 1
  double c_k = kNotDefined;         ///< components of the top mass, minus 1
  double c_k_dbscan = kNotDefined;  ///< clusters of the brightest cells
  double c_k_cells = kNotDefined;   ///< components of the top cells, minus 1
  double dh_last = kNotDefined;     ///< nats, H_s(L-1) - H_s(L-2); NaN for L = 1
  double img_share = kNotDefined;   ///< attention mass on the image, mean over the chosen layers
  std::vector<double> h_layer;      ///< nats, [L]; NaN where a layer has no mass
  std::vector<double> dh_layer;     ///< nats, [L], first NaN
};

/// All NaN but the per-layer values where M has no mass.
Structural structural(const ItemMaps& maps, Grid grid, const MetricsParams& params);

}  // namespace vrp
