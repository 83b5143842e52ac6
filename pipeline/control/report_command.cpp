
#include <filesystem>
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/control/report_script.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHelp =
    R"(usage: vrp report RUN [--out FILE]

Writes RUN/report.html, one self-contained page to send to a colleague: what came out on the first
screen, sortable tables, plots, label audit, controls, a few items with their attention, the paper
beside ours, run facts, how to cite and how to run it again; figures also go to RUN/reduce/figures.
Works on unfinished runs: the page says what is missing.

  --out FILE   page to write instead of RUN/report.html
  --help       show this text

Drawn by tools/report/report.py with Python, h5py, numpy and matplotlib. VRP_PYTHON names another
interpreter than .venv/bin/python3 of VRP's folder, VRP_HOME another folder than that of this
program.
)";

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

}  // namespace

int report_command(const Arguments& arguments) {
  const ReportOptions options = parse(arguments);
  if (options.help) {
    std::cout << kHelp;
    return 0;
  }
  if (!fs::exists(fs::path(options.run) / "manifest.json"))
    fail(options.run, ": has no manifest.json; expected the output folder of a run");
  Arguments words = {options.run};
  if (!options.out.empty()) words.insert(words.end(), {"--out", options.out});
  return run_report_script("vrp report", "report.py", words);
}

}  // namespace vrp
