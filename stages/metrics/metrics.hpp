#pragma once
// The metrics stage: from attention maps to numbers per item.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pipeline/items/item_table.hpp"
#include "pipeline/store/record.hpp"
#include "stages/metrics/params.hpp"

namespace vrp {

/// Structural and relevance-aware metrics (methods 4 and 5) of rows [first, last) of `items`, whose
/// capture record is `capture`; the layout of the result is in record.hpp. A pure function of its
/// arguments: the record of [0, N) is the concatenation of the records of its parts, since controls
/// and permutations draw on the whole item table, keyed by (seed, model, item or set).
/// An item without a map (failed, attention invalid, no mass) is a row of NaNs with a flag. Error
/// when the capture record is not of these rows or lacks an array, or (usage) on a parameter.
Record compute_metrics(const ItemTable& items, std::size_t first, std::size_t last,
                       const Record& capture, const MetricsParams& params, std::uint64_t seed,
                       std::string_view model);

}  // namespace vrp
