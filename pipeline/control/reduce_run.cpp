#include "pipeline/control/reduce_run.hpp"

#include <algorithm>
#include <list>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/config/fields.hpp"
#include "pipeline/control/run_columns.hpp"
#include "pipeline/control/run_facts.hpp"
#include "pipeline/store/h5.hpp"
#include "stages/reduce_input.hpp"

namespace vrp {
namespace fs = std::filesystem;
namespace {

using Range = std::pair<std::int64_t, std::int64_t>;

/// A cell's table rows that have a finished capture unit, and its records on them.
struct FinishedCell {
  ItemTable items;
  CellData data;
};

class ReduceRun {
 public:
  ReduceRun(const fs::path& root, const ReduceParams& params,
            const std::function<void(const std::string&)>& say)
      : run_(root), params_(params), say_(say), seed_(run_facts(run_.manifest()).seed) {
    const fs::path score = score_file_path(root);
    labels_changed_ = fs::exists(score) &&
                      fs::last_write_time(score) > fs::last_write_time(root / "manifest.json");
    own_params_ = canonical_text(params) == canonical_text(reduce_params(run_.manifest()));
  }

  ReducedRun run() {
    for (const CellWork& cell : cells_of(run_.manifest())) add_cell(cell);
    for (const WorkEntry& work : work_of(run_.manifest()))
      if (work.pooled && work.stage == "reduce") add_pooled(work);
    if (std::all_of(out_.cells.begin(), out_.cells.end(),
                    [](const ReducedCell& cell) { return cell.items == 0; }))
      fail(run_.root().string(),
           ": no unit of stage capture is finished, so that there is nothing "
           "to compute statistics of");
    return std::move(out_);
  }

 private:
  bool there(const std::string& name) const { return fs::exists(run_.root() / name); }

  /// The run's own reduce unit, when it is finished and still holds.
  bool add_stored(const WorkEntry& work) {
    const std::string version = concat("reduce version ", kReduceVersion);
    if (labels_changed_ || !own_params_ || work.files.empty() ||
        work.fingerprint.value("stage", "") != version ||
        !std::all_of(work.files.begin(), work.files.end(),
                     [&](const std::string& name) { return there(name); }))
      return false;
    for (const std::string& name : work.files)
      out_.records.push_back(read_record(run_.root() / name).record);
    return true;
  }

  /// Stages of which a unit is missing.
  std::vector<std::string> missing(const StageWork& stages) const {
    std::vector<std::string> out;
    for (const char* stage : {"capture", "metrics", "consistency", "probes", "interventions"}) {
      const auto work = stages.find(stage);
      if (work == stages.end()) continue;
      const auto& files = work->second.files;
      const auto done = std::count_if(files.begin(), files.end(),
                                      [&](const std::string& name) { return there(name); });
      if (done < static_cast<std::ptrdiff_t>(files.size()))
        out.push_back(concat(stage, ' ', done, " of ", files.size(), " units"));
    }
    return out;
  }

  std::set<Range> captured(const WorkEntry& capture) const {
    std::set<Range> out;
    for (std::size_t u = 0; u < capture.files.size(); ++u)
      if (there(capture.files[u])) out.emplace(capture.first[u], capture.last[u]);
    return out;
  }

  void add_cell(const CellWork& cell) {
    ReducedCell state{cell.model, cell.benchmark, false, false, 0, 0, missing(cell.stages)};
    const auto capture = cell.stages.find("capture");
    if (capture == cell.stages.end()) return;
    for (std::size_t u = 0; u < capture->second.files.size(); ++u)
      state.asked += capture->second.last[u] - capture->second.first[u];
    const std::set<Range> ranges = captured(capture->second);
    for (const Range& range : ranges) state.items += range.second - range.first;
    state.whole = state.missing.empty();
    const auto reduce = cell.stages.find("reduce");
    state.stored = reduce != cell.stages.end() && add_stored(reduce->second);
    if (!state.stored && state.items > 0) {
      say_(concat(cell.model, " on ", cell.benchmark, ": statistics of ", state.items, " of ",
                  state.asked, " items"));
      out_.records.push_back(reduce_cell(finished(cell, ranges).data, params_, seed_));
    }
    out_.cells.push_back(std::move(state));
  }

  /// Reads a cell, once; the records of item ranges that capture has finished.
  const FinishedCell& finished(const CellWork& cell, const std::set<Range>& ranges) {
    const auto known = std::find_if(read_.begin(), read_.end(), [&](const FinishedCell& one) {
      return one.data.model == cell.model && one.data.benchmark == cell.benchmark;
    });
    if (known != read_.end()) return *known;
    const ItemTable table = labelled_table(run_, cell.benchmark, "");
    const Reviews all = reviews_in(run_, cell.model, table, cell.benchmark);
    std::vector<std::size_t> rows;
    Reviews reviews;
    for (const Range& range : ranges)
      for (std::int64_t row = range.first; row < range.second; ++row) {
        const auto at = static_cast<std::size_t>(row);
        if (at >= table.size())
          fail(run_.root().string(), ": ", cell.model, " on ", cell.benchmark, " has item ", row,
               ", its table ", table.size(), " items");
        rows.push_back(at);
        if (!all.empty()) reviews.push_back(all.at(at));
      }
    read_.push_back({select_rows(table, rows), {}});
    FinishedCell& out = read_.back();
    out.data = cell_data(cell.model, cell.benchmark, out.items, std::move(reviews),
                         [&](const std::string& stage) {
                           CellWork wanted = cell;
                           keep_ranges(ranges, stage, wanted);
                           return stage_arrays(run_, wanted, stage, has_columns);
                         });
    return out;
  }

  /// Takes out units of items that are not captured; a whole cell's record covers all of them.
  static void keep_ranges(const std::set<Range>& ranges, const std::string& stage, CellWork& cell) {
    const auto work = cell.stages.find(stage);
    if (work == cell.stages.end() || stage == "probes") return;
    WorkEntry kept = work->second;
    kept.files.clear();
    for (std::size_t u = 0; u < work->second.files.size(); ++u)
      if (ranges.contains({work->second.first[u], work->second.last[u]}))
        kept.files.push_back(work->second.files[u]);
    work->second = std::move(kept);
  }

  void add_pooled(const WorkEntry& reduce) {
    ReducedCell state{reduce.model, reduce.benchmark, false, true, 0, 0, {}};
    std::vector<CellWork> members;
    for (const CellWork& cell : cells_of(run_.manifest())) {
      // The fingerprint of a pooled unit names the sets that it reads.
      if (cell.model != reduce.model ||
          !reduce.fingerprint.contains("upstream capture of " + cell.benchmark))
        continue;
      members.push_back(cell);
    }
    std::size_t with_items = 0;
    for (const ReducedCell& cell : out_.cells)
      for (const CellWork& member : members)
        if (cell.model == member.model && cell.benchmark == member.benchmark) {
          state.items += cell.items;
          state.asked += cell.asked;
          state.whole = state.whole && cell.whole;
          with_items += cell.items > 0;
        }
    state.stored = add_stored(reduce);
    if (!state.stored && with_items > 0) {
      say_(concat(reduce.model, " on the pooled set: statistics of ", state.items, " of ",
                  state.asked, " items"));
      std::vector<CellData> cells;
      for (const CellWork& member : members) {
        const std::set<Range> ranges = captured(member.stages.at("capture"));
        if (!ranges.empty()) cells.push_back(finished(member, ranges).data);
      }
      out_.records.push_back(reduce_pooled(cells, params_, seed_, pooled_probes(reduce.model)));
    }
    out_.cells.push_back(std::move(state));
  }

  Record pooled_probes(const std::string& model) const {
    for (const WorkEntry& work : work_of(run_.manifest()))
      if (work.pooled && work.stage == "probes" && work.model == model)
        for (const std::string& name : work.files)
          if (there(name)) return read_arrays(run_.root() / name, has_columns);
    return {};
  }

  StoredRun run_;
  const ReduceParams& params_;
  const std::function<void(const std::string&)>& say_;
  std::uint64_t seed_;
  bool labels_changed_ = false, own_params_ = true;
  std::list<FinishedCell> read_;  // addresses stay: data points to items
  ReducedRun out_;
};

}  // namespace

bool ReducedRun::whole() const {
  return std::all_of(cells.begin(), cells.end(),
                     [](const ReducedCell& cell) { return cell.stored || cell.whole; });
}

std::string ReducedRun::partial() const {
  if (whole()) return "";
  std::int64_t items = 0, asked = 0, complete = 0;
  for (const ReducedCell& cell : cells) {
    complete += cell.stored || cell.whole;
    if (cell.benchmark == kPooledSet) continue;
    items += cell.items;
    asked += cell.asked;
  }
  return concat("unfinished run: ", items, " of ", asked, " items answered, ", complete, " of ",
                cells.size(), " cells complete");
}

ReducedRun reduce_run(const fs::path& run, const ReduceParams& params,
                      const std::function<void(const std::string&)>& say) {
  return ReduceRun(run, params, say).run();
}

}  // namespace vrp
