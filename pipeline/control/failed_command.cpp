// vrp failed RUN: what failed, grouped by reason, node, stage, model, benchmark.
#include <algorithm>
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/config/fields.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/control/failed_items.hpp"
#include "pipeline/control/failure_groups.hpp"
#include "pipeline/control/option_reader.hpp"
#include "pipeline/control/plan_text.hpp"
#include "pipeline/control/run_events.hpp"
#include "pipeline/driver/run_folder.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kReasonShown = 100;

constexpr const char* kHelp =
    R"(usage: vrp failed RUN [--group-by reason,node,stage,model,benchmark] [--items] [--json]

What failed, grouped: items (rows with a status and a reason in finished units), attempts at a unit
that was then tried again or given up, ranks that were retired, ranks that hung. In a reason, paths,
numbers and quoted texts are masked so that equal problems group; an example stands below it.

  --group-by FIELDS  default reason,stage; node is the host that computed it
  --items            every failure by itself, one line each: kind, model, benchmark, stage, node,
                     unit file, item, reason, separated by tabs
  --json             one JSON object: groups, with --items also every failure
  --help             show this text

Failed items are computed again by: vrp-run ... --retry-failed
Exit code 0, with failures or without.
)";

struct Options {
  std::string run;
  std::vector<std::string> by;
  bool items = false, json = false, help = false;
};

Options parse(const Arguments& arguments) {
  Options options;
  std::vector<std::string> runs;
  std::string by = "reason,stage";
  OptionReader reader("vrp failed");
  reader.flag("--help", options.help);
  reader.flag("--json", options.json);
  reader.flag("--items", options.items);
  reader.text("--group-by", by);
  reader.words(runs, 1, "one folder RUN");
  reader.read(arguments);
  parse_field(by, options.by);
  for (const std::string& field : options.by) {
    const auto& known = failure_fields();
    if (std::find(known.begin(), known.end(), field) == known.end()) {
      const std::string near = nearest(field, known);
      fail_usage("vrp failed: --group-by names '", excerpt(field), "', expected some of ",
                 join(known, ","), near.empty() ? "" : "; did you mean '" + near + "'?");
    }
  }
  if (runs.empty() && !options.help)
    fail_usage("vrp failed: no folder given, expected vrp failed RUN");
  if (!runs.empty()) options.run = runs.front();
  return options;
}

/// Model, benchmark and stage from MODEL/BENCHMARK/STAGE@FINGERPRINT/NAME.
void name_cell(Failure& failure) {
  const std::vector<std::string> parts = split(failure.file, '/');
  if (parts.size() < 4) return;
  failure.model = parts[parts.size() - 4];
  failure.benchmark = parts[parts.size() - 3];
  failure.stage = parts[parts.size() - 2].substr(0, parts[parts.size() - 2].find('@'));
}

std::vector<Failure> failures_of(const fs::path& root, std::vector<std::string>& damaged) {
  std::vector<Failure> out;
  each_failed_item(
      root, work_of(read_manifest(root)), read_journal(journal_path(root)),
      [&](const FailedItem& item) {
        out.push_back({"item", item.model, item.benchmark, item.stage, item.host, item.file,
                       item.key, item.reason});
        return true;
      },
      [&](const std::string& line) { damaged.push_back(line); });
  const RunEvents events = read_run_events(root / "events.jsonl");
  for (const RunEvent& event : events.trouble) {
    Failure failure;
    failure.kind = event.kind == "failure" ? "attempt" : event.kind;
    failure.file = event.file;
    failure.node = event.host;
    failure.rank = event.rank;
    failure.reason = event.reason;
    if (event.kind == "hung" && failure.reason.empty())
      failure.reason = concat("silent for ", event.silent_seconds, " s");
    name_cell(failure);
    out.push_back(std::move(failure));
  }
  if (events.unreadable > 0)
    damaged.push_back(
        concat((root / "events.jsonl").string(), ": ", events.unreadable, " lines cannot be read"));
  return out;
}

std::string kind_name(const std::string& kind) {
  return kind == "item" ? "failed item" : kind == "attempt" ? "failed attempt" : kind + " rank";
}

void print_groups(const std::vector<FailureGroup>& groups, const std::vector<std::string>& by) {
  std::vector<std::vector<std::string>> rows{{"count", "what", "units"}};
  rows[0].insert(rows[0].end(), by.begin(), by.end());
  for (const FailureGroup& group : groups) {
    std::vector<std::string> row{std::to_string(group.count), kind_name(group.kind),
                                 std::to_string(group.units)};
    for (const std::string& value : group.values) row.push_back(excerpt(value, kReasonShown));
    rows.push_back(std::move(row));
  }
  std::cout << columns_text(rows) << "\nexamples, in the same order:\n";
  for (const FailureGroup& group : groups) {
    const Failure& e = group.example;
    std::cout << "  " << (e.key.empty() ? "" : e.key + " in ") << (e.file.empty() ? "-" : e.file)
              << (e.rank < 0 ? "" : concat(", rank ", e.rank)) << ": "
              << excerpt(e.reason, 4 * kReasonShown) << "\n";
  }
}

void print_items(const std::vector<Failure>& failures) {
  const auto plain = [](const std::string& text) { return excerpt(text, 100000); };
  for (const Failure& f : failures) {
    std::cout << f.kind << "\t" << f.model << "\t" << f.benchmark << "\t" << f.stage << "\t"
              << f.node << "\t" << f.file << "\t" << plain(f.key) << "\t" << plain(f.reason)
              << "\n";
  }
}

/// Attempts that failed at units that are finished now.
std::size_t finished_since(const fs::path& root, const std::vector<Failure>& failures) {
  return static_cast<std::size_t>(
      std::count_if(failures.begin(), failures.end(), [&](const Failure& f) {
        return f.kind == "attempt" && !f.file.empty() && fs::exists(root / f.file);
      }));
}

}  // namespace

int failed_command(const Arguments& arguments) {
  const Options options = parse(arguments);
  if (options.help) {
    std::cout << kHelp;
    return 0;
  }
  std::vector<std::string> damaged;
  const std::vector<Failure> failures = failures_of(options.run, damaged);
  const std::vector<FailureGroup> groups = group_failures(failures, options.by);
  const std::size_t finished = finished_since(options.run, failures);
  if (options.json) {
    Json out = {{"group_by", options.by},
                {"groups", Json::array()},
                {"damaged", damaged},
                {"attempts_at_units_finished_since", finished}};
    for (const FailureGroup& group : groups) {
      Json entry = {{"kind", group.kind},
                    {"count", group.count},
                    {"units", group.units},
                    {"example", failure_json(group.example)}};
      for (std::size_t i = 0; i < options.by.size(); ++i)
        entry["by"][options.by[i]] = group.values[i];
      out["groups"].push_back(std::move(entry));
    }
    if (options.items) {
      out["failures"] = Json::array();
      for (const Failure& failure : failures) out["failures"].push_back(failure_json(failure));
    }
    std::cout << out.dump(1, ' ', false, Json::error_handler_t::replace) << "\n";
    return 0;
  }
  for (const std::string& line : damaged) std::cerr << "vrp failed: " << line << "\n";
  if (options.items) {
    print_items(failures);
  } else if (failures.empty()) {
    std::cout << "nothing failed\n";
  } else {
    print_groups(groups, options.by);
    if (finished > 0)
      std::cout << finished << " of the failed attempts were at units that are finished now\n";
  }
  return 0;
}

}  // namespace vrp
