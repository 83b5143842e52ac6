// vrp why: what changed since the results in a folder, and why a unit is not done.
#include <algorithm>
#include <iostream>
#include <optional>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/plan_text.hpp"
#include "pipeline/control/sweep_plan.hpp"
#include "pipeline/control/why_changes.hpp"
#include "pipeline/control/why_unit.hpp"

namespace vrp {
namespace {

constexpr const char* kHelp =
    R"(usage: vrp why -C SWEEP [options of vrp-run] [STAGE | UNIT]
       vrp why RUN [STAGE | UNIT]

With a STAGE or without: which results would be computed again and which settings changed since the
newest results in the folder, field by field, old -> new. A change upstream is traced to the field
that was changed. With -C what is wanted comes from the sweep and its options, with RUN from the
run's manifest (its last start).
With a UNIT (its file, or an end of its path that fits one alone): why it is not done: which units
it waits for, how it failed, whether it is damaged.

Exit code 0; 2 when there is no such stage or unit.
)";

constexpr const char* kFlags[] = {"--retry-failed", "--dry-run", "--help", "-h"};

/// The last word, when it is no option and no option's value.
std::string take_word(Arguments& arguments) {
  if (arguments.empty() || arguments.back().starts_with("-")) return "";
  if (arguments.size() > 1) {
    const std::string& before = arguments[arguments.size() - 2];
    const bool option = before.starts_with("-") && before.find('=') == before.npos &&
                        (before.starts_with("--") || before.size() == 2) &&
                        std::find(std::begin(kFlags), std::end(kFlags), before) == std::end(kFlags);
    if (option) return "";
  }
  std::string word = arguments.back();
  arguments.pop_back();
  return word;
}

/// Where the value of a field was set, as " (conf/sweeps/demo.ini:14)"; "" when that is not known.
std::string origin_of(const Sweep* sweep, const FieldChange& change) {
  const std::size_t dot = change.field.find('.');
  if (sweep == nullptr || dot == std::string::npos) return "";
  const Setting* setting =
      sweep->settings.find(change.field.substr(0, dot), change.field.substr(dot + 1));
  return setting != nullptr ? " (" + setting->origin + ")" : "";
}

/// Names of the checkpoint's files whose hashes differ, for a change of field "model".
std::string changed_files(const SweepPlan* plan, const Json& manifest, const std::string& model,
                          const FieldChange& change) {
  if (plan == nullptr || change.field != "model" || !manifest.is_object()) return "";
  const Json models = manifest.value("models", Json::object());
  if (!models.contains(model) || models[model].value("hash", "") != change.before) return "";
  const Json before = models[model].value("files", Json::object());
  const Json now = plan->checkpoints.at(model).at("files");
  std::vector<std::string> names;
  for (const auto& [name, facts] : now.items()) {
    if (!before.contains(name) || before[name].value("xxh3", "") != facts.value("xxh3", ""))
      names.push_back(name);
  }
  for (const auto& [name, facts] : before.items())
    if (!now.contains(name)) names.push_back(name + " (gone)");
  return names.empty() ? "" : "; checkpoint files that changed: " + join(names, ", ");
}

std::string quoted(const std::string& value, bool there) {
  if (!there) return "(none)";
  return value.empty() ? "''" : concat("'", excerpt(value, 200), "'");
}

/// "for 12 cells" or the cells by name when they are few.
std::string cells_text(const std::vector<const Change*>& changes) {
  std::vector<std::string> names;
  for (const Change* change : changes)
    names.push_back(change->work->model + "/" + change->work->benchmark);
  if (names.size() > 4) return concat(names.size(), " cells");
  return join(names, ", ");
}

class Printer {
 public:
  Printer(const SweepPlan* plan, const std::filesystem::path& root) : plan_(plan) {
    try {
      manifest_ = read_manifest(root);
    } catch (const std::exception&) {
      manifest_ = nullptr;
    }
  }

  /// Changes of one stage that have the same reasons stand together.
  void print(const std::vector<Change>& changes) const {
    std::vector<std::pair<std::string, std::vector<const Change*>>> groups;
    for (const Change& change : changes) {
      const std::string text = reasons(change);
      const std::string key = change.work->stage + "\n" + text;
      const auto found = std::find_if(groups.begin(), groups.end(),
                                      [&](const auto& group) { return group.first == key; });
      if (found == groups.end()) {
        groups.emplace_back(key, std::vector<const Change*>{&change});
      } else {
        found->second.push_back(&change);
      }
    }
    for (const auto& [key, members] : groups) {
      std::size_t units = 0, done = 0;
      for (const Change* change : members) {
        units += change->work->files.size();
        done += change->done;
      }
      std::cout << members.front()->work->stage << " of " << cells_text(members) << ": "
                << units - done << " of " << units << " units to compute\n"
                << key.substr(key.find('\n') + 1);
    }
  }

 private:
  std::string reasons(const Change& change) const {
    if (change.before.empty()) return "  no results of other settings are there: never computed\n";
    std::string out;
    for (const FieldChange& root : change.roots) {
      // The benchmark is the cell's own unless a pooled cell or another stage's cell changed.
      const bool elsewhere = root.stage != change.work->stage;
      const bool other_cell = root.benchmark != change.work->benchmark;
      out += "  " + std::string(elsewhere ? root.stage + " changed" : "") +
             (elsewhere && other_cell ? " (" + root.benchmark + ")" : "") +
             (elsewhere ? ": " : "") + root.field + ": " + quoted(root.before, root.had) + " -> " +
             quoted(root.now, root.has) + origin_of(plan_ ? &plan_->sweep : nullptr, root) +
             changed_files(plan_, manifest_, change.work->model, root) + "\n";
    }
    for (const std::string& name : change.untraced)
      out +=
          "  what " + fingerprint_name(name) + " was made with is not kept (no fingerprint.json)\n";
    if (out.empty()) out = "  same settings as " + change.before + "\n";
    return out;
  }

  /// STAGE@FINGERPRINT of a folder.
  static std::string fingerprint_name(const std::string& folder) {
    return folder.substr(folder.rfind('/') + 1);
  }

  const SweepPlan* plan_;
  Json manifest_;
};

int explain(const std::filesystem::path& root, const std::vector<WorkEntry>& all,
            const std::string& word, const SweepPlan* plan) {
  std::vector<WorkEntry> work = all;
  std::vector<std::string> stages;
  for (const WorkEntry& entry : all) {
    if (std::find(stages.begin(), stages.end(), entry.stage) == stages.end())
      stages.push_back(entry.stage);
  }
  const bool stage = std::find(stages.begin(), stages.end(), word) != stages.end();
  if (!word.empty() && !stage) {
    if (word.find('/') == word.npos && !word.ends_with(".h5")) {
      const std::string near = nearest(word, stages);
      fail_usage("vrp why: '", excerpt(word), "' is no stage of the plan (", join(stages, ", "),
                 ") and no unit file", near.empty() ? "" : "; did you mean '" + near + "'?");
    }
    std::cout << why_unit(root, all, find_unit(all, word));
    return 0;
  }
  std::vector<Change> changes = find_changes(root, work);
  const std::size_t asked = word.empty()
                                ? work.size()
                                : static_cast<std::size_t>(std::count_if(
                                      work.begin(), work.end(),
                                      [&](const WorkEntry& entry) { return entry.stage == word; }));
  if (!word.empty())
    std::erase_if(changes, [&](const Change& change) { return change.work->stage != word; });
  if (changes.empty()) {
    std::cout << "up to date: all units of " << (word.empty() ? "the plan" : word)
              << " are there\n";
    return 0;
  }
  Printer(plan, root).print(changes);
  std::cout << asked - changes.size() << " of " << asked << " (stage, cell) are up to date\n";
  return 0;
}

}  // namespace

int why_command(const Arguments& arguments) {
  Arguments rest = arguments;
  if (rest.empty() || rest.front() == "--help" || rest.front() == "-h") {
    std::cout << kHelp;
    return rest.empty() ? static_cast<int>(ExitCode::usage) : 0;
  }
  if (rest.front().starts_with("-")) {
    const std::string word = take_word(rest);
    const RunOptions options = sweep_options("vrp why", rest);
    if (options.help) {
      std::cout << kHelp;
      return 0;
    }
    const SweepPlan plan = read_sweep_plan(options);
    return explain(plan.root, work_of(plan.plan), word, &plan);
  }
  if (rest.size() > 2)
    fail_usage("vrp why: '", excerpt(rest[2]),
               "' is too much, expected vrp why RUN [STAGE | UNIT]");
  const std::filesystem::path root = rest[0];
  return explain(root, work_of(read_manifest(root)), rest.size() > 1 ? rest[1] : "", nullptr);
}

}  // namespace vrp
