#include <algorithm>
#include <cmath>

#include "stages/probes/stress.hpp"

namespace vrp {

TreeParams boosted_params(const ProbesParams& params, std::int64_t seed) {
  TreeParams out;
  out.rounds = params.boosted_trees;
  out.depth = params.boosted_depth;
  out.rate = params.boosted_rate;
  out.row_sample = 0.9;
  out.tree_columns = 0.9;
  out.lambda = 1;
  out.alpha = 0.3;
  out.seed = seed;
  return out;
}

TreeParams forest_params(const ProbesParams& params, std::int64_t columns, std::int64_t seed) {
  TreeParams out;
  out.objective = "reg:squarederror";
  out.base_score = 0;  // the leaves are whole predictions
  out.rounds = 1;
  out.trees_per_round = params.forest_trees;
  out.depth = params.forest_depth;
  out.rate = 1;
  out.row_sample = 1 - std::exp(-1.0);
  out.tree_columns = 1;
  // XGBoost rounds share * columns down; the half keeps the root exact.
  const auto m = static_cast<double>(columns);
  out.node_columns = std::min(1.0, (std::floor(std::sqrt(m)) + 0.5) / m);
  out.min_child_weight = 2;
  out.lambda = 0;
  out.alpha = 0;
  out.seed = seed;
  return out;
}

TreeParams stacking_params(std::int64_t seed) {
  TreeParams out;
  out.rounds = 300;
  out.depth = 6;
  out.rate = 0.05;
  out.row_sample = 1;
  out.tree_columns = 1;
  out.lambda = 1;
  out.alpha = 0;
  out.seed = seed;
  return out;
}

}  // namespace vrp
