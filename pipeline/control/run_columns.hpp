#pragma once
// The cells of a run as columns, for commands that analyse or export them: read from the unit files
// that are finished, labelled as `vrp score` would.
#include <map>
#include <string>
#include <vector>

#include "pipeline/control/score_cells.hpp"
#include "stages/reduce/columns.hpp"

namespace vrp {

/// Work of one cell by stage ("capture", "metrics", "consistency", "probes", ...).
using StageWork = std::map<std::string, WorkEntry>;

/// The cells of a manifest, pooled ones left out, in its order.
struct CellWork {
  std::string model, benchmark;
  StageWork stages;
};
std::vector<CellWork> cells_of(const Json& manifest);

/// The frozen table with the scorers that RUN/score.json adds; `scorer` ("" = none) becomes the
/// primary one. Error (usage) naming the nearest one when this build has no such scorer.
ItemTable labelled_table(const StoredRun& run, const std::string& benchmark,
                         const std::string& scorer);

/// The judge's reviews of a cell by row of `items`; none when there is no file.
Reviews reviews_in(const StoredRun& run, const std::string& model, const ItemTable& items,
                   const std::string& benchmark);

/// Progress of a cell: its units of all stages that columns come from, planned and finished.
struct Progress {
  std::size_t units = 0, finished = 0;
  bool partial() const { return finished < units; }
};
/// Stages whose records hold columns, in the order in which signals are taken from them.
const std::vector<std::string>& column_stages();
Progress progress_of(const StoredRun& run, const CellWork& cell);

/// Arrays of the finished units of a stage joined over its units; no arrays when the cell has no
/// such stage or none of its units is finished. Error naming a damaged file.
Record stage_arrays(const StoredRun& run, const CellWork& cell, const std::string& stage,
                    const std::function<bool(const std::string& name)>& keep);

/// Columns of a cell in ascending order of the item key. `items` must be labelled_table's. Error
/// naming a damaged file.
CellColumns read_columns(const StoredRun& run, const CellWork& cell, const ItemTable& items);

}  // namespace vrp
