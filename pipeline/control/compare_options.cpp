#include "pipeline/control/compare_options.hpp"

#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/control/option_reader.hpp"

namespace vrp {
namespace {

constexpr const char* kHelp =
    R"(usage: vrp compare RUN_A RUN_B [options]                     the same models in two runs
       vrp compare RUN_A RUN_B --model M [--with N] [options]  M of A against N (or M) of B
       vrp compare RUN --model M --with N [options]            two models of one run

Compares two runs item by item. Items are matched by key and must be the same question about the
same picture. For each benchmark that both have, and for all of them pooled: accuracy, difference
A - B with its interval over images, exact McNemar p, flips both ways, smallest difference that
could have been found, agreement of the answers; for each signal both means, AUROCs and Rs and what
they differ by. Reads finished units only, so that it works while a run goes on.

  --benchmark B...  only these sets; default every set that both runs have
  --signal NAME...  only these signals; default all: the main ones are printed, --json has every
                    one, --signal all prints every one
  --scorer NAME     label the answers of both by this scorer; default each run's primary one
  --replicates N    bootstrap replicates, 100 .. 10000000 (default 10000)
  --seed N          seed of the bootstrap; the same seed gives the same numbers
  --flips N         print the first N items of each set that are right in one and wrong in the other
  --csv FILE        also write one row per item: both answers, labels and values of the signals
  --json FILE       also write every number as JSON
  --help            show this text

p of accuracy: by images (t over the images' sums) where an image has several items, else exact
McNemar. A and B label the same questions each by its own answers, so DeLong's paired test does not
apply; intervals and p of AUROC and R differences come from a bootstrap that draws the same images
for both. Adjusted p: Holm over the accuracies of the sets, Benjamini-Hochberg over the signals of
one statistic.
)";

}  // namespace

const char* compare_help() { return kHelp; }

CompareArguments parse_compare_options(const Arguments& arguments) {
  CompareArguments out;
  std::vector<std::string> runs;
  OptionReader reader("vrp compare");
  reader.words(runs, 2, "RUN_A RUN_B");
  reader.text("--model", out.model);
  reader.text("--with", out.with);
  reader.list("--benchmark", out.benchmarks);
  reader.list("--signal", out.signals);
  reader.text("--scorer", out.scorer);
  reader.text("--json", out.json);
  reader.text("--csv", out.csv);
  reader.number("--replicates", out.replicates, 100, 10000000);
  reader.number("--seed", out.seed, 0, std::numeric_limits<std::int64_t>::max());
  reader.number("--flips", out.flips, 0, 1000000);
  reader.flag("--help", out.help);
  reader.flag("-h", out.help);
  reader.read(arguments);
  if (out.help) return out;
  if (runs.empty())
    fail_usage("vrp compare: no folder given, expected RUN_A RUN_B, or RUN --model M --with N");
  out.run_a = runs.front();
  out.run_b = runs.back();
  if (!out.with.empty() && out.model.empty())
    fail_usage("vrp compare: --with N is the model of B, expected --model M for A too");
  if (out.one_run() && (out.model.empty() || out.with.empty()))
    fail_usage("vrp compare: one run is given, expected --model M --with N, or a second run");
  if (out.one_run() && out.model == out.with)
    fail_usage("vrp compare: '", out.model, "' of one run with itself, expected two models");
  if (!out.json.empty() && out.json == out.csv)
    fail_usage("vrp compare: --json and --csv name one file");
  return out;
}

}  // namespace vrp
