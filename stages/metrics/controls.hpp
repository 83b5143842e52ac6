#pragma once
// Controls of the relevance metrics: other items' regions, and the null of the mean lift.
//
// A region of item j is laid over the picture of item i by its place in its own picture: left edge
// at a tenth of the width stays at a tenth of the width. This needs the size of j's picture, which
// is not in j's region: it is read from the fields `width` and `height` of the item's metadata.
// Items with a well-formed region and a known size are *donors*. The list of donors follows from
// the item table alone, so every unit of a cell sees the same one, and nothing depends on how the
// items are cut into units.
//
// Null of the mean lift: permutation r (r < B) is a permutation of the donors' regions over the
// donors, drawn by key from (seed, model, set, r). Each unit writes, for its own items, the lift
// under the region that each permutation hands them; the mean over all items of the cell is then
// the r-th draw of the mean lift under "the map knows nothing of its item's region", with the areas
// and places of real regions kept. p = (1 + #{null >= observed}) / (1 + B).
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/region_coverage.hpp"
#include "pipeline/items/item_table.hpp"
#include "stages/metrics/captured.hpp"

namespace vrp {

/// A region on a grid: covered cells only.
struct LaidRegion {
  double area = 0;  ///< mean f; 0 when the crop leaves nothing of it
  std::vector<std::pair<std::int32_t, double>> cells;
};

class Donors {
 public:
  Donors(const ItemTable& items, const std::string& shape);

  std::size_t size() const { return rows_.size(); }
  std::size_t row(std::size_t donor) const { return rows_[donor]; }
  /// Donor number of a row of the item table, if it is one.
  std::optional<std::size_t> donor(std::size_t row) const;
  /// All donors' regions over a picture placed like this; kept for the next item of equal
  /// placement.
  const std::vector<LaidRegion>& laid(const Placement& placement);
  /// The donor of another group than `row`'s whose area is nearest to `area` (ties: lowest row), if
  /// it differs by at most `tolerance` * area.
  std::optional<std::size_t> equal_area(std::size_t row, double area,
                                        const std::vector<LaidRegion>& laid,
                                        double tolerance) const;

 private:
  const ItemTable& items_;
  std::vector<std::size_t> rows_;
  std::map<std::size_t, std::size_t> donor_of_row_;
  std::vector<std::vector<Outline>> outlines_;  ///< in shares of the picture's width and height
  std::map<std::array<double, 6>, std::vector<LaidRegion>> laid_;
};

/// Size of an item's picture in pixels: the numbers `width` and `height` of its metadata.
std::optional<std::array<double, 2>> picture_size(const ItemTable& items, std::size_t row);

/// f as a full grid.
std::vector<double> dense(const LaidRegion& region, Grid grid);

/// permutation[r * donors + d] = the donor whose region donor d gets in permutation r.
std::vector<std::uint32_t> region_permutations(std::size_t donors, int permutations,
                                               std::uint64_t seed, std::string_view model,
                                               std::string_view benchmark);

/// Lift of map M (sums to 1) on every donor's region; NaN where nothing of it is on the grid.
std::vector<double> lifts(const std::vector<double>& map, const std::vector<LaidRegion>& laid);

}  // namespace vrp
