#pragma once
// The units that may start now, in the order in which they should: those first behind which the
// longest chain of work waits, and of one model together, so that a rank seldom changes its
// weights.
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "pipeline/driver/plan.hpp"

namespace vrp {

class ReadyUnits {
 public:
  static constexpr std::uint32_t kNoModel = 0;  ///< group of the stages that need no model

  explicit ReadyUnits(const Plan& plan);

  void insert(std::size_t unit);
  void erase(std::size_t unit);  ///< no effect when it is not ready
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// Group of a unit: its model's number, counted from 1, or kNoModel.
  std::uint32_t group(std::size_t unit) const { return groups_[unit]; }

  /// The first unit that `may` accepts: of the model `group` or of none, whichever is first; of
  /// another model only when there is no such unit. O(log units) when `may` accepts at once.
  std::optional<std::size_t> first(std::uint32_t group,
                                   const std::function<bool(std::size_t)>& may) const;

 private:
  std::optional<std::uint32_t> first_of(std::uint32_t group,
                                        const std::function<bool(std::size_t)>& may) const;

  std::vector<std::uint32_t> order_;    ///< of a unit: its place when all units are sorted
  std::vector<std::uint32_t> unit_at_;  ///< the inverse
  std::vector<std::uint32_t> groups_;
  std::vector<std::set<std::uint32_t>> ready_;  ///< by group: places in the order
  std::size_t size_ = 0;
};

/// Of every unit: its cost and the largest sum of costs along what waits for it, the "upward rank"
/// of list scheduling on a graph (Topcuoglu et al., HEFT, 2002), in the plan's arbitrary units.
std::vector<double> critical_path(const Plan& plan);

}  // namespace vrp
