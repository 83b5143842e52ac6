#pragma once
// Capture and consistency of the same items in one pass of the model.
#include <utility>

#include "stages/capture/capture.hpp"
#include "stages/consistency/consistency.hpp"

namespace vrp {

/// What both stages are asked about, and with what.
struct TogetherInput {
  const ItemTable& items;
  std::size_t first = 0;
  const std::vector<Picture>& pictures;
  const Model& model;
  std::string model_name;
  PromptStyle style;
  GenerationParams generation;
  const CaptureParams& capture;
  const ConsistencyParams& consistency;
  std::uint64_t seed = 0;
};

/// The records of `capture` and of `consistency`, bit for bit, with one prefill an item for both
/// and the answers of Model::batch items in one batch (Model::answer). Where the joint pass fails
/// at an item, each stage asks alone, so that the reason in its row is that stage's own. `done` is
/// called after each item.
std::pair<Record, Record> capture_with_paths(const TogetherInput& input,
                                             const std::function<void()>& done);

}  // namespace vrp
