#pragma once
// What the interventions read of a capture record: the answers that the baseline must repeat.
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/store/record.hpp"

namespace vrp {

class CapturedAnswers {
 public:
  /// Error when the record is not of rows first .. last - 1 or its offsets do not fit its tokens.
  CapturedAnswers(const ItemTable& items, std::size_t first, std::size_t last,
                  const Record& capture);
  std::vector<std::int32_t> tokens(std::size_t i) const;
  const std::string& text(std::size_t i) const { return (*text_)[i]; }

 private:
  const std::vector<std::int64_t>* offset_;
  const std::vector<std::int32_t>* tokens_;
  const std::vector<std::string>* text_;
};

/// Outer fold of rows first .. last - 1 in a probes record of the whole cell; -1 where it is not
/// used, or when the record has no arrays. Error when it is not of this cell.
std::vector<std::int64_t> folds_of(const ItemTable& items, std::size_t first, std::size_t last,
                                   const Record& probes);

}  // namespace vrp
