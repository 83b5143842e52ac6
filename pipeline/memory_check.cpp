#include "pipeline/memory_check.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/model/memory_fit.hpp"
#include "pipeline/model/spec.hpp"

namespace vrp {
namespace {

constexpr std::int64_t kTextTokens = 64;  ///< of a prompt, besides its picture

std::set<std::string> models_at_work(const MemoryCheck& check) {
  std::set<std::string> names;
  for (const Unit& unit : check.plan.units) {
    if (check.done[unit.id] || !check.plan.stages[unit.stage].needs_model) continue;
    names.insert(check.plan.cells[unit.cell].model);
  }
  return names;
}

/// [[name, weights, keys and values, working], ...], from the checkpoints' headers.
Json needs_of(const MemoryCheck& check) {
  Json needs = Json::array();
  const std::set<std::string> working = models_at_work(check);
  for (const NamedModel& model : check.sweep.models) {
    if (!working.contains(model.name)) continue;
    ModelSpec spec = read_model_spec(model.config.checkpoint);
    if (model.config.min_pixels != 0 || model.config.max_pixels != 0) {
      set_pixel_bounds(spec, model.config.min_pixels, model.config.max_pixels);
    }
    MemoryRequest request;
    request.prompt_tokens = most_image_tokens(spec) + kTextTokens;
    request.samples = check.params.consistency.samples;
    request.max_new_tokens = 1;
    for (const NamedBenchmark& benchmark : check.sweep.benchmarks) {
      request.max_new_tokens = std::max(request.max_new_tokens, benchmark.config.max_new_tokens);
    }
    request.kept_as_stored = check.gpu == nullptr;
    if (check.gpu != nullptr) request.batch = batch_on_gpu(check.sweep.run);
    request.pictures = check.pictures_kept;
    request.compute_bytes = check.gpu == nullptr || model.config.dtype == "fp32" ? 4 : 2;
    const MemoryNeed need = memory_need(
        spec, match_tensors(spec, SafetensorsIndex::open(model.config.checkpoint)), request);
    needs.push_back({model.name, need.weights, need.keys_values, need.working});
  }
  return needs;
}

}  // namespace

int check_memory(MpiSession& mpi, const MemoryCheck& check,
                 const std::function<void(const std::string&)>& say, std::string& line) {
  Json needs = Json::array();
  if (const int code = mpi.agree([&] {
        if (mpi.rank() == 0) needs = needs_of(check);
      })) {
    return code;
  }
  needs = Json::parse(mpi.broadcast(needs.dump()));
  MemoryPlace place;
  place.host = mpi.place().host;
  place.ranks = mpi.place().local_size;
  place.weight_copies = check.sweep.run.load == "read" ? place.ranks : 1;
  place.memory = host_memory();
  if (check.gpu != nullptr) {
    place.gpu_bytes = check.gpu->bytes;
    place.gpu = check.gpu->name;
    place.ranks_per_gpu = check.sweep.run.ranks_per_gpu;
  }
  line = host_memory_text(place.memory);
  Json warnings = Json::array();
  if (const int code = mpi.agree([&] {
        if (mpi.place().local_rank != 0) return;  // one a host speaks for all
        for (const Json& entry : needs) {
          const std::string model = entry.at(0);
          const MemoryFit fit = memory_fit(model, {entry.at(1), entry.at(2), entry.at(3)}, place);
          if (!fit.refusal.empty()) fail_usage(fit.refusal);
          if (!fit.warning.empty()) warnings.push_back({model, fit.warning});
        }
      })) {
    return code;
  }
  std::map<std::string, std::vector<std::string>> by_model;
  for (const std::string& text : mpi.gather_all(warnings.dump())) {
    for (const Json& warning : Json::parse(text)) by_model[warning.at(0)].push_back(warning.at(1));
  }
  if (mpi.rank() != 0) return 0;
  for (const auto& [model, texts] : by_model) {
    say(concat("memory: ", texts.front(),
               texts.size() > 1 ? concat(" (and on ", texts.size() - 1, " more hosts)") : ""));
  }
  return 0;
}

}  // namespace vrp
