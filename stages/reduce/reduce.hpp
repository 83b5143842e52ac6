#pragma once
// Statistics of one cell (a model on a benchmark) and of one model's pooled set. Pure functions:
// columns are sorted by item key and every random draw is keyed, so the same arguments give the
// same bits on any rank and in any order.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/items/labels.hpp"
#include "pipeline/store/record.hpp"
#include "stages/reduce/draws.hpp"
#include "stages/reduce/params.hpp"

namespace vrp {

/// Benchmark name under which the pooled set of a model appears in records and tables.
constexpr std::string_view kPooledSet = "pooled";

/// Version of what reduce stores: statistics of another version are computed again.
constexpr int kReduceVersion = 2;

/// One cell's records, joined over its units. `metrics` and `consistency` may be empty (the stage
/// was not run); `capture` may not.
struct CellData {
  std::string model, benchmark;
  const ItemTable* items = nullptr;
  Record capture, metrics, consistency, probes, interventions;  ///< no arrays = not computed
  Reviews reviews;  ///< a judge's, by row of `items`, for the benchmark's own figures; or empty
};

/// All statistics of one cell; the layout is in rows.hpp. With Draws::block only the draws' record
/// means anything. Items that failed, have no label or have
/// an undefined signal are counted in `invalid`, never replaced. Error when a record names an item
/// that the table lacks, holds one twice, or its columns disagree in length.
Record reduce_cell(const CellData& cell, const ReduceParams& params, const Draws& draws);

/// The same statistics on the pooled set of one model (POPE + counting + spatial + LLaVA-Bench, as
/// far as they are in the run and have labels), with the accounting of every set. Groups are
/// images: two sets that show the same picture share it. `probes`: record of the pooled unit of
/// stage probes (transfer between sets), if there is one.
Record reduce_pooled(const std::vector<CellData>& cells, const ReduceParams& params,
                     const Draws& draws, const Record& probes = {});

/// True when `benchmark` can enter the pooled set ("demo_pope_adversarial" has the part "pope").
bool in_pooled_set(std::string_view benchmark, const ReduceParams& params);

}  // namespace vrp
