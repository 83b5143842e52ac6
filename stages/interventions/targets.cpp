#include "stages/interventions/targets.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/rng.hpp"
#include "pipeline/config/fields.hpp"
#include "pipeline/store/frame.hpp"
#include "stages/interventions/masks.hpp"
#include "stages/probes/record.hpp"

namespace vrp {
namespace {

constexpr std::int64_t kGiven = -2;

std::vector<std::int64_t> numbers(const std::vector<std::string>& texts) {
  std::vector<std::int64_t> out(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) parse_field(texts[i], out[i]);
  return out;
}

/// The ranked neurons of a block, by outer fold; fold -1 saw all items and is left out.
std::map<std::int64_t, NeuronTargets> ranked(const Record& probes, int layer, int width) {
  std::vector<NeuronRow> rows = read_frame<NeuronRow>(probes, "neuron");
  std::erase_if(rows, [&](const NeuronRow& row) {
    return row.layer != layer || row.fold < 0 || row.kind != "ranked";
  });
  std::ranges::sort(rows, {}, &NeuronRow::rank);
  std::map<std::int64_t, NeuronTargets> out;
  for (const NeuronRow& row : rows) {
    NeuronTargets& targets = out[row.fold];
    if (row.rank != std::ssize(targets.ids) || row.neuron < 0 || row.neuron >= width) {
      fail(probes.origin.empty() ? "probes record" : probes.origin, ": frame 'neuron', block ",
           layer, ", fold ", row.fold, " has neuron ", row.neuron, " of rank ", row.rank,
           ", expected one of 0 to ", width - 1, " of rank ", targets.ids.size());
    }
    targets.ids.push_back(row.neuron);
    targets.means.push_back(static_cast<float>(row.mean));
  }
  return out;
}

EditScope scope_of(const std::string& name) {
  return name == "all" ? EditScope::all : name == "last" ? EditScope::last : EditScope::last_prompt;
}

}  // namespace

NeuronPlan::NeuronPlan(const InterventionsParams& params, const InterventionShape& shape,
                       const Record& probes, std::uint64_t seed, const std::string& model,
                       const std::string& benchmark)
    : params_(params),
      width_(params.site == "mlp_act" ? shape.intermediate : shape.hidden),
      needed_(targets_needed(params)),
      random_ids_(numbers(params.random_ids)) {
  if (!params.ids.empty()) {
    by_fold_[kGiven] = {numbers(params.ids), {}};
  } else if (needed_ > 0) {
    by_fold_ = ranked(probes, layer_of("layer", params.layer, shape.layers), width_);
  }
  const auto draws = [&](const char* purpose, int count) {
    const Rng rng(seed, "interventions", model, benchmark, purpose);
    std::vector<std::vector<std::int64_t>> out;
    for (int draw = 0; draw < count; ++draw) {
      out.push_back(
          draw_without_replacement(rng, static_cast<std::uint64_t>(draw), width_, width_));
    }
    return out;
  };
  if (params.random > 0 && random_ids_.empty()) {
    random_ = draws("random neurons", std::max(params.random_draws, params.sweep_draws));
  }
  if (!params.scaled.empty()) scaled_ = draws("scaled neurons", params.scaled_draws);
}

const NeuronTargets* NeuronPlan::targets(std::int64_t fold) const {
  auto found = by_fold_.find(kGiven);
  if (found == by_fold_.end()) found = by_fold_.find(fold);
  return found == by_fold_.end() ? nullptr : &found->second;
}

std::optional<std::vector<std::int64_t>> NeuronPlan::indices(const PlannedCondition& condition,
                                                             const NeuronTargets* known) const {
  const auto count = static_cast<std::size_t>(condition.count);
  if (condition.family == "scaled") {
    const auto& order = scaled_.at(static_cast<std::size_t>(condition.draw));
    return std::vector(order.begin(), order.begin() + condition.count);
  }
  if (condition.target == "random" && condition.draw < 0) return random_ids_;
  if (known == nullptr && needed_ > 0) return std::nullopt;
  std::vector<std::int64_t> ids = known == nullptr ? std::vector<std::int64_t>() : known->ids;
  if (condition.target == "random") {
    const auto first_targets = ids.begin() + std::min<std::ptrdiff_t>(needed_, std::ssize(ids));
    std::vector<std::int64_t> out;
    for (const std::int64_t neuron : random_.at(static_cast<std::size_t>(condition.draw))) {
      if (std::find(ids.begin(), first_targets, neuron) != first_targets) continue;
      out.push_back(neuron);
      if (out.size() == count) break;
    }
    return out;
  }
  const auto first = static_cast<std::size_t>(std::max(condition.rank, 0));
  if (first + count > ids.size()) return std::nullopt;
  const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(first);
  return std::vector(begin, begin + condition.count);
}

std::optional<EditCondition> NeuronPlan::edit_of(const PlannedCondition& condition,
                                                 std::int64_t fold) const {
  Edit edit;
  edit.layer = condition.layer;
  edit.scope = scope_of(condition.scope);
  if (condition.family == "bypass") {
    edit.operation = EditOperation::bypass;
    return EditCondition{condition.name, {edit}};
  }
  edit.site = params_.site == "mlp_act" ? EditSite::mlp_act : EditSite::mlp_out;
  const NeuronTargets* known = targets(fold);
  auto neurons = indices(condition, known);
  if (!neurons) return std::nullopt;
  edit.indices = std::move(*neurons);
  edit.value = condition.value;
  if (condition.operation == "mean") {
    edit.operation = EditOperation::replace;
    edit.value = 0;
    const auto first = known->means.begin() + std::max(condition.rank, 0);
    edit.values.assign(first, first + condition.count);
    if (std::ranges::any_of(edit.values, [](float mean) { return !(mean == mean); })) {
      return std::nullopt;
    }
  }
  return EditCondition{condition.name, {edit}};
}

}  // namespace vrp
