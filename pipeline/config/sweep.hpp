#pragma once
// A sweep: models x benchmarks x stages, with one seed. Read from a sweep file, the model and
// benchmark files it names, and the command line.
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/rng.hpp"
#include "pipeline/config/settings.hpp"

namespace vrp {

struct SweepParams {
  std::string name = "sweep";
  std::vector<std::string> models, benchmarks;
  std::vector<std::string> stages{"capture", "metrics",       "consistency",
                                  "probes",  "interventions", "reduce"};
  std::uint64_t seed = kDefaultSeed;
  std::string profile = "default";
  template <class Visit>
  void fields(Visit&& visit) {
    visit("name", name, "name of the sweep; an output folder belongs to one");
    visit("models", models, "names of files in conf/models (without .ini)");
    visit("benchmarks", benchmarks, "names of files in conf/benchmarks (without .ini)");
    visit("stages", stages, "stages to run");
    visit("seed", seed, "master seed of every random number");
    visit("profile", profile, "default | authors: whose definitions the tables follow");
  }
};

/// conf/models/NAME.ini, section [model].
struct ModelConfig {
  std::string checkpoint;
  std::string prompt_template = "plain";
  std::string prompt;
  std::string suffix_short, suffix_yes_no, suffix_letter;
  std::string options = "{q}\\n{options}";
  std::string hint = "{h}\\n";
  std::string dtype = "fp32";
  std::int64_t min_pixels = 0, max_pixels = 0;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("checkpoint", checkpoint, "folder of the checkpoint as downloaded");
    visit("template", prompt_template, "plain | chat: the prompt around the question");
    visit("prompt", prompt, "full prompt with {q} and {s} (\\n = newline); overrides template");
    visit("suffix_short", suffix_short,
          "appended to questions of form short (\\n = newline, \\s = a space at an end)");
    visit("suffix_yes_no", suffix_yes_no,
          "appended to questions of form yes_no; a question that ends in Please answer yes or no. "
          "ends in this instead; empty = questions stay as they are");
    visit("suffix_letter", suffix_letter,
          "appended to questions of form letter, after the options");
    visit("options", options,
          "a question of form letter with its options: {q} = question, {options} = lines A. first, "
          "B. second, ...");
    visit("hint", hint, "put before a question that has a hint, {h}; empty = hints are not shown");
    visit("dtype", dtype, "fp32 | bf16 | fp16: compute type");
    visit("min_pixels", min_pixels, "least area of a resized picture (Qwen2-VL); 0 = checkpoint's");
    visit("max_pixels", max_pixels, "most area of a resized picture (Qwen2-VL); 0 = checkpoint's");
  }
};

/// conf/benchmarks/NAME.ini, section [benchmark].
struct BenchmarkConfig {
  std::string table, images, choice = "first";
  std::string form = "open";
  std::optional<std::string> suffix;  ///< not set and set to nothing are two things
  std::int64_t n = 0;
  std::uint64_t seed = 42;
  int max_new_tokens = 16;
  std::vector<std::string> scorers;
  std::string reviews;
  double soft_threshold = 0.5, judge_threshold = 7, judge_relative = 0;
  bool pooled = true;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("table", table, "item table written by vrp import");
    visit("images", images, "folder of the images; empty = the one stated in the table");
    visit("choice", choice, "first | groups | stratified: how n items are chosen");
    visit("n", n, "items to use; 0 = all");
    visit("seed", seed, "seed of the choice");
    visit("form", form,
          "short | yes_no | letter | open: the answer asked for; the model's text for it is "
          "appended to each question (open: nothing), letter also shows the options");
    visit("suffix", suffix,
          "appended to each question in place of the model's text (\\n = newline); set to nothing: "
          "nothing is appended; not set: as form says");
    visit("max_new_tokens", max_new_tokens, "longest answer in tokens, >= 1");
    visit("scorers", scorers, "scorers, the primary one first; empty = those of the table");
    visit("reviews", reviews, "judge's reviews of the answers; {model} = the model's name");
    visit("soft_threshold", soft_threshold, "soft score from which an answer is correct, (0, 1]");
    visit("judge_threshold", judge_threshold,
          "judge's score from which an answer is correct, of 1..10");
    visit("judge_relative", judge_relative,
          "score / reference answer's score from which it is correct; 0 = judge_threshold");
    visit("pooled", pooled, "1: the set is part of the pooled set of table T4");
  }
};

/// Questions decoded together on a GPU where the configuration leaves it open, and at most: steps
/// take the time of reading the weights until so many rows share them.
constexpr int kChosenBatch = 8, kMostBatch = 64;

/// How the job runs: nothing here changes a result, and unit_items alone is part of a fingerprint.
/// On another make of GPU, or with another `batch` on one, last bits may be others; a run that is
/// short of memory can so go on with a smaller batch.
struct RunParams {
  int threads = 1;
  int unit_items = 16;
  std::string device = "auto";
  int ranks_per_gpu = 1;
  int batch = 0;
  bool share_pass = true;
  double time_budget = 0;
  double margin = 60;
  double progress = 5;
  std::string load = "bcast";
  std::string nccl = "auto";
  double nccl_timeout = 600;
  int unit_attempts = 3;
  int rank_failures = 3;
  double straggler = 3;
  double straggler_seconds = 10;
  double heartbeat = 120;
  double unit_timeout = 0;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("threads", threads, "compute threads of each rank, >= 1");
    visit("unit_items", unit_items, "items of one unit, >= 1 (part of unit file names)");
    visit("device", device, "auto | cpu | cuda: auto takes GPUs when all ranks see one");
    visit("ranks_per_gpu", ranks_per_gpu, "ranks that may share a GPU, >= 1");
    visit("batch", batch,
          "questions that a GPU decodes together, 1 to 64; 0 = 8. Units are best a multiple of it. "
          "Without meaning on the CPU");
    visit(
        "share_pass", share_pass,
        "capture and consistency of the same items are one pass of the model where both are to be "
        "computed (the same results, sooner)");
    visit("time_budget", time_budget, "seconds after which no unit is started; 0 = no limit");
    visit("margin", margin, "seconds that running units may take after a stop was asked for");
    visit("progress", progress, "seconds between progress lines; 0 = none");
    visit("load", load,
          "bcast | read | mmap: one rank reads the weights for all, one copy a host (VRP_SHM_DIR, "
          "/dev/shm); every rank for itself; one rank of each host from a mapped file, one copy");
    visit("nccl", nccl,
          "auto | off | require: whether weights go from GPU to GPU over NCCL; auto = where it "
          "connects all ranks, and load = bcast");
    visit("nccl_timeout", nccl_timeout,
          "seconds that NCCL may take to connect, or a broadcast, > 0");
    visit("unit_attempts", unit_attempts, "how often a failing unit is tried, >= 1");
    visit("rank_failures", rank_failures,
          "units in a row that fail on a rank, and not on others, after which it gets no more, "
          ">= 1");
    visit("straggler", straggler,
          "an idle rank repeats a unit that takes this many times what its stage usually takes; "
          "0 = never");
    visit("straggler_seconds", straggler_seconds,
          "seconds that a unit has run at least before it is repeated");
    visit("heartbeat", heartbeat,
          "seconds after which a rank that says nothing ends the job with exit code 75; 0 = never");
    visit("unit_timeout", unit_timeout,
          "seconds after which a rank that does not come back from a unit is left there and the "
          "unit goes to another; 0 = never");
  }
};

/// Questions that a GPU decodes together ([run] batch).
inline int batch_on_gpu(const RunParams& run) { return run.batch > 0 ? run.batch : kChosenBatch; }

struct NamedModel {
  std::string name;
  ModelConfig config;
};
struct NamedBenchmark {
  std::string name;
  BenchmarkConfig config;
};

struct Sweep {
  SweepParams params;
  RunParams run;
  std::vector<NamedModel> models;
  std::vector<NamedBenchmark> benchmarks;
  /// Models of sections [interventions:NAME] that this sweep leaves out.
  std::vector<std::string> models_left_out;
  Settings settings;  ///< everything, for the stages' own sections and the manifest
  /// "MODEL/BENCHMARK" -> file of a judge's reviews that a run was given later (vrp score); it
  /// stands for [benchmark] reviews.
  std::map<std::string, std::string> reviews;
};

/// What the command line adds to the sweep files.
struct SweepOverrides {
  std::vector<std::string> files;  ///< -C
  std::vector<std::string> sets;   ///< --set section.key=value
  std::vector<std::string> models, benchmarks, stages;
};

/// Reads and checks a sweep; relative paths in a file are relative to the current folder. A model
/// or benchmark file is looked for at conf/models/NAME.ini beside the sweep's folder
/// (FILE/../../models) and then below the current folder. `--set model:NAME.key=value` and
/// `--set benchmark:NAME.key=value` reach them, sections [model:*] and [benchmark:*] all of them.
/// A model's file may have a section [interventions] with keys that hold for that model in place of
/// the sweep's, such as the block to edit: it becomes section [interventions:NAME], which a sweep
/// file and --set may name too (and [interventions:*]). `--set interventions.key=value` is above
/// the models' files.
/// The stages' own sections stay to be bound by the caller, who then calls
/// settings.require_all_known(). Error (usage) as in design section 9.
Sweep read_sweep(const SweepOverrides& overrides);

}  // namespace vrp
