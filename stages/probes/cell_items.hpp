#pragma once
// The items of a cell as the probes see them: label, image, type, and whether they are used.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "stages/probes/params.hpp"
#include "stages/probes/probes.hpp"

namespace vrp {

/// N rows in the order of the item table.
struct CellItems {
  std::string benchmark;
  std::uint64_t seed = 0;
  std::vector<std::int8_t> y;      ///< 1 correct, 0 incorrect, -1 not used
  std::vector<std::string> group;  ///< image: rows with the same file or the same image id share it
  std::vector<std::int32_t> type;  ///< question type, 0 .. types-1
  std::int32_t types = 0;
  std::vector<double> prompt_tokens;                       ///< NaN where not answered
  std::int64_t failed = 0, unlabelled = 0, stateless = 0;  ///< why rows are not used

  std::size_t size() const { return y.size(); }
  std::vector<std::int32_t> used() const;  ///< rows with a label, ascending
};

/// Streams the capture records once: labels into the result, and each record to `also` with the row
/// of its first item. A row is not used when it has no answer, no label, or states that are not
/// finite (with hidden states in the record). Error when the records are not of these items, when
/// no array label/* (as params.label asks) is there.
CellItems read_items(const ProbeInput& input, const ProbesParams& params,
                     const std::function<void(const Record&, std::size_t first)>& also = {});

}  // namespace vrp
