#include "pipeline/control/unit_seconds.hpp"

namespace vrp {

void UnitSeconds::add(const std::string& model, const std::string& stage, double items,
                      double seconds) {
  if (items <= 0 || seconds <= 0) return;
  Sum& sum = of_[stage][model];
  sum.items += items;
  sum.seconds += seconds;
}

void UnitSeconds::add_fixed(const std::string& model, const std::string& stage, double seconds) {
  if (seconds > 0) of_[stage][model].fixed += seconds;
}

double UnitSeconds::expected(const std::string& model, const std::string& stage,
                             double items) const {
  const auto found = of_.find(stage);
  if (found == of_.end()) return -1;
  const auto own = found->second.find(model);
  if (own != found->second.end()) return own->second.expected(items);
  double sum = 0;
  for (const auto& entry : found->second) sum += entry.second.expected(items);
  return sum / static_cast<double>(found->second.size());
}

bool UnitSeconds::known(const std::string& stage) const { return of_.contains(stage); }

UnitSeconds seconds_of(const Journal& journal, const std::vector<WorkEntry>& work) {
  UnitSeconds out;
  for (const WorkEntry& entry : work) {
    for (std::size_t u = 0; u < entry.files.size(); ++u) {
      const auto found = journal.entries.find(entry.files[u]);
      if (found == journal.entries.end() || found->second.facts.seconds <= 0) continue;
      out.add(entry.model, entry.stage, static_cast<double>(entry.last[u] - entry.first[u]),
              found->second.facts.seconds);
    }
  }
  return out;
}

}  // namespace vrp
