#include "pipeline/control/run_columns.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/items/reviews.hpp"
#include "pipeline/store/h5.hpp"
#include "stages/reduce_input.hpp"

namespace vrp {
namespace fs = std::filesystem;

std::vector<CellWork> cells_of(const Json& manifest) {
  std::vector<CellWork> out;
  for (WorkEntry& work : work_of(manifest)) {
    if (work.pooled) continue;
    auto cell = std::find_if(out.begin(), out.end(), [&](const CellWork& known) {
      return known.model == work.model && known.benchmark == work.benchmark;
    });
    if (cell == out.end()) cell = out.insert(out.end(), {work.model, work.benchmark, {}});
    const std::string stage = work.stage;
    cell->stages.emplace(stage, std::move(work));
  }
  return out;
}

ItemTable labelled_table(const StoredRun& run, const std::string& benchmark,
                         const std::string& scorer) {
  ItemTable out = run.read_table(benchmark);
  const ScoreFile file = read_score_file(run.root());
  if (const auto choice = file.benchmarks.find(benchmark); choice != file.benchmarks.end())
    out.scorers = scorers_with(std::move(out.scorers), choice->second);
  if (scorer.empty()) return out;
  try {
    out.scorers = scorers_with(std::move(out.scorers), {{}, find_scorer(scorer).label()});
  } catch (const Error& error) {
    fail_usage(error.what());
  }
  return out;
}

Reviews reviews_in(const StoredRun& run, const std::string& model, const ItemTable& items,
                   const std::string& benchmark) {
  const fs::path file = run.reviews(read_score_file(run.root()), model, benchmark);
  if (file.empty()) return {};
  return read_reviews(file, items, false, std::vector<bool>(items.size(), false)).reviews;
}

const std::vector<std::string>& column_stages() {
  static const std::vector<std::string> stages{"capture", "metrics", "consistency", "probes"};
  return stages;
}

Progress progress_of(const StoredRun& run, const CellWork& cell) {
  Progress out;
  for (const std::string& stage : column_stages()) {
    const auto work = cell.stages.find(stage);
    if (work == cell.stages.end()) continue;
    out.units += work->second.files.size();
    for (const std::string& name : work->second.files)
      out.finished += fs::exists(run.root() / name);
  }
  return out;
}

Record stage_arrays(const StoredRun& run, const CellWork& cell, const std::string& stage,
                    const std::function<bool(const std::string& name)>& keep) {
  const auto work = cell.stages.find(stage);
  if (work == cell.stages.end()) return {};
  std::vector<Record> parts;
  for (const std::string& name : work->second.files)
    if (fs::exists(run.root() / name)) parts.push_back(read_arrays(run.root() / name, keep));
  return concatenate(parts);
}

CellColumns read_columns(const StoredRun& run, const CellWork& cell, const ItemTable& items) {
  return columns_of(cell_data(cell.model, cell.benchmark, items,
                              reviews_in(run, cell.model, items, cell.benchmark),
                              [&](const std::string& stage) {
                                if (stage == "interventions") return Record();
                                return stage_arrays(run, cell, stage, has_columns);
                              }));
}

}  // namespace vrp
