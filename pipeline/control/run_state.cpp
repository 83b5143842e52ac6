#include "pipeline/control/run_state.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "pipeline/base/error.hpp"
#include "pipeline/driver/folder_list.hpp"
#include "pipeline/driver/manifest.hpp"
#include "pipeline/driver/owner.hpp"
#include "pipeline/driver/run_folder.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;
constexpr double kHeartbeatSeconds = 10;  // of rank 0 in owner.json
constexpr double kLongFactor = 3;         // a unit runs long from so many times its expected time
constexpr double kLongSeconds = 60;       // ... and never before
constexpr std::size_t kRateUnits = 200;   // the rate is that of so many latest units

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// The folders of units that the journal names, for a run whose manifest cannot be read.
std::vector<WorkEntry> work_of_journal(const Journal& journal) {
  std::map<std::string, WorkEntry> found;
  for (const auto& [file, entry] : journal.entries) {
    const fs::path folder = fs::path(file).parent_path();
    WorkEntry& work = found[folder.string()];
    work.folder = folder.string();
    work.stage = folder.filename().string().substr(0, folder.filename().string().find('@'));
    work.benchmark = folder.parent_path().filename().string();
    work.model = folder.parent_path().parent_path().string();
    work.files.push_back(file);
    work.first.push_back(0);
    work.last.push_back(0);
  }
  std::vector<WorkEntry> out;
  for (auto& [folder, work] : found) out.push_back(std::move(work));
  return out;
}

struct Place {
  const WorkEntry* work;
  std::size_t index;
  double items() const { return static_cast<double>(work->last[index] - work->first[index]); }
};

/// Where in the work the files are; those of other plans are left out.
std::unordered_map<std::string, Place> places(const std::vector<std::string>& files,
                                              const std::vector<WorkEntry>& work) {
  const std::unordered_set<std::string> wanted(files.begin(), files.end());
  std::unordered_map<std::string, Place> out;
  for (const WorkEntry& entry : work) {
    for (std::size_t u = 0; u < entry.files.size(); ++u) {
      if (wanted.contains(entry.files[u])) out[entry.files[u]] = {&entry, u};
    }
  }
  return out;
}

class Reader {
 public:
  explicit Reader(const fs::path& root) : now_(wall_seconds()) { state_.root = root; }

  RunState read() {
    read_owner_and_events();
    const Journal journal = read_journal(journal_path(state_.root));
    state_.unreadable_journal = journal.unreadable;
    const std::vector<WorkEntry> work = read_work(journal);
    seconds_ = seconds_of(journal, work);
    for (const WorkEntry& entry : work) add_stage(entry, journal);
    read_launch();
    judge();
    if (state_.condition == RunCondition::live) {
      rate(work);
      time_left();
      find_long(work);
    }
    return std::move(state_);
  }

 private:
  std::vector<WorkEntry> read_work(const Journal& journal) {
    try {
      const Json manifest = read_manifest(state_.root);
      state_.sweep = manifest.value("sweep", "");
      if (manifest.value("partial", false)) {
        state_.limit = concat("--limit ", manifest.value("limit", std::int64_t{0}));
      }
      return work_of(manifest);
    } catch (const std::exception& error) {
      // Not a run at all, or one that is about to write its manifest, or one that lost it.
      if (journal.entries.empty() && state_.events.starts.empty() && state_.owner.empty()) throw;
      state_.manifest_problem = error.what();
      return work_of_journal(journal);
    }
  }

  void add_stage(const WorkEntry& work, const Journal& journal) {
    StageState stage{work.model, work.benchmark, work.stage, work.folder, work.pooled};
    stage.units = work.files.size();
    const FolderList folder = FolderList::open(state_.root / work.folder);
    for (std::size_t u = 0; u < work.files.size(); ++u) {
      const std::int64_t items = work.last[u] - work.first[u];
      stage.items += items;
      if (!folder.has(work.files[u].substr(work.folder.size() + 1))) continue;
      ++stage.done;
      stage.items_done += items;
      const auto known = journal.entries.find(work.files[u]);
      if (known == journal.entries.end() || !known->second.facts_known) {
        ++stage.not_noted;
        continue;
      }
      stage.failed_items += known->second.facts.failed_items;
      stage.seconds += known->second.facts.seconds;
    }
    for (const std::string& name : folder.names()) {
      stage.set_aside += name.find(".h5.bad") != std::string::npos ? 1 : 0;
    }
    state_.stages.push_back(std::move(stage));
  }

  void read_owner_and_events() {
    state_.owner = live_owner(state_.root, kHeartbeatSeconds);
    state_.events = read_run_events(state_.root / "events.jsonl");
    try {
      const double beat = read_json(state_.root / "owner.json").at("beat");
      state_.silent_seconds = std::max(0.0, now_ - beat);
    } catch (const std::exception&) {
      if (state_.events.last.time >= 0 && !state_.events.last.kind.empty()) {
        state_.silent_seconds = std::max(0.0, now_ - static_cast<double>(state_.events.last.time));
      }
    }
  }

  void read_launch() {
    if (state_.events.starts.empty()) return;
    const Json& start = state_.events.starts.back().all;
    if (start.contains("ranks") && start["ranks"].is_number_integer())
      state_.ranks = start["ranks"];
    if (!start.contains("hosts") || !start["hosts"].is_array()) return;
    for (const Json& host : start["hosts"]) {
      if (host.is_array() && host.size() == 2 && host[0].is_string() &&
          host[1].is_number_integer()) {
        state_.hosts.emplace_back(host[0].get<std::string>(), host[1].get<int>());
      }
    }
  }

  void judge() {
    const RunEvent& end = state_.events.last_end;
    if (end.kind == "end" && end.all.contains("code") && end.all["code"].is_number_integer()) {
      state_.end_code = end.all["code"];
    }
    const bool whole = state_.manifest_problem.empty() && state_.done() == state_.units();
    if (!state_.owner.empty()) {
      state_.condition = RunCondition::live;
    } else if (whole && (state_.end_code >= 0 || state_.events.starts.empty())) {
      state_.condition = RunCondition::complete;
    } else if (state_.end_code >= 0) {
      state_.condition = RunCondition::stopped;
    } else if (!state_.events.starts.empty()) {
      state_.condition = RunCondition::died;
    }
  }

  /// Over the latest units of this launch and the time since then, so that a run that hangs slows
  /// down here instead of showing its old rate.
  void rate(const std::vector<WorkEntry>& work) {
    const auto& units = state_.events.units;
    const std::size_t begin = units.size() > kRateUnits ? units.size() - kRateUnits : 0;
    std::int64_t from = begin > 0                      ? units[begin - 1].time
                        : state_.events.starts.empty() ? -1
                                                       : state_.events.starts.back().time;
    const double span = now_ - static_cast<double>(from);
    if (units.empty() || from < 0 || span <= 0) return;
    std::vector<std::string> files;
    for (std::size_t i = begin; i < units.size(); ++i) files.push_back(units[i].file);
    double items = 0;
    for (const auto& [file, place] : places(files, work)) items += place.items();
    state_.items_per_second = items / span;
    state_.units_per_minute = 60 * static_cast<double>(units.size() - begin) / span;
  }

  /// What is missing, at the seconds that finished units of its stage took, over the ranks at work.
  void time_left() {
    double work = 0;
    bool any = false;
    for (const StageState& stage : state_.stages) {
      if (stage.done == stage.units) continue;
      const double expected = seconds_.expected(
          stage.model, stage.stage, static_cast<double>(stage.items - stage.items_done));
      if (expected < 0) {
        auto& untimed = state_.untimed;
        if (std::find(untimed.begin(), untimed.end(), stage.stage) == untimed.end())
          untimed.push_back(stage.stage);
        continue;
      }
      any = true;
      work += expected;
    }
    const auto retired = std::count_if(
        state_.events.trouble.begin(), state_.events.trouble.end(), [&](const RunEvent& event) {
          return event.kind == "retired" && event.start == state_.events.starts.size();
        });
    const auto ranks = std::max<std::int64_t>(1, state_.ranks - retired);
    if (any) state_.seconds_left = work / static_cast<double>(ranks);
    if (state_.done() == state_.units()) state_.seconds_left = 0;
  }

  void find_long(const std::vector<WorkEntry>& work) {
    const std::int64_t since = state_.events.starts.empty() ? 0 : state_.events.starts.back().time;
    const auto quiet =
        quiet_units(state_.root / "logs", since, static_cast<std::int64_t>(now_), kLongSeconds);
    std::vector<std::string> files;
    for (const RunningUnit& unit : quiet) files.push_back(unit.file);
    const auto found = places(files, work);
    for (const RunningUnit& unit : quiet) {
      const auto place = found.find(unit.file);
      if (place == found.end()) continue;
      const WorkEntry& entry = *place->second.work;
      const double expected = seconds_.expected(entry.model, entry.stage, place->second.items());
      if (unit.seconds > kLongFactor * expected) state_.long_units.push_back(unit);
    }
  }

  double now_;
  RunState state_;
  UnitSeconds seconds_;
};

}  // namespace

std::size_t RunState::units() const {
  std::size_t sum = 0;
  for (const StageState& stage : stages) sum += stage.units;
  return sum;
}

std::size_t RunState::done() const {
  std::size_t sum = 0;
  for (const StageState& stage : stages) sum += stage.done;
  return sum;
}

std::int64_t RunState::failed_items() const {
  std::int64_t sum = 0;
  for (const StageState& stage : stages) sum += stage.failed_items;
  return sum;
}

RunState read_run_state(const fs::path& root) { return Reader(root).read(); }

std::string condition_name(RunCondition condition) {
  switch (condition) {
    case RunCondition::live:
      return "live";
    case RunCondition::complete:
      return "complete";
    case RunCondition::stopped:
      return "stopped";
    case RunCondition::died:
      return "died";
    case RunCondition::fresh:
      return "not started";
  }
  return "";
}

}  // namespace vrp
