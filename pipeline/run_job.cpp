#include "pipeline/run_job.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>

#include "pipeline/base/files.hpp"
#include "pipeline/control/plan_text.hpp"
#include "pipeline/control/run_facts.hpp"
#include "pipeline/control/stage_sizes.hpp"
#include "pipeline/devices.hpp"
#include "pipeline/dist/signals.hpp"
#include "pipeline/driver/checkpoint_hash.hpp"
#include "pipeline/driver/manifest.hpp"
#include "pipeline/driver/owner.hpp"
#include "pipeline/driver/run_loop.hpp"
#include "pipeline/driver/score_file.hpp"
#include "pipeline/driver/tables.hpp"
#include "pipeline/gpu_weights.hpp"
#include "pipeline/memory_check.hpp"
#include "pipeline/model/prompt.hpp"
#include "pipeline/model/shared_segment.hpp"
#include "pipeline/model/tensors.hpp"
#include "pipeline/run_calibration.hpp"
#include "pipeline/run_start.hpp"
#include "pipeline/version.hpp"
#include "stages/capture/choices.hpp"
#include "stages/reduce/results.hpp"
#include "stages/runners.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;
constexpr double kHeartbeatSeconds = 10;
constexpr double kTablesPatience = 3600;  // seconds, of the ranks that have left the work loop

class Job {
 public:
  Job(MpiSession& mpi, const RunOptions& options) : mpi_(mpi), options_(options) {}

  int run() {
    if (const int code = mpi_.agree([&] { read_configuration(); })) return code;
    if (const int code = mpi_.agree([&] { take_folder(); })) return code;
    if (const int code = mpi_.agree([&] { make_the_plan(); })) return code;
    if (options_.calibrate > 0) return calibrate_stages();
    if (options_.dry_run) {
      if (first())
        std::cout << plan_text(sweep_, plan_, done_, stage_sizes(sweep_, plan_, params_));
      return 0;
    }
    if (const int code = take_devices()) return code;
    const auto tell = [this](const std::string& line) { say(line); };
    const MemoryCheck check{sweep_,         params_, plan_, done_, gpu_ ? &*gpu_ : nullptr,
                            pictures_kept()};
    if (const int code = check_memory(mpi_, check, tell, memory_line_)) return code;
    if (const int code = mpi_.agree([&] { open_run(); })) return code;
    return work();
  }

 private:
  bool first() const { return mpi_.rank() == 0; }

  void say(const std::string& line) const {
    // A line that starts with \r rewrites itself on a terminal.
    if (line.rfind('\r', 0) == 0) {
      std::fprintf(stderr, "\r\033[K%s", line.c_str() + 1);
    } else {
      std::fprintf(stderr, "%s%s\n", live_ ? "\r\033[K" : "", line.c_str());
    }
    std::fflush(stderr);
  }

  void read_configuration() {
    sweep_ = read_sweep(options_.sweep);
    params_ = bind_stage_params(sweep_);
    tables_ = read_tables(sweep_);
    root_ = options_.output_dir.empty() ? fs::path("runs") / sweep_.params.name
                                        : fs::path(options_.output_dir);
    live_ = first() && ::isatty(2) == 1;
  }

  /// Rank 0 owns the folder, hashes the checkpoints and reads what `vrp score` added to the labels;
  /// the others learn both from it.
  void take_folder() {
    std::string text;
    std::exception_ptr problem;
    if (first()) {
      try {
        previous_ = check_folder(root_, sweep_.params.name);
        if (!options_.dry_run) {
          make_folders(root_);
          owner_.emplace(root_, owner_params());
        }
        const Json score = to_json(read_score_file(root_));
        text = Json{{"checkpoints", hash_checkpoints()}, {"score", score}}.dump();
      } catch (...) {
        problem = std::current_exception();
      }
    }
    text = mpi_.broadcast(text);
    if (problem) std::rethrow_exception(problem);
    if (text.empty()) return;  // rank 0 failed; agree() tells everybody
    const Json known = Json::parse(text);
    checkpoints_ = known.at("checkpoints");
    apply(score_file_of(known.at("score"), score_file_path(root_).string()), root_, sweep_,
          tables_);
  }

  OwnerParams owner_params() const {
    OwnerParams params;
    params.interval = kHeartbeatSeconds;
    params.wait = options_.wait_live;
    params.say = [this](const std::string& line) { say(line); };
    params.stop = stop_signalled;
    // For tests: a quicker heart, and a process that acts as one of another host.
    if (const char* seconds = std::getenv("VRP_OWNER_SECONDS")) {
      parse_field(std::string(seconds), params.interval);
    }
    if (const char* place = std::getenv("VRP_OWNER_PLACE")) params.place = place;
    return params;
  }

  Json hash_checkpoints() {
    const fs::path cache = root_ / "checkpoints.json";
    Json known;
    try {
      if (fs::exists(cache)) known = read_json(cache);
    } catch (const Error&) {
      known = nullptr;  // damaged: hash again
    }
    Json out = Json::object();
    for (const auto& model : sweep_.models) {
      const fs::path folder = model.config.checkpoint;
      const Json before =
          known.is_object() && known.contains(model.name) ? known[model.name] : Json();
      out[model.name] = hash_checkpoint(folder, before);
      check_checkpoint(folder, model.config);
    }
    if (!options_.dry_run && out != known) write_atomically(cache, out.dump(1) + "\n");
    return out;
  }

  /// A broken checkpoint ends the job before any rank works.
  static void check_checkpoint(const fs::path& folder, const ModelConfig& config) {
    ModelSpec spec = read_model_spec(folder);
    if (config.min_pixels != 0 || config.max_pixels != 0) {
      set_pixel_bounds(spec, config.min_pixels, config.max_pixels);
    }
    require_complete(match_tensors(spec, SafetensorsIndex::open(folder)), folder, spec);
    const Tokenizer tokenizer = Tokenizer::load(folder);
    check_prompt_tokens(tokenizer, spec);
    check_end_token(folder, tokenizer, spec);
  }

  void make_the_plan() {
    PlanInputs inputs;
    inputs.stages = stage_catalog(sweep_, params_);
    inputs.tables = std::move(tables_);
    for (const auto& model : sweep_.models) {
      inputs.model_hashes[model.name] = checkpoints_.at(model.name).at("hash");
    }
    inputs.review_hashes = review_hashes(sweep_);
    inputs.limit = options_.limit;
    plan_ = make_plan(sweep_, std::move(inputs));
    if (!first()) return;
    std::vector<std::string> damaged;
    folder_.emplace(root_);
    folder_->warn_by([this](const std::string& line) { say(line); });
    done_ = options_.dry_run && !fs::exists(root_) ? std::vector<bool>(plan_.units.size(), false)
                                                   : folder_->find_done(plan_, &damaged);
    for (const auto& file : damaged) say(file + ": damaged, set aside and computed again");
    if (options_.retry_failed && !options_.dry_run) set_failed_aside(*folder_);
  }

  /// Collective: the GPU of every rank, or the CPU for all; ties the stages to it. A run that has
  /// nothing to compute asks for no GPU.
  int take_devices() {
    const bool idle = first() && std::count(done_.begin(), done_.end(), false) == 0;
    const std::string asked = mpi_.broadcast(idle ? "cpu" : sweep_.run.device);
    std::string problem;
    std::vector<Gpu> seen;
    if (asked != "cpu") seen = list_gpus(problem);
    const NodePlace& place = mpi_.place();
    const GpuView mine = gpu_view(place.host, place.first_rank, place.local_rank, std::move(seen),
                                  std::move(problem));
    const std::vector<std::string> all = mpi_.gather_all(to_json(mine).dump());
    return mpi_.agree([&] {
      std::vector<GpuView> views;
      for (const std::string& text : all) views.push_back(gpu_view_of(Json::parse(text)));
      gpus_ = choose_gpus(asked, sweep_.run.ranks_per_gpu, views);
      gpu_facts_ = gpu_facts(gpus_, views);
      const auto rank = static_cast<std::size_t>(mpi_.rank());
      const int number = gpus_.device[rank];
      use_gpu(number);
      attach_runners(plan_.stages, sweep_, params_, gpus_.name(rank), holder_);
      for (auto& stage : plan_.stages) {
        // The unit runs on the compute thread, which has to choose for itself.
        stage.run = [run = std::move(stage.run), number](const UnitInput& input) {
          use_gpu(number);
          return run(input);
        };
        if (!stage.run_pair) continue;
        stage.run_pair = [run = std::move(stage.run_pair), number](const UnitInput& input,
                                                                   const UnitInput& companion) {
          use_gpu(number);
          return run(input, companion);
        };
      }
      device_line_ = gpus_.line;
      if (number >= 0) {
        const Gpu& gpu = gpu_.emplace(views[rank].gpus[static_cast<std::size_t>(number)]);
        device_line_ =
            concat("cuda:", number, " of ", views[rank].gpus.size(), ": ", gpu.name, ", ", gpu.uuid,
                   ", ", gpu.bytes, " bytes, local rank ", place.local_rank);
      }
    });
  }

  /// --calibrate: a few items through all stages in memory; nothing but calibration.json is
  /// written, and a live run of the folder goes on.
  int calibrate_stages() {
    if (const int code = mpi_.agree([&] {
          if (mpi_.size() > 1) fail_usage("--calibrate takes one rank, not ", mpi_.size());
        }))
      return code;
    done_.assign(plan_.units.size(), false);
    if (const int code = take_devices()) return code;
    const auto weights = std::make_shared<JobWeights>(sweep_, weights_params());
    holder_->use(weights);
    run_calibration(
        plan_, {.items = options_.calibrate, .seed = sweep_.params.seed, .unit_items = batch()},
        device_line_, sweep_.run.threads, root_, [&] { return weights->service(); },
        [this](const std::string& line) { say(line); });
    weights->close();
    return 0;
  }

  /// --retry-failed: units with failed items, and all that was built on them, are computed again.
  void set_failed_aside(RunFolder& folder) {
    std::vector<bool> again(plan_.units.size(), false);
    for (const auto& unit : plan_.units) {  // upstream units have lower ids
      if (!done_[unit.id]) continue;
      again[unit.id] = folder.failed_items(unit.file) != 0 ||
                       std::any_of(unit.upstream.begin(), unit.upstream.end(),
                                   [&](auto up) { return again[up]; });
      if (!again[unit.id]) continue;
      folder.set_aside(unit.file, ".retried");
      done_[unit.id] = false;
    }
  }

  void open_run() {
    if (!first()) return;
    owner_->check();
    freeze_tables(root_, sweep_, plan_.tables);
    folder_->remove_parts(plan_);
    remove_temporaries(root_, /*recursive=*/false);
    remove_temporaries(root_ / "items", false);
    remove_temporaries(root_ / "reduce", true);
    std::vector<std::string> models;
    std::vector<std::string> benchmarks;
    for (const auto& model : sweep_.models) models.push_back(model.name);
    for (const auto& benchmark : sweep_.benchmarks) benchmarks.push_back(benchmark.name);
    families_ = declare_families(models, benchmarks, params_.reduce);
    Json extra = build_facts();
    extra["families"] = families_;
    extra["shapes"] = to_json(checkpoint_shapes(sweep_));
    extra["reviews"] = review_facts(sweep_, plan_.tables);
    extra["launch"] = launch_facts(mpi_.size());
    extra["launch"]["gpus"] = gpu_facts_;
    const Json manifest = make_manifest(sweep_, plan_, checkpoints_, extra, previous_);
    write_atomically(root_ / "manifest.json", manifest.dump(1) + "\n");
    write_fingerprints(root_, plan_);
  }

  int work() {
    const auto missing = std::count(done_.begin(), done_.end(), false);
    if (!folder_) folder_.emplace(root_);  // rank 0 has it already, with what it found done
    RunFolder& folder = *folder_;
    std::optional<EventLog> events;
    RunLoopParams params = loop_params(sweep_, live_, mpi_.hosts());
    if (missing == 0) params.progress = 0;
    if (first()) {
      events.emplace(root_ / "events.jsonl");
      events->write("start", start_facts(plan_.units.size(), missing, mpi_.hosts()));
      events->flush();
      say(concat(sweep_.params.name, ": ", plan_.units.size(), " units, ", missing, " to do, ",
                 mpi_.size(), mpi_.size() == 1 ? " rank" : " ranks", ", output in ",
                 root_.string()));
      if (missing > 0 && sweep_.run.device != "cpu") say("device: " + gpus_.line);
      if (missing > 0 && sweep_.run.unit_items % batch() != 0) {
        say(concat("[run] unit_items = ", sweep_.run.unit_items, " is no multiple of batch = ",
                   batch(), ": some batches are smaller than the GPU could take"));
      }
    }
    RankLog log(root_ / "logs", mpi_.rank());
    const auto weights = std::make_shared<JobWeights>(sweep_, weights_params());
    holder_->use(weights);
    log.line("device: " + device_line_);
    log.line("memory: " + memory_line_);
    if (const int code = share_weights(log)) {
      weights->close();
      return code;
    }
    RunLoopHooks hooks;
    hooks.service = [&] { return weights->service(); };
    hooks.remarks = [&] { return weights->remarks(); };
    hooks.stop_signalled = stop_signalled;
    hooks.heartbeat = [&] { owner_->beat(); };
    hooks.say = [&](const std::string& line) { say(line); };
    hooks.end_job = [&](const std::string& message) {
      mpi_.ends(static_cast<int>(ExitCode::resumable), params.file_patience, "owner.json");
      owner_.reset();  // the same command resumes at once
      mpi_.abort(static_cast<int>(ExitCode::resumable), message);
    };
    hooks.broken = [&](const std::exception& error) {
      const auto* ours = dynamic_cast<const Error*>(&error);
      mpi_.abort(static_cast<int>(ours != nullptr ? ours->code() : ExitCode::internal),
                 error.what());
    };
    RunOutcome outcome = run_units(plan_, folder, mpi_.transport(), done_, params, hooks,
                                   events ? &*events : nullptr, log);
    if (!first()) {
      // Rank 0 says how it ends; without it, the job can be resumed.
      if (outcome.code == 0) outcome.code = static_cast<int>(ExitCode::resumable);
      mpi_.ends(outcome.code, kTablesPatience, "rank 0, which writes the tables");
    }
    weights->close();
    if (first() && !outcome.unwritten) {
      if (outcome.code == 0) outcome.code = finish(folder);
      // A folder that was deleted or moved, or another's by now, is no run to resume: that error
      // wins.
      if (outcome.code == static_cast<int>(ExitCode::resumable)) owner_->check();
    } else if (outcome.code == 0) {
      outcome.code = static_cast<int>(ExitCode::resumable);
    }
    outcome.code = std::stoi(mpi_.broadcast(std::to_string(outcome.code)));
    mpi_.ends(outcome.code, params.file_patience);
    if (first() && !outcome.unwritten) {
      events->write("end", {{"code", outcome.code}});
      events->flush();
    }
    if (outcome.abandoned) leave(outcome.code);
    return outcome.code;
  }

  /// Collective. On GPUs: the model with the largest missing unit goes to all of them at once.
  int share_weights(RankLog& log) {
    if (!gpus_.on_gpu() || mpi_.size() == 1 || sweep_.run.nccl == "off") return 0;
    if (sweep_.run.nccl == "auto" && (gpus_.shared || sweep_.run.load != "bcast")) return 0;
    const Unit* largest = nullptr;
    for (const Unit& unit : plan_.units) {
      if (!first() || done_[unit.id] || !plan_.stages[unit.stage].needs_model) continue;
      if (largest == nullptr || unit.cost > largest->cost) largest = &unit;
    }
    const std::string model =
        mpi_.broadcast(largest == nullptr ? "" : plan_.cells[largest->cell].model);
    if (model.empty()) return 0;
    std::string why;
    auto library = load_nccl(why);
    const GpuWeights weights = share_weights_by_nccl(mpi_, sweep_.run, std::move(library),
                                                     std::move(why), model, *holder_, [&] {
                                                       if (first()) owner_->beat();
                                                     });
    if (first()) say(weights.code != 0 ? "vrp-run: " + weights.line : weights.line);
    log.line(weights.line);
    return weights.code;
  }

  /// Questions that the model is asked at once.
  int batch() const { return gpus_.on_gpu() ? batch_on_gpu(sweep_.run) : 1; }

  /// A picture and its blank twin take turns; otherwise questions about a picture come in a row,
  /// but for those about options, which come after a whole batch.
  int pictures_kept() const {
    const bool options = params_.capture.choices && std::ranges::any_of(plan_.tables, has_choices);
    return (options ? batch() : 1) + (params_.capture.asks_blank() ? 1 : 0);
  }

  JobWeightsParams weights_params() const {
    JobWeightsParams params;
    params.device = gpus_.name(static_cast<std::size_t>(mpi_.rank()));
    params.checkpoints = checkpoints_;
    params.program = concat(kVersion, " ", revision());
    params.pictures_kept = pictures_kept();
    // For tests: ranks of one host that are to act as several.
    if (const char* ranks = std::getenv("VRP_RANKS_PER_NODE")) {
      parse_field(std::string(ranks), params.ranks_per_host);
    }
    return params;
  }

  /// Rank 0, all units done: tables, and the verdict on failed items.
  int finish(RunFolder& folder) {
    std::vector<Record> reduced;
    std::int64_t failed = 0;
    std::int64_t items = 0;
    for (const auto& unit : plan_.units) {
      const auto& stage = plan_.stages[unit.stage];
      if (stage.name == "reduce") reduced.push_back(read_record(folder.path(unit.file)).record);
      if (!stage.needs_model) continue;
      failed += folder.failed_items(unit.file);
      items += unit.last - unit.first;
    }
    if (!reduced.empty()) {
      owner_->check();
      write_results(root_, reduced, run_facts(read_manifest(root_)));
      say("tables in " + (root_ / "reduce" / "tables").string());
    }
    const std::int64_t allowed = allowed_failures(options_.max_failures, items);
    if (failed > 0) {
      say(concat(failed, " of ", items, " item results failed (see vrp status ", root_.string(),
                 "); ", allowed, " are allowed"));
    }
    return static_cast<int>(failed > allowed ? ExitCode::too_many_failures : ExitCode::complete);
  }

  /// The compute thread is inside a unit that was abandoned: leave without joining it.
  [[noreturn]] void leave(int code) {
    owner_.reset();
    leave_shared_segments();
    std::fflush(nullptr);
    mpi_.leave(code);
  }

  MpiSession& mpi_;
  const RunOptions& options_;
  Sweep sweep_;
  StageParams params_;
  std::vector<ItemTable> tables_;
  fs::path root_;
  bool live_ = false;
  Json previous_, checkpoints_, families_;
  std::optional<RunOwner> owner_;
  Plan plan_;
  std::shared_ptr<ModelHolder> holder_ = std::make_shared<ModelHolder>();
  std::optional<RunFolder> folder_;
  std::vector<bool> done_;
  GpuChoice gpus_;
  Json gpu_facts_;
  std::optional<Gpu> gpu_;  ///< this rank's
  std::string device_line_, memory_line_;
};

}  // namespace

int run_job(MpiSession& mpi, const RunOptions& options) { return Job(mpi, options).run(); }

}  // namespace vrp
