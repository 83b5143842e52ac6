
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>

#include "pipeline/base/error.hpp"
#include "pipeline/control/child.hpp"
#include "pipeline/control/commands.hpp"

#ifndef VRP_SOURCE_FOLDER
#define VRP_SOURCE_FOLDER ""
#endif

namespace vrp {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHelp =
    R"(usage: vrp report RUN [--out FILE]

Writes RUN/report.html, one self-contained page with the run's tables, plots, a few items with
their attention, and how to run it again; figures also go to RUN/reduce/figures.

  --out FILE   page to write instead of RUN/report.html
  --help       show this text

Drawn by tools/report/report.py with Python, h5py, numpy and matplotlib. VRP_PYTHON names another
interpreter than .venv/bin/python3 of VRP's folder, VRP_HOME another folder than that of this
program.
)";

constexpr const char* kScript = "tools/report/report.py";

struct ReportOptions {
  std::string run, out;
  bool help = false;
};

ReportOptions parse(const Arguments& arguments) {
  ReportOptions options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      options.help = true;
    } else if (argument == "--out") {
      if (i + 1 == arguments.size()) fail_usage("vrp report: --out needs a file name");
      options.out = arguments[++i];
    } else if (argument.starts_with("--out=")) {
      options.out = argument.substr(6);
    } else if (argument.starts_with("-")) {
      fail_usage("vrp report: unknown option '", argument, "', expected RUN [--out FILE]");
    } else if (options.run.empty()) {
      options.run = argument;
    } else {
      fail_usage("vrp report: a second folder '", argument, "', expected one RUN");
    }
  }
  if (options.run.empty() && !options.help)
    fail_usage("vrp report: no folder given, expected RUN [--out FILE]");
  return options;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// VRP's own folder: VRP_HOME, the folder that holds build/bin/vrp, or the one it was built from.
fs::path home() {
  std::vector<fs::path> places;
  if (!environment("VRP_HOME").empty()) {
    places = {environment("VRP_HOME")};
  } else {
    if (const fs::path folder = program_folder(); !folder.empty()) {
      const fs::path prefix = folder.parent_path();
      places = {prefix.parent_path(), prefix / "share" / "vrp"};
    }
    places.emplace_back(VRP_SOURCE_FOLDER);
  }
  std::string tried;
  for (const fs::path& place : places) {
    if (place.empty()) continue;
    if (fs::exists(place / kScript)) return place;
    tried += (tried.empty() ? "" : ", ") + (place / kScript).string();
  }
  fail("vrp report: the script is not there; looked at ", tried,
       "; set VRP_HOME to the folder that holds tools/report");
}

std::string python(const fs::path& root) {
  if (!environment("VRP_PYTHON").empty()) return environment("VRP_PYTHON");
  for (const char* name : {"python3", "python"})
    if (const fs::path own = root / ".venv" / "bin" / name; fs::exists(own)) return own.string();
  return "python3";
}

}  // namespace

int report_command(const Arguments& arguments) {
  const ReportOptions options = parse(arguments);
  if (options.help) {
    std::cout << kHelp;
    return 0;
  }
  if (!fs::exists(fs::path(options.run) / "manifest.json"))
    fail(options.run, ": has no manifest.json; expected the output folder of a run");
  const fs::path root = home();
  std::vector<std::string> words = {python(root), (root / kScript).string(), options.run};
  if (!options.out.empty()) words.insert(words.end(), {"--out", options.out});
  std::string reason;
  const std::optional<int> status = run_program(words, reason);
  if (!status)
    fail("vrp report: ", words[0], " cannot be started: ", reason,
         "; run tools/setup, or set VRP_PYTHON to a Python with h5py, numpy and matplotlib");
  return *status;
}

}  // namespace vrp
