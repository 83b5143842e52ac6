#include "pipeline/control/submit_options.hpp"

#include <algorithm>
#include <cctype>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/option_reader.hpp"

namespace vrp {
namespace {

constexpr const char* kHelp =
    R"(usage: vrp submit -C SWEEP.ini [--nodes N] [--time T] [--chain N] ... [-- vrp-run options]

Checks a sweep as vrp plan does, writes its job script to RUN/slurm and submits it with sbatch. The
job stops ahead of its time limit, goes back into the queue and resumes until the sweep is complete.
The script holds everything: what was submitted is what one reads.

  -C FILE           sweep file; several are read in order (-C A -C B)
  --output-dir RUN  output folder (default runs/NAME)
  --nodes N         nodes of a job (default: the site's)
  --time T          limit of a job as sbatch takes it: 24:00:00, 2-12, 90 (minutes)
  --chain N         N jobs, each begins when the one before has ended, however, and resumes it; the
                    rest end at once when the sweep is complete. For sites where jobs may not requeue
  --stage S...      only these stages, with those that they read
  --after JOB...    begin when these jobs have ended
  --array-by model | benchmark
                    one job array: an element, and a run folder RUN/NAME of its own, for each model
                    or benchmark. Elements cannot share one folder, since a folder has one live run;
                    one job on more nodes uses them as well and gives tables over all models. For
                    queues that start many small jobs sooner than a large one
  --site FILE       the cluster's settings (default: VRP_SITE, else slurm/site.sh)
  --dry-run         print the script and the commands; write nothing
  --write-only      write the script and print the commands, for a machine without sbatch
  --help            show this text

Behind -- stand options of vrp-run: -- --set run.unit_items=64 --models "llava-1.5-7b"
  vrp submit -C conf/sweeps/paper.ini --nodes 2 --time 24:00:00 --dry-run
)";

bool all_digits(const std::string& text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == text.npos;
}

}  // namespace

const char* submit_help() { return kHelp; }

SubmitOptions parse_submit_options(const Arguments& arguments) {
  SubmitOptions out;
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  if (end != arguments.end()) out.more.assign(end + 1, arguments.end());
  OptionReader reader("vrp submit");
  reader.list("-C", out.files);
  reader.list("--config", out.files);
  reader.list("--stage", out.stages);
  reader.list("--after", out.after);
  reader.text("--output-dir", out.output_dir);
  reader.text("--site", out.site);
  reader.text("--array-by", out.array_by);
  reader.text("--time", out.time);
  reader.number("--nodes", out.nodes, 1, 100'000);
  reader.number("--chain", out.chain, 1, 1000);
  reader.flag("--dry-run", out.dry_run);
  reader.flag("--write-only", out.write_only);
  reader.flag("--help", out.help);
  reader.flag("-h", out.help);
  reader.read({arguments.begin(), end});
  if (out.help) return out;
  if (out.files.empty())
    fail_usage("vrp submit: no sweep file; give one with -C conf/sweeps/NAME.ini");
  if (!out.array_by.empty() && out.array_by != "model" && out.array_by != "benchmark")
    fail_usage("vrp submit: --array-by is '", excerpt(out.array_by),
               "', expected model or benchmark");
  if (out.dry_run && out.write_only)
    fail_usage("vrp submit: --dry-run writes nothing; it excludes --write-only");
  for (const std::string& job : out.after) {
    if (!all_digits(job))
      fail_usage("vrp submit: --after is '", excerpt(job), "', expected a job's number");
  }
  if (!out.time.empty()) slurm_seconds(out.time);
  return out;
}

std::int64_t slurm_seconds(const std::string& time) {
  const auto refuse = [&]() {
    fail_usage("vrp submit: --time is '", excerpt(time),
               "', expected minutes, hours:minutes:seconds, days-hours or "
               "days-hours:minutes:seconds, such as 24:00:00");
  };
  const auto dash = time.find('-');
  const bool days = dash != std::string::npos;
  std::vector<std::int64_t> parts;
  for (const std::string& part : split(days ? time.substr(dash + 1) : time, ':')) {
    if (!all_digits(part)) refuse();
    parts.push_back(std::stoll(part));
  }
  if (parts.size() > 3 || (days && !all_digits(time.substr(0, dash)))) refuse();
  // Without days one number is minutes and two are minutes:seconds; behind days they begin with
  // hours.
  std::int64_t seconds = days ? std::stoll(time.substr(0, dash)) * 86400 : 0;
  const std::int64_t unit[3] = {3600, 60, 1};
  const std::size_t first = days || parts.size() == 3 ? 0 : 1;
  for (std::size_t i = 0; i < parts.size(); ++i) seconds += parts[i] * unit[first + i];
  if (seconds == 0) refuse();
  return seconds;
}

std::string shell_word(const std::string& word) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_@%+=:,./-").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string shell_words(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back(shell_word(word));
  return join(quoted, " ");
}

}  // namespace vrp
