#include "stages/reduce/reduce.hpp"

#include "pipeline/base/error.hpp"
#include "stages/reduce/statistics.hpp"

namespace vrp {

void check(const ReduceParams& params) {
  if (params.replicates < 100)
    fail_usage("reduce.replicates is ", params.replicates, ", expected >= 100");
  if (!(params.level > 0 && params.level < 1))
    fail_usage("reduce.level is ", params.level, ", expected a number in (0, 1)");
  if (params.resample != "auto" && params.resample != "group" && params.resample != "item")
    fail_usage("reduce.resample is '", params.resample, "', expected auto, group or item");
  if (params.ece_bins < 2) fail_usage("reduce.ece_bins is ", params.ece_bins, ", expected >= 2");
  if (!(params.equivalence > 0 && params.equivalence < 1))
    fail_usage("reduce.equivalence is ", params.equivalence, ", expected a number in (0, 1)");
  if (params.curve_points < 2)
    fail_usage("reduce.curve_points is ", params.curve_points, ", expected >= 2");
}

Record reduce_cell(const CellData& cell, const ReduceParams& params, std::uint64_t seed) {
  check(params);
  return statistics_record(columns_of(cell), params, seed, true);
}

}  // namespace vrp
