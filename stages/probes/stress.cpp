#include "stages/probes/stress.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "stages/probes/attention_input.hpp"

namespace vrp {
namespace {

struct Output {
  const char* name;
  std::vector<double> StressFit::*probability;
  const char* description;
};
constexpr std::array<Output, 3> kOutputs{{
    {"stress_boosted", &StressFit::boosted,
     "probability of a correct answer: boosted trees on 11 attention features"},
    {"stress_forest", &StressFit::forest,
     "probability of a correct answer: random forest on 11 attention features"},
    {"stress_test", &StressFit::joined,
     "probability of a correct answer: both tree classifiers of the stress test"},
}};

/// Accuracy at probability 0.5, balanced accuracy and AUROC of the scored items.
ProbeLayerRow summary(const ProbeColumn& column, const std::vector<std::int8_t>& y) {
  ProbeLayerRow row;
  row.probe = column.name;
  row.layer = -2;
  std::array<double, 2> of_class{}, right{};
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] < 0 || std::isnan(column.score[i])) continue;
    const auto truth = static_cast<std::size_t>(y[i]);
    of_class[truth] += 1;
    if ((column.score[i] >= 0.5) == (y[i] == 1)) right[truth] += 1;
  }
  const double n = of_class[0] + of_class[1];
  row.n = static_cast<std::int64_t>(n);
  row.correct = static_cast<std::int64_t>(of_class[1]);
  if (n > 0) row.accuracy = (right[0] + right[1]) / n;
  if (of_class[0] > 0 && of_class[1] > 0) {
    row.balanced_accuracy = (right[0] / of_class[0] + right[1] / of_class[1]) / 2;
    row.auroc = score_auroc(column.score, y);
  } else {
    row.note = n > 0 ? "scored items of one class" : "no item has a score";
  }
  return row;
}

std::vector<std::int32_t> with_maps(std::vector<std::int32_t> rows, const StressItems& features) {
  std::erase_if(
      rows, [&](std::int32_t row) { return features.usable[static_cast<std::size_t>(row)] == 0; });
  return rows;
}

std::int64_t correct_of(const std::vector<std::int8_t>& y, const std::vector<std::int32_t>& rows) {
  return std::count_if(rows.begin(), rows.end(),
                       [&](std::int32_t row) { return y[static_cast<std::size_t>(row)] == 1; });
}

}  // namespace

void StressItems::add(const Record& capture, std::size_t first) {
  const AttentionView view(capture);
  if (rows.size() < first + view.size()) {
    rows.resize(first + view.size());
    usable.resize(first + view.size());
  }
  const std::int64_t from = std::max<std::int64_t>(0, view.layers() - kStressLayers);
  for (std::size_t i = 0; i < view.size(); ++i) {
    if (!view.fault(i).empty()) continue;
    const std::vector<double> maps = view.maps(i, from);
    rows[first + i] = stress_features({maps.data(), view.layers() - from, view.cells(i)},
                                      view.shares(i, from), view.grid(i));
    const bool finite = std::all_of(rows[first + i].begin(), rows[first + i].end(),
                                    [](double value) { return std::isfinite(value); });
    usable[first + i] = finite ? 1 : 0;
  }
}

ProbeOutcome stress_probes(const CellItems& items, const StressItems& features,
                           const std::vector<std::int8_t>& y, const std::string& model,
                           const ProbesParams& params) {
  ProbeOutcome out;
  for (const Output& output : kOutputs) {
    out.columns.push_back({output.name, 1, std::vector<double>(y.size(), kUndefined), "probability",
                           concat(output.description, "; XGBoost ", xgboost_version())});
  }
  std::string note;
  std::int64_t without = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] >= 0 && features.usable[i] == 0) ++without;
  }
  const std::string left_out =
      without > 0 ? concat(without, " labelled items without valid attention maps left out") : "";
  const Folds folds = make_folds(items, y, params.stress_folds, params.inner_folds);
  note = folds.note;
  for (int f = 0; folds.defined() && f < folds.outer; ++f) {
    const auto train = with_maps(rows_of(folds, {f, -1}, Use::train), features);
    const auto test = with_maps(rows_of(folds, {f, -1}, Use::test), features);
    const StressFit fit = fit_stress_fold(items, features, y, train, test, model, f, params);
    for (std::size_t p = 0; p < kOutputs.size(); ++p) {
      ProbeColumn& column = out.columns[p];
      const std::vector<double>& probability = fit.*kOutputs[p].probability;
      for (std::size_t i = 0; i < probability.size(); ++i)
        column.score[static_cast<std::size_t>(test[i])] = probability[i];
      ProbeFoldRow row;
      row.probe = column.name;
      row.fold = f;
      row.choice = concat("columns=", fit.columns, " dropped=", fit.dropped);
      row.train = static_cast<std::int64_t>(train.size());
      row.test = static_cast<std::int64_t>(test.size());
      row.test_correct = correct_of(y, test);
      row.auroc = score_auroc(column.score, y, test);
      row.note = fit.undefined;
      if (row.note.empty() && test.empty()) row.note = "no item in the fold";
      if (row.note.empty() && std::isnan(row.auroc)) row.note = "the fold has one class";
      out.folds.push_back(std::move(row));
    }
    if (note.empty()) note = fit.undefined;
  }
  for (const ProbeColumn& column : out.columns) {
    ProbeLayerRow row = summary(column, y);
    for (const std::string& more : {note, left_out}) {
      if (!more.empty()) row.note += (row.note.empty() ? "" : "; ") + more;
    }
    ProbeControlRow majority;
    majority.probe = column.name;
    majority.control = "majority";
    majority.n = row.n;
    majority.note = row.note;
    if (row.n > 0) {
      majority.value = static_cast<double>(std::max(row.correct, row.n - row.correct)) /
                       static_cast<double>(row.n);
    }
    out.layers.push_back(std::move(row));
    out.controls.push_back(std::move(majority));
  }
  return out;
}

ProbeOutcome fit_stress(const ProbeInput& input, const ProbesParams& params) {
  StressItems features;
  const CellItems items = read_items(input, params, [&](const Record& capture, std::size_t first) {
    features.add(capture, first);
  });
  features.rows.resize(items.size());
  features.usable.resize(items.size());
  return stress_probes(items, features, items.y, input.model, params);
}

}  // namespace vrp
