#pragma once
// The statistics of a run from whatever of it is finished, without a model.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/store/record.hpp"
#include "stages/reduce/params.hpp"
#include "stages/reduce/results.hpp"

namespace vrp {

/// How far one cell was when its statistics were made.
struct ReducedCell {
  std::string model, benchmark;
  bool stored = false;               ///< read from the run's own reduce unit
  bool whole = false;                ///< every unit that it reads is finished
  std::int64_t items = 0;            ///< items answered
  std::int64_t asked = 0;            ///< items that the run asks
  std::vector<std::string> missing;  ///< stages of which units are missing, "consistency 3 of 8"
};

struct ReducedRun {
  std::vector<Record> records;     ///< of reduce_cell and reduce_pooled, as in the run's own units
  std::vector<ReducedCell> cells;  ///< in the order of the sweep, the pooled ones last
  bool whole() const;
  /// "unfinished run: 812 of 1000 items answered, 3 of 7 cells complete"; "" when it is whole.
  std::string partial() const;
};

/// What `vrp-run` would have at its end if the finished units were all there is: a cell's items are
/// those with a finished capture unit; signals of units that are missing are undefined. Cells whose
/// reduce unit is finished are read from it, unless another version of reduce made it, `vrp score`
/// changed the labels, or `params` are not the run's. `say` gets a line for each cell that is
/// computed. Error when no capture unit is finished, or when one is damaged.
ReducedRun reduce_run(const std::filesystem::path& run, const ReduceParams& params,
                      const std::function<void(const std::string&)>& say);

}  // namespace vrp
