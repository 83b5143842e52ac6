#include "pipeline/config/sweep.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/config/prompt_texts.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;

/// Where a part's file may be, in the order of precedence.
std::vector<fs::path> part_paths(const std::vector<std::string>& files, const std::string& kind,
                                 const std::string& name) {
  std::vector<fs::path> tried;
  for (const auto& file : files) {
    tried.push_back(fs::path(file).parent_path() / ".." / kind / (name + ".ini"));
    tried.push_back(fs::path(file).parent_path() / (name + ".ini"));
  }
  tried.push_back(fs::path("conf") / kind / (name + ".ini"));
  return tried;
}

fs::path find_part(const std::vector<std::string>& files, const std::string& kind,
                   const std::string& name, const std::string& origin) {
  const std::vector<fs::path> tried = part_paths(files, kind, name);
  for (const auto& path : tried) {
    if (fs::exists(path)) return path.lexically_normal();
  }
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(tried[0].parent_path(), ignored)) {
    if (entry.path().extension() == ".ini") names.push_back(entry.path().stem().string());
  }
  const std::string near = nearest(name, names);
  fail_usage(origin, ": '", name, "' is no file ", tried[0].lexically_normal().string(),
             near.empty() ? "" : concat("; did you mean '", near, "'?"));
}

/// Reads a part's file into section "kind:name" of the settings, below what --set gave for it. A
/// model's [interventions] goes into "interventions:name"; a key that the command line sets for all
/// models is left to it.
void add_part(Settings& settings, const fs::path& path, const std::string& kind,
              const std::string& name) {
  Settings part;
  part.read_ini(path);
  const bool edits = kind == "model";
  for (const auto& [found, keys] : part.sections()) {
    for (const auto& [key, setting] : keys) {
      const bool edit = edits && found == "interventions";
      if (found != kind && !edit) {
        fail_usage(setting.origin, ": section [", found, "], expected [", kind, "]",
                   edits ? " or [interventions]" : "");
      }
      const Setting* common = edit ? settings.find(found, key) : nullptr;
      if (common != nullptr && common->origin == "--set") continue;
      const std::string target = concat(found, ':', name);
      if (settings.find(target, key) == nullptr) settings.put(target, key, setting);
    }
  }
}

/// Puts what a sweep file or --set gives for all parts of a kind ([benchmark:*]) below what they
/// give for the one of that name, above its own file.
void add_shared(Settings& settings, const std::string& shared, const std::string& target) {
  const auto found = settings.sections().find(shared);
  if (found == settings.sections().end()) return;
  const auto keys = found->second;
  for (const auto& [key, setting] : keys) {
    if (settings.find(target, key) == nullptr) settings.put(target, key, setting);
  }
}

/// Names X of sections [KIND:X] of parts that this sweep leaves out although they have a file: a
/// profile speaks of models and benchmarks that --models and --benchmarks may leave out.
std::vector<std::string> left_out(const Settings& settings, const std::string& kind,
                                  const std::vector<std::string>& files, const std::string& folder,
                                  const std::vector<std::string>& used) {
  std::vector<std::string> names;
  for (const auto& [section, keys] : settings.sections()) {
    if (!section.starts_with(kind + ":")) continue;
    const std::string name = section.substr(kind.size() + 1);
    if (std::ranges::find(used, name) != used.end()) continue;
    if (std::ranges::any_of(part_paths(files, folder, name),
                            [](const fs::path& path) { return fs::exists(path); }))
      names.push_back(name);
  }
  return names;
}

template <class T>
void require(bool holds, const Settings& settings, const std::string& section, const char* key,
             const T& value, const char* expected) {
  if (holds) return;
  const Setting* setting = settings.find(section, key);
  fail_usage(setting != nullptr ? setting->origin : "default", ": [", section, "] ", key, " = ",
             field_text(value), ", expected ", expected);
}

bool one_of(const std::string& value, std::initializer_list<const char*> values) {
  return std::any_of(values.begin(), values.end(), [&](const char* v) { return value == v; });
}

bool all_differ(std::vector<std::string> names) {
  std::ranges::sort(names);
  return std::ranges::adjacent_find(names) == names.end();
}

/// Whether `text` holds `part` exactly once.
bool once(const std::string& text, const std::string& part) {
  const auto at = text.find(part);
  return at != std::string::npos && text.find(part, at + 1) == std::string::npos;
}

bool plain_name(const std::string& name) {
  return !name.empty() && name[0] != '.' && name.find('/') == std::string::npos;
}

}  // namespace

Sweep read_sweep(const SweepOverrides& overrides) {
  Sweep sweep;
  Settings& settings = sweep.settings;
  for (const auto& file : overrides.files) settings.read_ini(file);
  for (const auto& assignment : overrides.sets) settings.set(assignment);
  const auto override_list = [&](const char* key, const std::vector<std::string>& values) {
    if (!values.empty()) settings.put("sweep", key, {join(values, " "), concat("--", key)});
  };
  override_list("models", overrides.models);
  override_list("benchmarks", overrides.benchmarks);
  override_list("stages", overrides.stages);
  settings.bind("sweep", sweep.params);
  settings.bind("run", sweep.run);

  const auto& p = sweep.params;
  const auto& r = sweep.run;
  require(!p.models.empty(), settings, "sweep", "models", p.models, "at least one model");
  require(!p.benchmarks.empty(), settings, "sweep", "benchmarks", p.benchmarks,
          "at least one benchmark");
  require(all_differ(p.models), settings, "sweep", "models", p.models, "each model once");
  require(all_differ(p.benchmarks), settings, "sweep", "benchmarks", p.benchmarks,
          "each benchmark once");
  require(one_of(p.profile, {"default", "authors"}), settings, "sweep", "profile", p.profile,
          "default or authors");
  require(r.threads >= 1, settings, "run", "threads", r.threads, "at least 1");
  require(r.unit_items >= 1, settings, "run", "unit_items", r.unit_items, "at least 1");
  require(r.unit_attempts >= 1, settings, "run", "unit_attempts", r.unit_attempts, "at least 1");
  require(r.rank_failures >= 1, settings, "run", "rank_failures", r.rank_failures, "at least 1");
  require(r.straggler == 0 || r.straggler >= 1, settings, "run", "straggler", r.straggler,
          "0 or at least 1");
  require(r.straggler_seconds >= 0, settings, "run", "straggler_seconds", r.straggler_seconds,
          "0 or more");
  require(r.heartbeat == 0 || r.heartbeat >= 1, settings, "run", "heartbeat", r.heartbeat,
          "0 or at least 1");
  require(r.unit_timeout >= 0, settings, "run", "unit_timeout", r.unit_timeout, "0 or more");
  require(one_of(r.device, {"auto", "cpu", "cuda"}), settings, "run", "device", r.device,
          "auto, cpu or cuda");
  require(one_of(r.nccl, {"auto", "off", "require"}), settings, "run", "nccl", r.nccl,
          "auto, off or require");
  require(r.nccl_timeout > 0, settings, "run", "nccl_timeout", r.nccl_timeout, "more than 0");
  require(one_of(r.load, {"bcast", "read", "mmap"}), settings, "run", "load", r.load,
          "bcast, read or mmap");
  require(r.ranks_per_gpu >= 1, settings, "run", "ranks_per_gpu", r.ranks_per_gpu, "at least 1");
  require(r.batch >= 0 && r.batch <= kMostBatch, settings, "run", "batch", r.batch,
          "a number from 1 to 64, or 0");

  const auto origin_of = [&](const char* key) {
    const Setting* setting = settings.find("sweep", key);
    return setting != nullptr ? setting->origin : std::string("default");
  };
  for (const auto& name : left_out(settings, "model", overrides.files, "models", p.models)) {
    ModelConfig unused;
    settings.bind("model:" + name, unused);
  }
  for (const auto& name :
       left_out(settings, "benchmark", overrides.files, "benchmarks", p.benchmarks)) {
    BenchmarkConfig unused;
    settings.bind("benchmark:" + name, unused);
  }
  sweep.models_left_out = left_out(settings, "interventions", overrides.files, "models", p.models);
  ModelConfig every_model;
  BenchmarkConfig every_benchmark;
  settings.bind("model:*", every_model);
  settings.bind("benchmark:*", every_benchmark);
  for (const auto& name : p.models) {
    require(plain_name(name), settings, "sweep", "models", name, "file names without folders");
    const std::string section = "model:" + name;
    add_shared(settings, "model:*", section);
    add_shared(settings, "interventions:*", "interventions:" + name);
    add_part(settings, find_part(overrides.files, "models", name, origin_of("models")), "model",
             name);
    NamedModel model{name, {}};
    settings.bind(section, model.config);
    require(!model.config.checkpoint.empty(), settings, section, "checkpoint",
            model.config.checkpoint, "the checkpoint's folder");
    require(one_of(model.config.prompt_template, {"plain", "chat"}), settings, section, "template",
            model.config.prompt_template, "plain or chat");
    require(one_of(model.config.dtype, {"fp32", "bf16", "fp16"}), settings, section, "dtype",
            model.config.dtype, "fp32, bf16 or fp16");
    require(once(model.config.options, "{q}") && once(model.config.options, "{options}"), settings,
            section, "options", model.config.options, "{q} and {options} once each");
    require(model.config.hint.empty() || once(model.config.hint, "{h}"), settings, section, "hint",
            model.config.hint, "{h} once, or nothing");
    sweep.models.push_back(std::move(model));
  }
  for (const auto& name : p.benchmarks) {
    require(plain_name(name), settings, "sweep", "benchmarks", name, "file names without folders");
    const std::string section = "benchmark:" + name;
    add_shared(settings, "benchmark:*", section);
    add_part(settings, find_part(overrides.files, "benchmarks", name, origin_of("benchmarks")),
             "benchmark", name);
    NamedBenchmark benchmark{name, {}};
    settings.bind(section, benchmark.config);
    const auto& b = benchmark.config;
    require(!b.table.empty(), settings, section, "table", b.table, "an item table");
    require(one_of(b.choice, {"first", "groups", "stratified"}), settings, section, "choice",
            b.choice, "first, groups or stratified");
    require(std::ranges::count(answer_forms(), b.form) == 1, settings, section, "form", b.form,
            "short, yes_no, letter or open");
    require(b.n >= 0, settings, section, "n", b.n, "0 or more");
    require(b.max_new_tokens >= 1, settings, section, "max_new_tokens", b.max_new_tokens,
            "at least 1");
    require(b.soft_threshold > 0 && b.soft_threshold <= 1, settings, section, "soft_threshold",
            b.soft_threshold, "a number in (0, 1]");
    require(b.judge_threshold >= 1 && b.judge_threshold <= 10, settings, section, "judge_threshold",
            b.judge_threshold, "a number from 1 to 10");
    require(b.judge_relative >= 0, settings, section, "judge_relative", b.judge_relative,
            "0 or more");
    sweep.benchmarks.push_back(std::move(benchmark));
  }
  return sweep;
}

}  // namespace vrp
