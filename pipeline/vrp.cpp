// vrp: control on a login node. No MPI, no CUDA, no libtorch.
#include <cstdio>
#include <functional>
#include <iostream>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/version.hpp"

namespace {

struct Command {
  int (*run)(const vrp::Arguments&);
  const char* help;
};

const std::map<std::string, Command>& commands() {
  static const std::map<std::string, Command> all{
      {"import", {vrp::import_command, "benchmark files to a frozen item table"}},
      {"plan", {vrp::plan_command, "what vrp-run with the same arguments would do"}},
      {"status", {vrp::status_command, "how far a run is, live or dead; --watch"}},
      {"failed", {vrp::failed_command, "what failed, grouped by reason, node, stage, cell"}},
      {"why", {vrp::why_command, "which settings changed, and why a unit is not done"}},
      {"verify", {vrp::verify_command, "check every file of a run; --digest of the results"}},
      {"show", {vrp::show_command, "everything a run knows of one item"}},
      {"stats", {vrp::stats_command, "the statistics of a run on anybody's table"}},
      {"submit", {vrp::submit_command, "check a sweep and submit it to Slurm; it ends complete"}},
      {"score", {vrp::score_command, "label a run's stored answers by other rules; no model"}},
      {"compare", {vrp::compare_command, "two runs or models, item by item: paired statistics"}},
      {"export", {vrp::export_command, "signals, labels and answers as CSV or JSON Lines"}},
      {"reduce", {vrp::reduce_command, "tables of whatever of a run is finished; no model"}},
      {"report", {vrp::report_command, "report.html of a run"}},
      {"check-model",
       {vrp::check_model_command, "a checkpoint folder: sizes, tensors, tokenizer, memory"}},
      {"doctor", {vrp::doctor_command, "what this machine and this build offer"}},
  };
  return all;
}

std::string usage() {
  std::string text = "Usage: vrp COMMAND ...   (vrp COMMAND --help tells more)\n";
  for (const auto& [name, command] : commands()) {
    text += "  " + name + std::string(13 - name.size(), ' ') + command.help + "\n";
  }
  return text + "The job itself: mpirun -n RANKS vrp-run -C conf/sweeps/NAME.ini\n";
}

int run(int argc, char** argv) {
  if (argc < 2 || std::string(argv[1]) == "--help" || std::string(argv[1]) == "help") {
    std::cout << usage();
    return argc < 2 ? static_cast<int>(vrp::ExitCode::usage) : 0;
  }
  if (std::string(argv[1]) == "--version") {
    std::cout << "vrp " << vrp::kVersion << " (" << vrp::revision() << ")\n";
    return 0;
  }
  const auto found = commands().find(argv[1]);
  if (found == commands().end()) {
    std::vector<std::string> names;
    for (const auto& entry : commands()) names.push_back(entry.first);
    const std::string near = vrp::nearest(argv[1], names);
    vrp::fail_usage("unknown command '", argv[1], "'",
                    near.empty() ? "; vrp --help lists them" : "; did you mean '" + near + "'?");
  }
  return found->second.run({argv + 2, argv + argc});
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const vrp::Error& error) {
    std::fprintf(stderr, "vrp: %s\n", error.what());
    return static_cast<int>(error.code());
  } catch (const vrp::Json::exception& error) {  // of a field that no reader has checked
    std::fprintf(stderr, "vrp: a JSON file is damaged: %s\n", error.what());
    return static_cast<int>(vrp::ExitCode::bad_input);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vrp: internal error: %s\n", error.what());
    return static_cast<int>(vrp::ExitCode::internal);
  }
}
