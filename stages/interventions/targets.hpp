#pragma once
// Which neurons an item's conditions edit: those of the probe that did not see the item's image, or
// given ids, and random controls (methods, section 12.2).
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/model/edit.hpp"
#include "pipeline/store/record.hpp"
#include "stages/interventions/plan.hpp"

namespace vrp {

/// Neurons in the order of their rank.
struct NeuronTargets {
  std::vector<std::int64_t> ids;
  std::vector<float> means;  ///< training means, [ids]; empty for given ids
};

class NeuronPlan {
 public:
  /// `probes`: record of the cell (frame "neuron"); draws are keyed by (seed, model, benchmark) and
  /// the same for all items of a fold.
  NeuronPlan(const InterventionsParams& params, const InterventionShape& shape,
             const Record& probes, std::uint64_t seed, const std::string& model,
             const std::string& benchmark);

  /// The edit of a neuron, scaled or bypass condition for an item of outer fold `fold` (-1: no
  /// probe did without it); nothing where its targets are not known.
  std::optional<EditCondition> edit_of(const PlannedCondition& condition, std::int64_t fold) const;

 private:
  const NeuronTargets* targets(std::int64_t fold) const;
  std::optional<std::vector<std::int64_t>> indices(const PlannedCondition& condition,
                                                   const NeuronTargets* targets) const;

  const InterventionsParams& params_;
  int width_, needed_;
  std::map<std::int64_t, NeuronTargets> by_fold_;  ///< -2 = given ids, of every item
  std::vector<std::int64_t> random_ids_;
  std::vector<std::vector<std::int64_t>> random_, scaled_;  ///< by draw: neurons in order
};

}  // namespace vrp
