#pragma once
// The consistency stage: K sampled answers per item and how far they agree.
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/model/model.hpp"
#include "pipeline/store/record.hpp"
#include "stages/capture/picture.hpp"
#include "stages/consistency/params.hpp"
#include "stages/consistency/record.hpp"

namespace vrp {

/// Draws params.samples answers for each row of [first, first + pictures.size()). The same
/// arguments give the same record on any rank, in any order and after any number of restarts:
/// numbers are keyed by (seed, "consistency", model name, item key). `done` is called after each
/// item.
Record consistency(const ItemTable& items, std::size_t first, const std::vector<Picture>& pictures,
                   const Model& model, const std::string& model_name, const PromptStyle& style,
                   const GenerationParams& generation, const ConsistencyParams& params,
                   std::uint64_t seed, const std::function<void()>& done);

}  // namespace vrp
