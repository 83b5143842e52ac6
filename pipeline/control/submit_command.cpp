// vrp submit: a checked sweep as one job, a chain or an array of a Slurm cluster.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/child.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/control/submit_options.hpp"
#include "pipeline/control/submit_queue.hpp"
#include "pipeline/control/submit_script.hpp"
#include "pipeline/driver/events.hpp"
#include "pipeline/driver/manifest.hpp"
#include "pipeline/driver/owner.hpp"
#include "pipeline/driver/plan.hpp"
#include "pipeline/driver/tables.hpp"
#include "pipeline/model/tensors.hpp"
#include "pipeline/run_options.hpp"
#include "pipeline/version.hpp"
#include "stages/catalog.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;

constexpr double kHeartbeatSeconds = 10;

/// The arguments that the job gives to vrp-run, without the output folder.
std::vector<std::string> run_arguments(const SubmitOptions& options) {
  std::vector<std::string> words;
  for (const std::string& file : options.files) words.insert(words.end(), {"-C", file});
  words.insert(words.end(), options.more.begin(), options.more.end());
  for (const std::string& stage : options.stages) words.insert(words.end(), {"--stages", stage});
  return words;
}

RunOptions read_run_options(const std::vector<std::string>& arguments) {
  std::vector<const char*> words{"vrp submit"};
  for (const std::string& argument : arguments) words.push_back(argument.c_str());
  RunOptions options = parse_run_options(static_cast<int>(words.size()), words.data());
  if (options.help || options.dry_run)
    fail_usage("vrp submit: --help and --dry-run stand before --");
  if (!options.output_dir.empty()) fail_usage("vrp submit: --output-dir stands before --");
  return options;
}

/// Everything that would end the job at its start, found before it waits in a queue: the
/// configuration, the item tables, the checkpoints' files. Returns the number of units.
std::size_t check_sweep(Sweep& sweep, const RunOptions& options) {
  const StageParams params = bind_stage_params(sweep);
  PlanInputs inputs;
  inputs.stages = stage_catalog(sweep, params);
  inputs.tables = read_tables(sweep);
  inputs.review_hashes = review_hashes(sweep);
  inputs.limit = options.limit;
  for (const auto& model : sweep.models) {
    const fs::path folder = model.config.checkpoint;
    const ModelSpec spec = read_model_spec(folder);
    require_complete(match_tensors(spec, SafetensorsIndex::open(folder)), folder, spec);
    inputs.model_hashes[model.name] = "of no matter here";  // files are hashed by the job
  }
  return make_plan(sweep, std::move(inputs)).units.size();
}

void check_times(const Sweep& sweep, const ClusterSite& site, const std::string& time) {
  const auto warning = site.number("SIGNAL_SECONDS");
  const auto reserve = std::min<std::int64_t>(60, warning / 4);
  if (sweep.run.margin > static_cast<double>(warning - reserve))
    fail_usage(site.file.string(), ": VRP_SIGNAL_SECONDS is ", warning,
               ", too little for [run] margin = ", sweep.run.margin, "; expected at least ",
               static_cast<std::int64_t>(sweep.run.margin) + 60);
  if (slurm_seconds(time) <= warning)
    fail_usage("vrp submit: a time of ", time, " is over before the warning, ", warning,
               " s ahead of its end (VRP_SIGNAL_SECONDS)");
}

/// Error when the folder is another sweep's, or jobs or a run of it are alive, other than those
/// that --after names.
void check_run(const fs::path& run, const Sweep& sweep, const SubmitOptions& options) {
  if (options.array_by.empty()) {
    check_folder(run, sweep.params.name);
  } else if (fs::exists(run / "manifest.json")) {
    throw Error(ExitCode::foreign_folder,
                concat(run.string(), ": holds one run; an array needs a folder for several"));
  }
  const Json jobs = read_jobs(run);
  bool waited_for = false;
  if (on_path("squeue")) {
    for (const std::string& job : queued_jobs(jobs)) {
      const std::string id = job.substr(0, job.find(' '));
      waited_for = std::find(options.after.begin(), options.after.end(), id) != options.after.end();
      if (!waited_for)
        throw Error(
            ExitCode::live_run,
            concat(run.string(), ": job ", job, " is in the queue for this folder; scancel ", id,
                   " first, or submit what shall follow it with --after ", id));
    }
  }
  const std::string live = live_owner(run, kHeartbeatSeconds);
  if (!live.empty() && !waited_for)
    throw Error(ExitCode::live_run,
                concat(run.string(), ": a live run holds this folder (", live, ")"));
}

/// RUN/slurm/submit-0001.sbatch: the first number that is free.
fs::path script_file(const fs::path& run) {
  for (int number = 1;; ++number) {
    char name[32];
    std::snprintf(name, sizeof name, "submit-%04d.sbatch", number);
    if (!fs::exists(run / "slurm" / name)) return run / "slurm" / name;
  }
}

fs::path site_file(const SubmitOptions& options, const fs::path& folder) {
  const char* given = std::getenv("VRP_SITE");
  if (!options.site.empty()) return options.site;
  return given != nullptr && *given != '\0' ? fs::path(given) : folder / "site.sh";
}

JobText job_text(const SubmitOptions& options, const Arguments& arguments, const Sweep& sweep,
                 const ClusterSite& site, const fs::path& slurm) {
  JobText job;
  job.name = sweep.params.name;
  job.run = options.output_dir.empty() ? "runs/" + job.name : options.output_dir;
  job.folder = fs::current_path().string();
  job.home = fs::absolute(slurm).parent_path().lexically_normal().string();
  job.bin = program_folder().string();
  job.time = options.time.empty() ? site.at("TIME") : options.time;
  job.nodes = options.nodes > 0 ? options.nodes : site.number("NODES");
  job.arguments = run_arguments(options);
  // A CPU cluster: the cores of a rank are its threads, unless the sweep says otherwise.
  if (site.number("GPUS_PER_NODE") == 0 && sweep.settings.find("run", "threads") == nullptr)
    job.arguments.insert(job.arguments.end(), {"--set", "run.threads=" + site.at("CPUS_PER_RANK")});
  if (!options.array_by.empty()) {
    const bool models = options.array_by == "model";
    job.elements = models ? sweep.params.models : sweep.params.benchmarks;
    job.element_option = models ? "--models" : "--benchmarks";
  }
  job.command = "vrp submit " + shell_words(arguments);
  job.written = concat(utc_now(), ", vrp ", kVersion, " ", revision());
  job.nodes_sh = read_text(slurm / "nodes.sh");
  job.job_sh = read_text(slurm / "job.sh");
  return job;
}

void refuse_twice_chosen(const SubmitOptions& options, const RunOptions& run) {
  const bool models = options.array_by == "model";
  if (options.array_by.empty()) return;
  if (!(models ? run.sweep.models : run.sweep.benchmarks).empty())
    fail_usage("vrp submit: with --array-by ", options.array_by, " choose by -- --set sweep.",
               models ? "models" : "benchmarks", "=\"A B\"; --", models ? "models" : "benchmarks",
               " is given to each element");
}

/// Submits the chain's jobs; those that were accepted are recorded even when a later one is not.
void submit(const SubmitOptions& options, const JobText& job, const std::string& script) {
  std::vector<std::string> ids;
  Json submission{{"submitted", utc_now()},
                  {"command", job.command},
                  {"script", script},
                  {"folder", job.folder}};
  std::vector<std::string> after = options.after;
  const auto record = [&] {
    submission["jobs"] = ids;
    if (!ids.empty()) add_submission(job.run, submission);
  };
  try {
    for (std::int64_t link = 0; link < options.chain; ++link) {
      ids.push_back(submit_job(sbatch_command(script, after, options.chain - 1 - link)));
      after = {ids.back()};
    }
  } catch (const Error& error) {
    record();
    throw Error(error.code(),
                concat(error.what(), ids.empty() ? "" : "; submitted before it: ", join(ids, " ")));
  }
  record();
  std::cout << (ids.size() > 1 ? "submitted a chain of jobs " : "submitted job ") << join(ids, " ")
            << (job.elements.empty()
                    ? ""
                    : concat(", an array of ", job.elements.size(), ": ", join(job.elements, " ")))
            << "\nscript: " << script << "\nlog:    " << job.run << "/slurm/" << ids.front()
            << (job.elements.empty() ? ".log" : "_0.log ...") << "\nwatch:  vrp status " << job.run
            << (job.elements.empty() ? "" : "/" + job.elements.front())
            << " --watch    squeue --jobs=" << join(ids, ",") << "\nstop:   scancel "
            << join(ids, " ") << "    (the same vrp submit resumes)\n";
}

}  // namespace

int submit_command(const Arguments& arguments) {
  const SubmitOptions options = parse_submit_options(arguments);
  if (options.help) {
    std::cout << submit_help();
    return 0;
  }
  const RunOptions run_options = read_run_options(run_arguments(options));
  refuse_twice_chosen(options, run_options);
  Sweep sweep = read_sweep(run_options.sweep);
  const std::size_t units = check_sweep(sweep, run_options);
  const fs::path slurm = slurm_folder();
  const ClusterSite site = read_site(site_file(options, slurm));
  const JobText job = job_text(options, arguments, sweep, site, slurm);
  check_times(sweep, site, job.time);
  check_run(job.run, sweep, options);
  const std::string text = job_script(job, site);
  const std::string script = script_file(job.run).string();
  if (!options.dry_run && !options.write_only && !on_path("sbatch"))
    fail_usage(
        "vrp submit: sbatch is not on PATH; submit on a login node of the cluster, or take "
        "--write-only and submit the script from there");
  std::cout << job.name << ": " << units << " units; " << job.nodes
            << (job.nodes == 1 ? " node x " : " nodes x ") << ranks_per_node(site)
            << (ranks_per_node(site) == 1 ? " rank, " : " ranks, ") << job.time << "\n";
  if (!options.dry_run) {
    make_folders(fs::path(script).parent_path());
    write_atomically(script, text);
  }
  if (options.dry_run || options.write_only) {
    if (options.dry_run) std::cout << "---- " << script << "\n" << text;
    std::cout << "---- commands\n";
    std::vector<std::string> after = options.after;
    for (std::int64_t link = 0; link < options.chain; ++link) {
      std::cout << shell_words(sbatch_command(script, after, options.chain - 1 - link)) << "\n";
      after = {concat("JOB", link + 1)};
    }
    return 0;
  }
  submit(options, job, script);
  return 0;
}

}  // namespace vrp
