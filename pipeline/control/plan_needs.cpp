#include "pipeline/control/plan_needs.hpp"

#include <sys/statvfs.h>

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/plan_text.hpp"
#include "pipeline/control/status_text.hpp"
#include "pipeline/driver/run_folder.hpp"
#include "pipeline/model/memory.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kTextTokens =
    64;  // of a prompt besides its picture, as check-model takes it

/// The nearest folder that exists.
fs::path existing(fs::path folder) {
  std::error_code error;
  folder = fs::absolute(folder, error);
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

/// The share of a unit's items that the interventions evaluate; 1 for every other stage.
double share_evaluated(const Plan& plan, const StageParams& params, const Unit& unit) {
  if (plan.stages[unit.stage].name != "interventions") return 1;
  const Cell& cell = plan.cells[unit.cell];
  const auto own = params.interventions_of.find(cell.model);
  const auto rows = static_cast<std::int64_t>(plan.tables[cell.table].size());
  const std::int64_t asked = plan.limit > 0 ? std::min(rows, plan.limit) : rows;
  const int evaluated = own != params.interventions_of.end() ? own->second.items : 0;
  if (evaluated <= 0 || evaluated >= asked) return 1;
  return static_cast<double>(evaluated) / static_cast<double>(asked);
}

std::string ranks_text(const PlanTime& time, std::int64_t ranks) {
  const TimeRange range = time_on(time, ranks);
  const std::string low = duration_text(range.low), high = duration_text(range.high);
  return concat(ranks, ranks == 1 ? " rank " : " ranks ", low, low == high ? "" : " to " + high);
}

}  // namespace

std::string disk_text(const Plan& plan, const std::vector<bool>& done,
                      const std::vector<StageSize>& sizes, const fs::path& root) {
  std::int64_t needed = 0, arrays = 0;
  std::vector<std::string> unknown;
  for (std::size_t s = 0; s < sizes.size(); ++s) {
    const StageCell& stage_cell = plan.stage_cells[s];
    const auto units = std::ssize(stage_cell.units);
    const auto missing = std::count_if(stage_cell.units.begin(), stage_cell.units.end(),
                                       [&](std::size_t id) { return !done[id]; });
    if (units == 0 || missing == 0) continue;
    const std::string& stage = plan.stages[stage_cell.stage].name;
    if (sizes[s].kind == StageSize::Kind::unknown &&
        std::find(unknown.begin(), unknown.end(), stage) == unknown.end())
      unknown.push_back(stage);
    needed += sizes[s].files / units * missing;
    arrays += sizes[s].arrays / units * missing;
  }
  std::string out =
      concat("disk: about ", bytes_text(needed), " still to write (arrays ", bytes_text(arrays),
             " before compression, the rest headers of unit files)");
  if (!unknown.empty()) out += " and stage " + join(unknown, ", ");
  const fs::path folder = existing(root);
  struct statvfs facts {};
  if (::statvfs(folder.c_str(), &facts) != 0) return out + "; free space is unknown\n";
  const auto free =
      static_cast<std::int64_t>(facts.f_bavail) * static_cast<std::int64_t>(facts.f_frsize);
  out += concat("; ", bytes_text(free), " free in ", folder.string());
  return out + (needed > free ? ": NOT ENOUGH\n" : "\n");
}

std::string memory_text(const Sweep& sweep, const StageParams& params) {
  std::vector<std::vector<std::string>> rows{
      {"memory", "weights on a CPU node, once", "each CPU rank besides", "an accelerator, bf16"}};
  int longest = 1;
  for (const auto& benchmark : sweep.benchmarks)
    longest = std::max(longest, benchmark.config.max_new_tokens);
  for (const NamedModel& model : sweep.models) {
    const ModelSpec spec = model_spec(model);
    const TensorMatch match = match_tensors(spec, SafetensorsIndex::open(model.config.checkpoint));
    MemoryRequest request;
    request.samples = params.consistency.samples;
    request.max_new_tokens = longest;
    request.prompt_tokens = most_image_tokens(spec) + kTextTokens;
    const MemoryNeed cpu = memory_need(spec, match, request);
    request.compute_bytes = 2;
    request.kept_as_stored = false;
    request.batch = batch_on_gpu(sweep.run);
    const MemoryNeed gpu = memory_need(spec, match, request);
    rows.push_back({model.name, bytes_text(cpu.weights), bytes_text(cpu.keys_values + cpu.working),
                    bytes_text(gpu.total())});
  }
  return columns_text(rows);
}

std::string time_text(const Plan& plan, const StageParams& params, const std::vector<bool>& done,
                      const std::vector<WorkEntry>& work, const fs::path& root,
                      std::int64_t ranks) {
  UnitSeconds seconds;
  std::string source, notes;
  double load = 0;
  std::function<double(const Unit&)> share;  // finished units tell it by themselves
  if (fs::exists(root / "calibration.json")) {
    const Calibration calibration = read_calibration(root / "calibration.json", plan);
    seconds = calibration.seconds;
    source = calibration.source;
    share = [&](const Unit& unit) { return share_evaluated(plan, params, unit); };
    load = calibration.load_seconds;
    for (const std::string& problem : calibration.problems) notes += "  " + problem + "\n";
    if (calibration.peak_bytes > 0)
      notes += "  peak memory of the calibration: " + bytes_text(calibration.peak_bytes) + "\n";
  } else {
    seconds = seconds_of(read_journal(journal_path(root)), work);
    source = "finished units of " + root.string();
  }
  if (std::find(done.begin(), done.end(), false) == done.end()) return "time: nothing to do\n";
  const PlanTime time = plan_time(plan, done, seconds, share);
  if (!time.known) return "time: unknown, run vrp plan --calibrate\n" + notes;
  std::vector<std::string> figures;
  for (const std::int64_t count :
       ranks > 0 ? std::vector<std::int64_t>{ranks} : std::vector<std::int64_t>{1, 2, 8, 64}) {
    figures.push_back(ranks_text(time, count));
  }
  std::string out = "time: about " + join(figures, ", ");
  if (!time.untimed.empty()) out += "; without " + join(time.untimed, ", ") + ": no figure";
  out += "\n  from " + source + "; the longest chain of units is " +
         duration_text(time.chain_seconds) + "\n";
  out +=
      "  assumes: every rank as fast as that one was alone (cores and memory not shared), each "
      "model's\n  sets alike an item, stages of whole cells growing with their items as they did "
      "from half\n  of the calibration's to all (probes on few items fit less: more items, "
      "--calibrate=N, "
      "tell more)" +
      (load > 0
           ? concat("; loading the models, ", duration_text(load), " on each rank, is not in it")
           : std::string()) +
      "\n";
  return out + notes;
}

}  // namespace vrp
