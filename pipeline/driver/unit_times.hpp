#pragma once
// How long units take: seconds per expected cost, learned from those that are done, for each stage
// and model, and for a stage until its model is known.
#include <optional>
#include <vector>

namespace vrp {

class UnitTimes {
 public:
  /// `groups`: models and the group of none.
  UnitTimes(std::size_t stages, std::size_t groups)
      : groups_(groups), by_group_(stages * groups), by_stage_(stages) {}

  void add(std::size_t stage, std::size_t group, double cost, double seconds) {
    for (Sum* sum : {&by_group_[stage * groups_ + group], &by_stage_[stage]}) {
      sum->seconds += seconds;
      sum->cost += cost;
    }
  }

  /// Expected seconds; nothing when no unit of the stage is done.
  std::optional<double> expect(std::size_t stage, std::size_t group, double cost) const {
    const Sum& own = by_group_[stage * groups_ + group];
    const Sum& sum = own.cost > 0 ? own : by_stage_[stage];
    if (!(sum.cost > 0)) return std::nullopt;
    return sum.seconds / sum.cost * cost;
  }

 private:
  struct Sum {
    double seconds = 0, cost = 0;
  };
  std::size_t groups_;
  std::vector<Sum> by_group_, by_stage_;
};

}  // namespace vrp
