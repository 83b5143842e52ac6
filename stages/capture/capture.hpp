#pragma once
// The capture stage: one greedy answer per item, where the model looked and what its blocks held.
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/model/model.hpp"
#include "pipeline/store/record.hpp"
#include "stages/capture/columns.hpp"
#include "stages/capture/group.hpp"
#include "stages/capture/lens.hpp"
#include "stages/capture/observer.hpp"
#include "stages/capture/params.hpp"
#include "stages/capture/picture.hpp"
#include "stages/capture/record.hpp"

namespace vrp {

/// Greedy answers, attention and states of rows [first, first + pictures.size()); the record is
/// described in record.hpp. The model is asked about Model::batch items at once. An item that fails
/// is a row with a status and a reason. `done` is called after each item.
Record capture(const ItemTable& items, std::size_t first, const std::vector<Picture>& pictures,
               const Model& model, const PromptStyle& style, const GenerationParams& generation,
               const CaptureParams& params, const std::function<void()>& done);

/// The record of a capture unit while its items are asked about; they are added in order. Its
/// arguments must outlive it.
class CaptureUnit {
 public:
  CaptureUnit(const ItemTable& items, const Model& model, const PromptStyle& style,
              const GenerationParams& generation, const CaptureParams& params);

  /// How a greedy answer is asked for.
  const GenerationParams& generation() const { return generation_; }
  /// For each item of a group one that its question is asked with.
  std::vector<CaptureObserver> observers(std::vector<GroupItem>& group) const;

  /// An item with its greedy answer, or why there is none, and what was seen of it. Asks for all
  /// the rest: the grey twin, the lens, losses of options. An Error of these is the item's failure;
  /// Error (internal) is thrown.
  void add(const GroupItem& item, const ModelReply& reply, const CaptureObserver& seen);
  Record finish() { return columns_.finish(); }

 private:
  const ItemTable& items_;
  const Model& model_;
  const PromptStyle& style_;
  const CaptureParams& params_;
  GenerationParams generation_;
  CaptureColumns columns_;
  std::optional<Lens> lens_;
};

}  // namespace vrp
