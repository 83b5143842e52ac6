#pragma once
// What can be chosen about the metrics (methods, sections 4 and 5).
#include <string>

namespace vrp {

struct MetricsParams {
  std::string layers = "all";
  std::string query = "mean";
  double top_mass = 0.30;
  double top_cells = 0.30;
  int neighbourhood = 8;
  int ck_orientation = -1;
  double dbscan_percentile = 90;
  double dbscan_eps = 1.5;
  int dbscan_min_samples = 3;
  std::string region = "outline";
  int pointing_tolerance = 0;
  double control_area = 0.10;
  int permutations = 1000;

  template <class Visit>
  void fields(Visit&& visit) {
    visit(
        "layers", layers,
        "layers whose mean is the map M: all, or FIRST..LAST, both included (early text: 16..31)");
    visit("query", query,
          "mean | first | last: all answer queries, that of the first answer token, that of the "
          "last");
    visit("top_mass", top_mass, "share of the mass in the top mask of C_k and IoU, in (0, 1]");
    visit("top_cells", top_cells, "share of the cells in the mask of C_k (cells), in (0, 1]");
    visit("neighbourhood", neighbourhood,
          "4 | 8: which cells touch in the components of C_k (mass)");
    visit(
        "ck_orientation", ck_orientation,
        "-1 | 1: declared sign of every C_k as a predictor of a right answer (published code: 1)");
    visit("dbscan_percentile", dbscan_percentile,
          "cells at or above this percentile are points of C_k (dbscan), in [0, 100]");
    visit("dbscan_eps", dbscan_eps, "DBSCAN distance in cells, in (0, 100]");
    visit("dbscan_min_samples", dbscan_min_samples,
          "DBSCAN points that make a core point, itself included, >= 1");
    visit("region", region, "outline | box: shape of an annotated object that has both");
    visit("pointing_tolerance", pointing_tolerance,
          "cells by which the largest cell may miss the region, in [0, 100]");
    visit("control_area", control_area,
          "a region of another item serves as control when its area differs by at most this share "
          "of the item's own, in [0, 1]");
    visit("permutations", permutations,
          "permutations of the regions over the items of the set for the null of the mean lift, "
          "in [0, 100000]; 0 = none");
  }
};

/// Error (usage) naming the field that is out of range.
void check(const MetricsParams& params);

/// Blocks first..last, both included.
struct LayerRange {
  int first = 0, last = 0;
  int count() const { return last - first + 1; }
};

/// The range that `layers` names in a model of `depth` blocks. Error (usage) when it is malformed
/// or leaves the model.
LayerRange layer_range(const std::string& layers, int depth);

}  // namespace vrp
