// vrp status RUN: how far a run is, live or dead, and what failed.
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "pipeline/base/error.hpp"
#include "pipeline/config/fields.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/control/failed_items.hpp"
#include "pipeline/control/option_reader.hpp"
#include "pipeline/control/status_text.hpp"
#include "pipeline/driver/run_folder.hpp"

namespace vrp {
namespace {

constexpr std::size_t kReasonsShown = 10;
constexpr double kWatchSeconds = 5;

constexpr const char* kHelp =
    R"(usage: vrp status RUN [--watch [SECONDS]] [--json]

How far a run is, stage by stage and cell by cell; who holds it, or how it ended; its rate, the time
left, units that run long, and what failed. No result file is opened but those with failed items.

  --watch [SECONDS]  again every SECONDS (default 5) until the run is not live any more
  --json             one JSON object (with --watch one a line)
  --help             show this text

Exit code 0. With --watch it is that of the run: 0 complete, 3 complete with more failed items than
allowed, 75 when it stopped or died and the same command resumes it, else the code it ended with.
)";

struct Options {
  std::string run;
  double watch = 0;
  bool json = false, help = false;
};

/// --watch takes a value or none.
Options parse(const Arguments& arguments) {
  Options options;
  Arguments rest;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] != "--watch" && !arguments[i].starts_with("--watch=")) {
      rest.push_back(arguments[i]);
      continue;
    }
    std::string text = arguments[i].size() > 7 ? arguments[i].substr(8) : "";
    double value = 0;
    if (text.empty() && i + 1 < arguments.size() && parse_field(arguments[i + 1], value))
      text = arguments[++i];
    options.watch = kWatchSeconds;
    if (!text.empty() &&
        (!parse_field(text, options.watch) || !(options.watch >= 0.1 && options.watch <= 86400)))
      fail_usage("vrp status: --watch is '", text, "', expected 0.1 .. 86400 seconds");
  }
  std::vector<std::string> runs;
  OptionReader reader("vrp status");
  reader.flag("--help", options.help);
  reader.flag("--json", options.json);
  reader.words(runs, 1, "one folder RUN");
  reader.read(rest);
  if (runs.empty() && !options.help)
    fail_usage("vrp status: no folder given, expected vrp status RUN");
  if (!runs.empty()) options.run = runs.front();
  return options;
}

/// The first failed items with their reasons.
std::string reasons_text(const RunState& state) {
  if (state.failed_items() == 0) return "";
  std::vector<WorkEntry> work;
  try {
    work = work_of(read_manifest(state.root));
  } catch (const std::exception&) {
    return "";  // said already
  }
  std::string out;
  std::size_t shown = 0;
  each_failed_item(
      state.root, work, read_journal(journal_path(state.root)),
      [&](const FailedItem& item) {
        out += "failed " + item.key + ": " + item.reason + "\n";
        return ++shown < kReasonsShown;
      },
      [&](const std::string& damaged) { out += damaged + "\n"; });
  if (state.failed_items() > static_cast<std::int64_t>(shown))
    out += concat("... vrp failed ", state.root.string(), " shows all ", state.failed_items(),
                  " failed item results by reason\n");
  return out;
}

/// File names that are no UTF-8 do not make the answer fail.
std::string json_text_of(const RunState& state, int indent) {
  return status_json(state).dump(indent, ' ', false, Json::error_handler_t::replace);
}

int code_of(const RunState& state) {
  if (state.condition == RunCondition::complete) return std::max(0, state.end_code);
  return state.end_code > 0 ? state.end_code : static_cast<int>(ExitCode::resumable);
}

int watch(const Options& options) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1 && !options.json;
  while (true) {
    const RunState state = read_run_state(options.run);
    const bool over = state.condition != RunCondition::live;
    if (options.json) {
      std::cout << json_text_of(state, -1) << std::endl;
    } else if (terminal) {
      std::cout << "\033[H\033[2J" << status_text(state) << std::flush;
    } else {
      std::cout << (over ? status_text(state) : status_line(state) + "\n") << std::flush;
    }
    if (over || !std::cout) return code_of(state);
    std::this_thread::sleep_for(std::chrono::duration<double>(options.watch));
  }
}

}  // namespace

int status_command(const Arguments& arguments) {
  const Options options = parse(arguments);
  if (options.help) {
    std::cout << kHelp;
    return 0;
  }
  if (options.watch > 0) return watch(options);
  const RunState state = read_run_state(options.run);
  if (options.json) {
    std::cout << json_text_of(state, 1) << "\n";
  } else {
    std::cout << status_text(state) << reasons_text(state);
  }
  return 0;
}

}  // namespace vrp
