#pragma once
// The capture stage: one greedy answer per item, where the model looked and what its blocks held.
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/model/model.hpp"
#include "pipeline/store/record.hpp"
#include "stages/capture/params.hpp"
#include "stages/capture/picture.hpp"
#include "stages/capture/record.hpp"

namespace vrp {

/// Asks the model for the greedy answer of the item of row `row`; other than by Model::greedy where
/// the same pass gives more (stages/capture_with_paths.hpp). Error as Model::greedy.
using AskGreedy = std::function<Answer(std::size_t row, const PreparedItem& item,
                                       const GenerationParams& generation, Observer& observer)>;

/// Greedy answers, attention and states of rows [first, first + pictures.size()); the record is
/// described in record.hpp. An item that fails is a row with a status and a reason. `done` is
/// called after each item.
Record capture(const ItemTable& items, std::size_t first, const std::vector<Picture>& pictures,
               const Model& model, const PromptStyle& style, const GenerationParams& generation,
               const CaptureParams& params, const std::function<void()>& done,
               const AskGreedy& ask = {});

}  // namespace vrp
