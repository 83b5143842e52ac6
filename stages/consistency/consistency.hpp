#pragma once
// The consistency stage: K sampled answers per item and how far they agree.
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/model/model.hpp"
#include "pipeline/store/record.hpp"
#include "stages/capture/group.hpp"
#include "stages/capture/picture.hpp"
#include "stages/consistency/columns.hpp"
#include "stages/consistency/params.hpp"
#include "stages/consistency/record.hpp"

namespace vrp {

/// How a path is drawn of the item of row `row`: length, end tokens, temperature, key.
struct PathSettings {
  GenerationParams generation;
  SamplingParams sampling;
  std::uint64_t seed = 0;
  Rng rng(const ItemTable& items, std::size_t row, const std::string& model_name) const {
    return Rng(seed, "consistency", model_name, items.key[row], "path");
  }
  /// For each item of a group the one that its question draws with.
  std::vector<Rng> rngs(std::vector<GroupItem>& group, const ItemTable& items,
                        const std::string& model_name) const;
};
PathSettings path_settings(const GenerationParams& generation, const ConsistencyParams& params,
                           std::uint64_t seed);

/// Draws params.samples answers for each row of [first, first + pictures.size()); the model is
/// asked about Model::batch items at once. The same arguments give the same record on any rank, in
/// any order and after any number of restarts: numbers are keyed by (seed, "consistency", model
/// name, item key). An item that fails is a row with a status and a reason. `done` is called after
/// each item.
Record consistency(const ItemTable& items, std::size_t first, const std::vector<Picture>& pictures,
                   const Model& model, const std::string& model_name, const PromptStyle& style,
                   const GenerationParams& generation, const ConsistencyParams& params,
                   std::uint64_t seed, const std::function<void()>& done);

}  // namespace vrp
