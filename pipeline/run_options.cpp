#include "pipeline/run_options.hpp"

#include <boost/program_options.hpp>
#include <sstream>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace po = boost::program_options;
namespace {

std::vector<std::string> words(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const auto& text : texts) {
    std::vector<std::string> more;
    parse_field(text, more);
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

struct Parsed {
  po::options_description description{"Options"};
  std::vector<std::string> files, sets, models, benchmarks, stages;
  std::string output_dir, max_failures = "1%", device, load;
  std::int64_t limit = 0, calibrate = 0;
  int samples = 0;
  double time_budget = -1, progress = -1, wait_live = 0;
  std::uint64_t seed = 0;

  Parsed() {
    description.add_options()("help,h", "this text")("config,C", po::value(&files)->composing(),
                                                     "sweep file; several are read in order")(
        "set", po::value(&sets)->composing(),
        "section.key=value; wins over files (model:NAME.key and benchmark:NAME.key too)")(
        "output-dir,o", po::value(&output_dir), "RUN, the output folder (default runs/NAME)")(
        "stages", po::value(&stages)->composing(), "stages to run, with those they read")(
        "models", po::value(&models)->composing(), "models to run")(
        "benchmarks", po::value(&benchmarks)->composing(), "benchmarks to run")(
        "limit", po::value(&limit), "at most this many items per cell; tables say PARTIAL")(
        "samples", po::value(&samples), "same as --set consistency.samples=K")(
        "seed", po::value(&seed), "same as --set sweep.seed=N")(
        "time-budget", po::value(&time_budget), "seconds after which no unit is started")(
        "progress", po::value(&progress), "seconds between progress lines, 0 = none")(
        "max-failures", po::value(&max_failures),
        "failed items (N or P%) above which a complete run exits with 3 (default 1%)")(
        "device", po::value(&device), "auto | cpu | cuda")(
        "load", po::value(&load), "same as --set run.load=bcast | read | mmap")(
        "wait-live", po::value(&wait_live),
        "seconds to wait for a live run of the same folder to end (default 0: exit 6 at once)")(
        "calibrate", po::value(&calibrate)->implicit_value(16),
        "run N items (default 16) of each model through all stages with one rank, and write their "
        "seconds to RUN/calibration.json for vrp plan")(
        "retry-failed", "compute units with failed items again")("dry-run",
                                                                 "print the plan and stop");
  }
};

}  // namespace

std::string run_options_help() {
  std::ostringstream out;
  out << "Usage: mpirun -n RANKS vrp-run -C conf/sweeps/NAME.ini [options]\n"
         "Runs a sweep; the same command again resumes it.\n\n"
      << Parsed().description;
  return out.str();
}

RunOptions parse_run_options(int argc, const char* const* argv) {
  Parsed p;
  po::variables_map given;
  try {
    po::store(po::parse_command_line(argc, argv, p.description), given);
    po::notify(given);
  } catch (const po::error& error) {
    fail_usage(error.what(), "; vrp-run --help lists the options");
  }
  RunOptions out;
  out.help = given.count("help") > 0;
  if (out.help) return out;
  if (p.files.empty()) fail_usage("no sweep file; give one with -C conf/sweeps/NAME.ini");
  if (p.limit < 0) fail_usage("--limit ", p.limit, ", expected 0 (all) or more");
  out.sweep = {p.files, p.sets, words(p.models), words(p.benchmarks), words(p.stages)};
  const auto set = [&](const char* option, const char* key, const auto& value) {
    if (given.count(option) > 0) out.sweep.sets.push_back(concat(key, "=", field_text(value)));
  };
  set("samples", "consistency.samples", p.samples);
  set("seed", "sweep.seed", p.seed);
  set("time-budget", "run.time_budget", p.time_budget);
  set("progress", "run.progress", p.progress);
  set("device", "run.device", p.device);
  set("load", "run.load", p.load);
  out.output_dir = p.output_dir;
  out.limit = p.limit;
  if (!(p.wait_live >= 0)) fail_usage("--wait-live ", p.wait_live, ", expected seconds, 0 or more");
  out.wait_live = p.wait_live;
  out.max_failures = p.max_failures;
  allowed_failures(out.max_failures, 0);
  if (given.count("calibrate") > 0 && (p.calibrate < 2 || p.calibrate > 100'000))
    fail_usage("--calibrate=", p.calibrate, ", expected 2 .. 100000 items");
  out.calibrate = p.calibrate;
  out.dry_run = given.count("dry-run") > 0 || out.calibrate > 0;
  out.retry_failed = given.count("retry-failed") > 0;
  return out;
}

std::int64_t allowed_failures(const std::string& text, std::int64_t items) {
  const bool share = !text.empty() && text.back() == '%';
  double value = 0;
  if (!parse_field(share ? text.substr(0, text.size() - 1) : text, value) || value < 0) {
    fail_usage("--max-failures '", text, "', expected a number of items or a share such as 1%");
  }
  return static_cast<std::int64_t>(share ? value / 100 * static_cast<double>(items) : value);
}

}  // namespace vrp
