#pragma once
// The columns of an interventions record while a unit is being computed.
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/store/record.hpp"
#include "stages/interventions/plan.hpp"

namespace vrp {

/// What one condition leaves of one item.
struct InterventionOutcome {
  bool defined = false;
  std::string text;
  std::vector<std::int32_t> tokens;
  float margin = std::numeric_limits<float>::quiet_NaN();
  std::int32_t cells = -1;  ///< of the picture, hidden
};

class InterventionsColumns {
 public:
  InterventionsColumns(const ItemTable& items, const std::vector<PlannedCondition>& conditions);
  /// [conditions]; outcome 0 is the baseline's.
  void add(std::size_t row, std::int64_t fold, const std::vector<InterventionOutcome>& outcomes);
  /// A row without answers: status 1 (failed) or 3 (not evaluated).
  void add_none(std::size_t row, std::int64_t fold, int status, const std::string& reason);
  Record finish();

 private:
  void start(std::size_t row, std::int64_t fold, int status, const std::string& reason);
  void add_outcome(const InterventionOutcome& outcome, bool changed);

  const ItemTable& items_;
  const std::vector<PlannedCondition>& conditions_;
  std::vector<std::string> key_, reason_, text_;
  std::vector<std::int32_t> status_, fold_, length_, cells_;
  std::vector<std::uint8_t> changed_;
  std::vector<float> margin_;
};

}  // namespace vrp
