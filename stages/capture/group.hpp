#pragma once
// Items that the model is asked about at once.
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/model/model.hpp"
#include "stages/capture/picture.hpp"

namespace vrp {

/// Rows [first, last) of a table.
struct RowRange {
  std::size_t first = 0, last = 0;
  bool operator==(const RowRange&) const = default;
};

/// [first, last) cut at every multiple of `batch`, so that a row has the same neighbours in units
/// of any whole number of batches.
// Rows 4 to 18 by 8: 4-7, 8-15, 16-17.
std::vector<RowRange> groups_of(std::size_t first, std::size_t last, int batch);

/// An item of a group on its way through the model.
struct GroupItem {
  std::size_t row = 0;
  const Picture* picture = nullptr;
  std::shared_ptr<const PreparedItem> prepared;
  ModelQuestion question;  ///< who sees it and what is drawn; ask_group says of which prompt
  std::string problem;     ///< why it cannot be asked about; nothing of the above is there then
};

/// The rows of a group, prepared. `pictures`: of its rows. An item that cannot be prepared (no
/// picture, a prompt too long) has a problem; Error (internal) is thrown.
std::vector<GroupItem> prepare_group(const ItemTable& items, RowRange rows,
                                     std::span<const Picture> pictures, const Model& model,
                                     const PromptStyle& style);

/// Asks the questions of those that can be asked about at once (Model::answer). A reply for each
/// item; that of one that cannot be asked about has its problem.
std::vector<ModelReply> ask_group(const std::vector<GroupItem>& group, const Model& model,
                                  const GenerationParams& generation,
                                  const GenerationParams& path_generation = {},
                                  const SamplingParams& sampling = {});

}  // namespace vrp
