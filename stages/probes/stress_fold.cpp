#include <algorithm>

#include "pipeline/base/rng.hpp"
#include "stages/probes/stress.hpp"

namespace vrp {
namespace {

constexpr int kStackingFolds = 5;

std::vector<std::size_t> indices(const std::vector<std::int32_t>& rows) {
  return {rows.begin(), rows.end()};
}

struct Probabilities {
  std::vector<double> boosted, forest;
};

/// Fits both classifiers on `train` and applies them to `test`. `purpose` keys the seeds.
Probabilities fit_both(const StressColumns& columns, const StressItems& features,
                       const std::vector<std::int8_t>& y, const std::vector<std::int32_t>& train,
                       const std::vector<std::int32_t>& test, const Rng& rng, std::uint64_t draw,
                       const ProbesParams& params) {
  const std::vector<float> x = columns.matrix(features.rows, indices(train));
  const std::vector<float> x_test = columns.matrix(features.rows, indices(test));
  const TreeInput input{x.data(), static_cast<std::int64_t>(train.size()), columns.kept()};
  const TreeInput other{x_test.data(), static_cast<std::int64_t>(test.size()), columns.kept()};
  std::vector<float> label, weight;
  double correct = 0;
  for (const std::int32_t row : train) correct += y[static_cast<std::size_t>(row)];
  const auto n = static_cast<double>(train.size());
  for (const std::int32_t row : train) {
    const bool right = y[static_cast<std::size_t>(row)] == 1;
    label.push_back(right ? 1.0F : 0.0F);
    weight.push_back(static_cast<float>(n / (2 * (right ? correct : n - correct))));
  }
  const auto seed = [&](std::uint64_t which) {
    return static_cast<std::int64_t>(rng.below(std::uint64_t{1} << 31, draw, which));
  };
  const TreeModel boosted(input, label, {}, boosted_params(params, seed(0)));
  const TreeModel forest(input, label, weight, forest_params(params, columns.kept(), seed(1)));
  return {boosted.predict(other), forest.predict(other)};
}

std::string both_classes(const std::vector<std::int8_t>& y, const std::vector<std::int32_t>& rows) {
  const auto correct = std::count_if(rows.begin(), rows.end(), [&](std::int32_t row) {
    return y[static_cast<std::size_t>(row)] == 1;
  });
  if (correct > 0 && correct < static_cast<std::ptrdiff_t>(rows.size())) return "";
  return "the training part has one class";
}

/// [rows, 2] of both probabilities.
std::vector<float> side_by_side(const Probabilities& p) {
  std::vector<float> out;
  for (std::size_t i = 0; i < p.boosted.size(); ++i)
    out.insert(out.end(), {static_cast<float>(p.boosted[i]), static_cast<float>(p.forest[i])});
  return out;
}

/// Probabilities of the training items by classifiers that did not see their images, then a
/// classifier of both that is applied to `last`.
void stack(const CellItems& items, const StressColumns& columns, const StressItems& features,
           const std::vector<std::int8_t>& y, const std::vector<std::int32_t>& train,
           const Probabilities& last, const Rng& rng, const ProbesParams& params, StressFit& fit) {
  std::vector<std::int8_t> part(y.size(), -1);
  for (const std::int32_t row : train)
    part[static_cast<std::size_t>(row)] = y[static_cast<std::size_t>(row)];
  const Folds folds = make_folds(items, part, kStackingFolds, 2);
  if (!folds.defined()) {
    fit.undefined = "stacking: " + folds.note;
    return;
  }
  Probabilities inner;
  std::vector<float> label;
  for (int f = 0; f < kStackingFolds; ++f) {
    const auto rest = rows_of(folds, {f, -1}, Use::train);
    const auto held = rows_of(folds, {f, -1}, Use::test);
    if (held.empty()) continue;
    if (!both_classes(y, rest).empty()) {
      fit.undefined = "stacking: " + both_classes(y, rest);
      return;
    }
    const Probabilities p =
        fit_both(columns, features, y, rest, held, rng, static_cast<std::uint64_t>(f) + 1, params);
    inner.boosted.insert(inner.boosted.end(), p.boosted.begin(), p.boosted.end());
    inner.forest.insert(inner.forest.end(), p.forest.begin(), p.forest.end());
    for (const std::int32_t row : held)
      label.push_back(y[static_cast<std::size_t>(row)] == 1 ? 1.0F : 0.0F);
  }
  const std::vector<float> x = side_by_side(inner), x_test = side_by_side(last);
  const TreeModel joint(
      {x.data(), static_cast<std::int64_t>(label.size()), 2}, label, {},
      stacking_params(static_cast<std::int64_t>(rng.below(std::uint64_t{1} << 31, 0, 2))));
  fit.joined = joint.predict({x_test.data(), static_cast<std::int64_t>(last.boosted.size()), 2});
}

}  // namespace

StressFit fit_stress_fold(const CellItems& items, const StressItems& features,
                          const std::vector<std::int8_t>& y, const std::vector<std::int32_t>& train,
                          const std::vector<std::int32_t>& test, const std::string& model,
                          std::int64_t fold, const ProbesParams& params) {
  StressFit fit;
  fit.undefined = both_classes(y, train);
  if (!fit.undefined.empty()) return fit;
  const StressColumns columns(features.rows, indices(train), params.stress_degree);
  fit.columns = columns.kept();
  fit.dropped = columns.dropped();
  if (fit.columns == 0) fit.undefined = "every feature is constant on the training part";
  if (!fit.undefined.empty() || test.empty()) return fit;
  const Rng rng(items.seed, "probes", model, items.benchmark, "stress" + std::to_string(fold));
  Probabilities p = fit_both(columns, features, y, train, test, rng, 0, params);
  if (params.stress_ensemble == "stacking") {
    stack(items, columns, features, y, train, p, rng, params, fit);
    if (!fit.undefined.empty()) return fit;
  } else {
    for (std::size_t i = 0; i < test.size(); ++i)
      fit.joined.push_back((p.boosted[i] + p.forest[i]) / 2);
  }
  fit.boosted = std::move(p.boosted);
  fit.forest = std::move(p.forest);
  return fit;
}

}  // namespace vrp
