#include "pipeline/control/export_options.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/control/option_reader.hpp"

namespace vrp {
namespace {

constexpr const char* kHelp =
    R"(usage: vrp export RUN [--signal NAME...] [--model M...] [--benchmark B...] [--out FILE] ...
       vrp export RUN --list

Writes what a run knows of each item as a table: one row per item in the order of the item table,
with model, benchmark, key, id, group (image), type, status, reason, scorer, label and the signals.
A failed item is a row with its reason; what is not defined is an empty cell (CSV) or null (JSON
Lines), never NaN. Numbers read back as the same doubles. Reads finished units only, one after the
other; items of the others have the status not_computed.

  --list            what there is: signals, arrays, scorers, with units, shape and description
  --signal NAME...  signals or arrays, by short name or path; default every signal (one number an
                    item). Arrays by layer and the like become columns NAME[0], NAME[1] ...
  --model M...      only these models; --benchmark B... only these sets; default all
  --scorer NAME     the column `label` holds this scorer's labels; default the primary one's
  --labels NAME...  also a column label_NAME for each of these scorers; all = those of the set
  --answers         also the answer, and what the scorer read from it
  --questions       also question and reference answer
  --paths           also the sampled answers
  --long            one row for each item, signal and index (columns signal, layer ..., value)
  --format F        csv (default) or jsonl: one JSON object a line
  --out FILE        written as a whole or not at all; default standard output
  --help            show this text

Values are raw. AUROC in a run's tables is that of the value times its orientation (--list): where
that is -1, it is 1 minus the AUROC of the column.
  vrp export RUN --signal h_s s_sc --benchmark pope --out pope.csv
  vrp stats --input pope.csv --label label --signal h_s s_sc --group group
)";

}  // namespace

const char* export_help() { return kHelp; }

ExportOptions parse_export_options(const Arguments& arguments) {
  ExportOptions out;
  std::vector<std::string> runs;
  std::string format;
  OptionReader reader("vrp export");
  reader.words(runs, 1, "one RUN");
  reader.list("--signal", out.signals);
  reader.list("--model", out.models);
  reader.list("--benchmark", out.benchmarks);
  reader.list("--labels", out.labels);
  reader.text("--scorer", out.scorer);
  reader.text("--format", format);
  reader.text("--out", out.out);
  reader.flag("--long", out.long_form);
  reader.flag("--answers", out.answers);
  reader.flag("--questions", out.questions);
  reader.flag("--paths", out.paths);
  reader.flag("--list", out.list);
  reader.flag("--help", out.help);
  reader.flag("-h", out.help);
  reader.read(arguments);
  if (out.help) return out;
  if (runs.empty()) fail_usage("vrp export: no folder given, expected the output folder of a run");
  out.run = runs.front();
  if (!format.empty()) out.format = format;
  if (out.format != "csv" && out.format != "jsonl")
    fail_usage("vrp export: --format is '", out.format, "', expected csv or jsonl");
  if (out.list && !out.out.empty()) fail_usage("vrp export: --list prints; it takes no --out");
  return out;
}

}  // namespace vrp
