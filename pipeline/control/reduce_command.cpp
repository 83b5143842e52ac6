// vrp reduce RUN: tables of whatever of a run is finished, at any time, without a model.
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/control/option_reader.hpp"
#include "pipeline/control/reduce_run.hpp"
#include "pipeline/control/run_facts.hpp"
#include "pipeline/driver/manifest.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHelp =
    R"(usage: vrp reduce RUN [--replicates N] [--out FOLDER]

Statistics and tables of whatever of a run is finished, at any time, also beside a live run: no
model is loaded and no result of the run is changed. Where something is missing, every table says
PARTIAL and how much of the run it stands on. A finished run gives the tables that it wrote itself.

  --replicates N  bootstrap resamples instead of the run's, for a quick look
  --out FOLDER    write FOLDER/reduce instead of RUN/reduce
  --help          show this text

Then: vrp report RUN
)";

void print(const ReducedRun& run) {
  for (const ReducedCell& cell : run.cells) {
    if (cell.stored || cell.whole) continue;
    std::cout << "  " << cell.model << "/" << cell.benchmark << ": " << cell.items << " of "
              << cell.asked << " items answered"
              << (cell.missing.empty() ? "" : "; " + join(cell.missing, ", ")) << "\n";
  }
}

/// True when the run has written all its own statistics.
bool has_finished(const fs::path& root) {
  bool any = false;
  for (const WorkEntry& work : work_of(read_manifest(root))) {
    if (work.stage != "reduce") continue;
    any = true;
    for (const std::string& name : work.files)
      if (!fs::exists(root / name)) return false;
  }
  return any;
}

}  // namespace

int reduce_command(const Arguments& arguments) {
  bool help = false;
  std::int64_t replicates = 0;
  std::string out;
  std::vector<std::string> runs;
  OptionReader reader("vrp reduce");
  reader.flag("--help", help);
  reader.number("--replicates", replicates, 100, 10000000);
  reader.text("--out", out);
  reader.words(runs, 1, "RUN");
  reader.read(arguments);
  if (help) {
    std::cout << kHelp;
    return 0;
  }
  if (runs.empty()) fail_usage("vrp reduce: no folder given, expected RUN");
  const fs::path root = runs.front();
  const auto say = [](const std::string& line) { std::cout << line << std::endl; };
  const auto reduce = [&] {
    ReduceParams params = reduce_params(read_manifest(root));
    if (replicates > 0) params.replicates = static_cast<int>(replicates);
    return reduce_run(root, params, say);
  };
  ReducedRun run = reduce();
  // A live run may finish meanwhile: its own tables are not replaced by those of a part of it.
  if (!run.whole() && has_finished(root)) run = reduce();
  RunFacts facts = run_facts(read_manifest(root));
  std::vector<std::string> partial;
  for (const std::string& why : {facts.partial, run.partial()})
    if (!why.empty()) partial.push_back(why);
  facts.partial = join(partial, "; ");
  const fs::path to = out.empty() ? root : fs::path(out);
  write_results(to, run.records, facts);
  if (!facts.partial.empty()) std::cout << "PARTIAL: " << facts.partial << "\n";
  print(run);
  std::cout << "tables in " << (to / "reduce" / "tables").string() << "\n";
  return 0;
}

}  // namespace vrp
