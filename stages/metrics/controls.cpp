#include "stages/metrics/controls.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "pipeline/base/json.hpp"
#include "pipeline/base/rng.hpp"
#include "stages/metrics/regions.hpp"

namespace vrp {
namespace {

LaidRegion lay(const std::vector<Outline>& outlines, const CellFrame& frame) {
  std::vector<double> share(static_cast<std::size_t>(frame.grid.cells()));
  region_coverage(outlines, frame, share);
  LaidRegion out;
  for (std::size_t s = 0; s < share.size(); ++s) {
    if (share[s] == 0) continue;
    out.cells.emplace_back(static_cast<std::int32_t>(s), share[s]);
    out.area += share[s];
  }
  out.area /= static_cast<double>(share.size());
  return out;
}

/// False for outlines that the coverage kernel refuses.
bool well_formed(const std::vector<Outline>& outlines) {
  double covered = 0;
  try {
    region_coverage(outlines, {1, 1, 0, 0, {1, 1}}, {&covered, 1});
  } catch (const std::invalid_argument&) {
    return false;
  }
  return true;
}

}  // namespace

std::optional<std::array<double, 2>> picture_size(const ItemTable& items, std::size_t row) {
  const Json metadata =
      Json::parse(items.metadata[row], nullptr, false);  // discarded when malformed
  if (!metadata.is_object()) return std::nullopt;
  std::array<double, 2> size{};
  for (std::size_t k = 0; k < 2; ++k) {
    const auto field = metadata.find(k == 0 ? "width" : "height");
    if (field == metadata.end() || !field->is_number()) return std::nullopt;
    size[k] = field->get<double>();
    if (!(size[k] > 0 && std::isfinite(size[k]))) return std::nullopt;
  }
  return size;
}

Donors::Donors(const ItemTable& items, const std::string& shape) : items_(items) {
  for (std::size_t row = 0; row < items.size(); ++row) {
    if (items.regions[row].empty()) continue;
    const auto size = picture_size(items, row);
    std::vector<Outline> outlines = outlines_of(items.regions[row], shape);
    if (!size || !well_formed(outlines)) continue;
    for (Outline& outline : outlines) {
      for (std::size_t i = 0; i < outline.size(); ++i) outline[i] /= (*size)[i % 2];
    }
    donor_of_row_[row] = rows_.size();
    rows_.push_back(row);
    outlines_.push_back(std::move(outlines));
  }
}

std::optional<std::size_t> Donors::donor(std::size_t row) const {
  const auto found = donor_of_row_.find(row);
  return found == donor_of_row_.end() ? std::nullopt : std::optional(found->second);
}

const std::vector<LaidRegion>& Donors::laid(const Placement& placement) {
  const CellFrame frame = picture_frame(placement);
  const auto [place, is_new] = laid_.try_emplace(
      {frame.scale_x, frame.scale_y, frame.offset_x, frame.offset_y,
       static_cast<double>(frame.grid.rows), static_cast<double>(frame.grid.cols)});
  if (is_new) {
    place->second.reserve(size());
    for (const auto& outlines : outlines_) place->second.push_back(lay(outlines, frame));
  }
  return place->second;
}

std::optional<std::size_t> Donors::equal_area(std::size_t row, double area,
                                              const std::vector<LaidRegion>& laid,
                                              double tolerance) const {
  std::optional<std::size_t> best;
  double best_difference = tolerance * area;
  for (std::size_t d = 0; d < size(); ++d) {
    if (items_.group[rows_[d]] == items_.group[row] || !(laid[d].area > 0)) continue;
    const double difference = std::abs(laid[d].area - area);
    if (best ? difference < best_difference : difference <= best_difference) {
      best = d;
      best_difference = difference;
    }
  }
  return best;
}

std::vector<double> dense(const LaidRegion& region, Grid grid) {
  std::vector<double> share(static_cast<std::size_t>(grid.cells()), 0.0);
  for (const auto& [cell, covered] : region.cells) share[static_cast<std::size_t>(cell)] = covered;
  return share;
}

std::vector<std::uint32_t> region_permutations(std::size_t donors, int permutations,
                                               std::uint64_t seed, std::string_view model,
                                               std::string_view benchmark) {
  const Rng rng(seed, "metrics", model, benchmark, "region_permutation");
  std::vector<std::uint32_t> out(donors * static_cast<std::size_t>(permutations));
  for (std::size_t r = 0; r < static_cast<std::size_t>(permutations); ++r) {
    std::uint32_t* order = out.data() + r * donors;
    std::iota(order, order + donors, 0u);
    for (std::size_t k = donors; k > 1; --k)  // Fisher and Yates
      std::swap(order[k - 1], order[rng.below(k, r, k)]);
  }
  return out;
}

std::vector<double> lifts(const std::vector<double>& map, const std::vector<LaidRegion>& laid) {
  std::vector<double> out;
  out.reserve(laid.size());
  for (const LaidRegion& region : laid) {
    double inside = 0;
    for (const auto& [cell, covered] : region.cells)
      inside += map[static_cast<std::size_t>(cell)] * covered;
    out.push_back(region.area > 0 ? inside / region.area
                                  : std::numeric_limits<double>::quiet_NaN());
  }
  return out;
}

}  // namespace vrp
