#include "stages/interventions/plan.hpp"

#include <algorithm>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/config/fields.hpp"

namespace vrp {
namespace {

int number_of(const std::string& text) {
  int number = 0;
  parse_field(text, number);  // checked by check(params)
  return number;
}

class Planner {
 public:
  Planner(const InterventionsParams& params, const InterventionShape& shape)
      : p_(params),
        shape_(shape),
        width_(params.site == "mlp_act" ? shape.intermediate : shape.hidden) {
    check(params);
    check_ids("ids", p_.ids);
    check_ids("random_ids", p_.random_ids);
    check_counts();
  }

  std::vector<PlannedCondition> run() {
    all_.push_back({});
    for (const std::string& method : p_.masks) add_masks(method);
    const int layer = layer_of("layer", p_.layer, shape_.layers);
    add_neurons(layer);
    std::set<int> done{layer};
    for (const std::string& text : p_.sweep) {
      const int block = layer_of("sweep", text, shape_.layers);
      if (done.insert(block).second) add_sweep(block);
    }
    std::set<std::string> names;
    for (const PlannedCondition& condition : all_) {
      if (!names.insert(condition.name).second) {
        fail_usage("[interventions] condition '", condition.name, "' comes twice");
      }
    }
    return std::move(all_);
  }

 private:
  void check_ids(const char* field, const std::vector<std::string>& ids) const {
    for (const std::string& id : ids) {
      if (number_of(id) >= width_) {
        fail_usage("[interventions] ", field, " has neuron ", id, ", expected 0 to ", width_ - 1,
                   " for this model (", p_.site, ")");
      }
    }
  }

  void check_counts() const {
    const int targets = targets_needed(p_);
    const int known = p_.ids.empty() ? width_ : static_cast<int>(p_.ids.size());
    if (targets > known) {
      fail_usage("[interventions] singles and tops take up to ", targets,
                 " neurons, expected at "
                 "most ",
                 known, p_.ids.empty() ? " for this model" : " as ids are given");
    }
    if (p_.random_ids.empty() && p_.random + targets > width_) {
      fail_usage("[interventions] random is ", p_.random, " beside ", targets,
                 " targets, expected "
                 "at most ",
                 width_ - targets, " for this model");
    }
  }

  void add_masks(const std::string& method) {
    const std::string suffix = method == "pixel" ? "" : " " + method;
    for (const std::string& target : p_.mask_targets) {
      PlannedCondition condition;
      condition.family = "mask";
      condition.target = target;
      condition.operation = method;
      const int draws = target == "random" ? p_.mask_draws : 1;
      for (int draw = 0; draw < draws; ++draw) {
        condition.name = "mask " + target;
        if (target == "random") condition.name += concat(" ", condition.draw = draw);
        condition.name += suffix;
        all_.push_back(condition);
      }
    }
  }

  /// A neuron condition at a block; `what` names its neurons.
  PlannedCondition at_block(int layer, const std::string& what, const std::string& target,
                            int count, const std::string& operation) const {
    PlannedCondition condition;
    condition.family = "neuron";
    condition.target = target;
    condition.layer = layer;
    condition.count = count;
    condition.scope = p_.scope;
    std::string shown = operation;
    if (operation == "zero") {
      condition.operation = "zero";
      condition.value = 0;
    } else if (operation == "mean") {
      condition.operation = "mean";
    } else {
      condition.operation = "clamp";
      parse_field(operation, condition.value);
      if (condition.value > 0) shown = concat("+", operation);
    }
    condition.name = concat("L", layer, " ", what, " ", shown);
    return condition;
  }

  void add_neurons(int layer) {
    for (int rank = 0; rank < p_.singles; ++rank) {
      const std::string what = p_.ids.empty()
                                   ? concat("single", rank + 1)
                                   : concat("single N", p_.ids[static_cast<std::size_t>(rank)]);
      for (const std::string& operation : p_.single_operations) {
        all_.push_back(at_block(layer, what, "single", 1, operation));
        all_.back().rank = rank;
      }
    }
    for (const std::string& top : p_.tops) {
      for (const std::string& operation : p_.top_operations) {
        all_.push_back(at_block(layer, "top" + top, "top", number_of(top), operation));
      }
    }
    add_random(layer, p_.random_draws);
    add_bypass(layer);
    add_scaled(layer);
  }

  void add_sweep(int layer) {
    for (const std::string& top : p_.tops) {
      all_.push_back(at_block(layer, "top" + top, "top", number_of(top), "zero"));
    }
    add_random(layer, p_.sweep_draws);
    add_bypass(layer);
  }

  void add_random(int layer, int draws) {
    if (!p_.random_ids.empty()) {
      const int count = static_cast<int>(p_.random_ids.size());
      all_.push_back(at_block(layer, concat("random", count), "random", count, "zero"));
      return;
    }
    for (int draw = 0; draw < draws && p_.random > 0; ++draw) {
      all_.push_back(at_block(layer, concat("random", p_.random, " draw ", draw), "random",
                              p_.random, "zero"));
      all_.back().draw = draw;
    }
  }

  void add_bypass(int layer) {
    if (!p_.bypass) return;
    PlannedCondition condition;
    condition.name = concat("L", layer, " bypass");
    condition.family = condition.operation = "bypass";
    condition.layer = layer;
    condition.value = 0;
    condition.scope = p_.scope;
    all_.push_back(condition);
  }

  void add_scaled(int layer) {
    for (const std::string& size : p_.scaled) {
      const int count = neurons_of("scaled", size, width_);
      for (int draw = 0; draw < p_.scaled_draws; ++draw) {
        PlannedCondition condition = at_block(layer, "", "random", count, "zero");
        condition.name = concat("L", layer, " random ", size, " draw ", draw);
        condition.family = "scaled";
        condition.draw = draw;
        all_.push_back(condition);
      }
    }
  }

  const InterventionsParams& p_;
  InterventionShape shape_;
  int width_;
  std::vector<PlannedCondition> all_;
};

}  // namespace

int targets_needed(const InterventionsParams& params) {
  int most = params.singles;
  for (const std::string& top : params.tops) most = std::max(most, number_of(top));
  return most;
}

std::vector<PlannedCondition> plan_conditions(const InterventionsParams& params,
                                              const InterventionShape& shape) {
  return Planner(params, shape).run();
}

}  // namespace vrp
