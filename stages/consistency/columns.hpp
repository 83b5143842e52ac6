#pragma once
// The columns of a consistency record while a unit is being computed.
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/model/model.hpp"
#include "pipeline/store/record.hpp"
#include "stages/capture/record.hpp"
#include "stages/consistency/params.hpp"
#include "stages/consistency/record.hpp"

namespace vrp {

/// Its arguments must outlive it.
class ConsistencyColumns {
 public:
  ConsistencyColumns(const ItemTable& items, const ConsistencyParams& params);
  /// Its paths, params.samples of them, or why there are none.
  void add(std::size_t row, const ModelReply& reply);
  Record finish();

 private:
  void add_failure(std::size_t row, const std::string& reason);
  void start(std::size_t row, ItemStatus status, const std::string& reason);

  const ItemTable& items_;
  const ConsistencyParams& params_;
  std::size_t paths_;
  bool alike_;  ///< classes by ROUGE-L in place of equality
  std::vector<std::string> key_, reason_, text_, normalised_, majority_;
  std::vector<std::int32_t> status_, length_, tokens_, valid_;
  std::vector<std::uint8_t> ended_, tie_;
  std::vector<std::int64_t> token_offset_{0};
  std::vector<double> logprob_, logprob_mean_, entropy_, s_sc_, answer_entropy_, distinct_;
};

}  // namespace vrp
