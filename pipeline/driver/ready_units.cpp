#include "pipeline/driver/ready_units.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace vrp {

std::vector<double> critical_path(const Plan& plan) {
  std::vector<double> length(plan.units.size(), 0);
  for (auto unit = plan.units.rbegin(); unit != plan.units.rend(); ++unit) {
    double behind = 0;  // downstream units have higher ids
    for (const std::size_t down : unit->downstream) behind = std::max(behind, length[down]);
    length[unit->id] = unit->cost + behind;
  }
  return length;
}

ReadyUnits::ReadyUnits(const Plan& plan)
    : order_(plan.units.size()), unit_at_(plan.units.size()), groups_(plan.units.size()) {
  const std::vector<double> length = critical_path(plan);
  std::iota(unit_at_.begin(), unit_at_.end(), 0U);
  std::stable_sort(unit_at_.begin(), unit_at_.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return length[a] > length[b]; });
  for (std::uint32_t place = 0; place < unit_at_.size(); ++place) order_[unit_at_[place]] = place;
  std::map<std::string, std::uint32_t> numbers;
  std::vector<std::uint32_t> of_cell;
  for (const Cell& cell : plan.cells) {
    of_cell.push_back(
        numbers.emplace(cell.model, static_cast<std::uint32_t>(numbers.size() + 1)).first->second);
  }
  for (const Unit& unit : plan.units) {
    groups_[unit.id] = plan.stages[unit.stage].needs_model ? of_cell[unit.cell] : kNoModel;
  }
  ready_.resize(numbers.size() + 1);
}

void ReadyUnits::insert(std::size_t unit) {
  if (ready_[groups_[unit]].insert(order_[unit]).second) ++size_;
}

void ReadyUnits::erase(std::size_t unit) { size_ -= ready_[groups_[unit]].erase(order_[unit]); }

std::optional<std::uint32_t> ReadyUnits::first_of(
    std::uint32_t group, const std::function<bool(std::size_t)>& may) const {
  for (const std::uint32_t place : ready_[group]) {
    if (may(unit_at_[place])) return place;
  }
  return std::nullopt;
}

std::optional<std::size_t> ReadyUnits::first(std::uint32_t group,
                                             const std::function<bool(std::size_t)>& may) const {
  auto best = first_of(kNoModel, may);
  const auto better = [&](std::uint32_t other) {
    const auto found = first_of(other, may);
    if (found && (!best || *found < *best)) best = found;
  };
  if (group != kNoModel) better(group);
  // A rank that holds a model's weights leaves them only when nothing else is there to do.
  if (!best || group == kNoModel) {
    for (std::uint32_t other = 1; other < ready_.size(); ++other) {
      if (other != group) better(other);
    }
  }
  if (!best) return std::nullopt;
  return unit_at_[*best];
}

}  // namespace vrp
