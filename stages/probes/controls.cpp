#include "stages/probes/controls.hpp"

#include <algorithm>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/stats/auroc.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "stages/probes/linear.hpp"

namespace vrp {
namespace {

std::string image_of(const ItemTable& items, std::size_t row) {
  if (!items.image_hash[row].empty()) return "hash " + items.image_hash[row];
  return items.image[row].empty() ? "group " + items.group[row] : "file " + items.image[row];
}

/// Rows of used items that show one image with one question, where there are several.
std::vector<std::vector<std::size_t>> repeated(const ItemTable& items, const Folds& folds) {
  std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> asked;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (folds.fold[i] >= 0) asked[{image_of(items, i), items.question[i]}].push_back(i);
  std::vector<std::vector<std::size_t>> out;
  for (auto& [key, rows] : asked)
    if (rows.size() > 1) out.push_back(std::move(rows));
  return out;
}

}  // namespace

std::int64_t duplicate_pairs(const ItemTable& items, const Folds& folds) {
  std::int64_t pairs = 0;
  for (const auto& rows : repeated(items, folds))
    for (std::size_t a = 0; a < rows.size(); ++a)
      for (std::size_t b = a + 1; b < rows.size(); ++b)
        pairs += folds.fold[rows[a]] != folds.fold[rows[b]];
  return pairs;
}

void check_duplicates(const ItemTable& items, const Folds& folds, bool allow) {
  if (allow) return;
  for (const auto& rows : repeated(items, folds))
    for (const std::size_t row : rows)
      if (folds.fold[row] != folds.fold[rows.front()])
        fail("probes: ", items.benchmark, ": items '", excerpt(items.key[rows.front()]), "' and '",
             excerpt(items.key[row]),
             "' ask the same about one image but lie in two folds; give "
             "them one group, or set [probes] allow_duplicates = 1");
}

ProbeControlRow type_only(const CellItems& items) {
  ProbeControlRow row;
  row.control = "type_only";
  const std::vector<double> score = stats::type_only_score(items.y, items.type);
  for (std::size_t i = 0; i < items.size(); ++i) row.n += items.y[i] >= 0 && score[i] == score[i];
  row.value = score_auroc(score, items.y);
  if (!(row.value == row.value)) row.note = "one class only";
  return row;
}

ProbeControlRow length_only(const CellItems& items, const Task& task) {
  ProbeControlRow row;
  row.control = "length_only";
  row.note = task.folds.note;
  FeatureSource source(items.size(), {1}, std::size_t{1} << 30);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const double tokens = items.prompt_tokens[i];
    const float value = tokens == tokens ? static_cast<float>(tokens) : 0.0f;
    source.set_row(0, i, std::span(&value, 1));
  }
  std::vector<Problem> problems;
  for (int o = 0; o < task.folds.outer && task.folds.defined(); ++o)
    problems.push_back({0, {o, -1}, 1.0});
  const std::vector<LinearFit> fits = fit_linear({&source, 0}, {task}, problems);
  std::vector<double> score(items.size(), kUndefined);
  for (std::size_t k = 0; k < fits.size(); ++k) {
    const auto rows = rows_of(task.folds, problems[k].part, Use::test);
    if (fits[k].score.size() != rows.size()) {
      row.note = fits[k].note;
      continue;
    }
    for (std::size_t i = 0; i < rows.size(); ++i)
      score[static_cast<std::size_t>(rows[i])] = fits[k].score[i];
    row.n += static_cast<std::int64_t>(rows.size());
  }
  row.value = score_auroc(score, task.y);
  return row;
}

ProbeControlRow shuffle_row(const std::vector<double>& draws, double observed, std::int64_t n) {
  ProbeControlRow row;
  row.control = "shuffle";
  row.n = n;
  std::vector<double> sorted;
  for (const double value : draws)
    if (value == value) sorted.push_back(value);
  row.draws = static_cast<std::int64_t>(sorted.size());
  if (sorted.size() < draws.size())
    row.note = concat(draws.size() - sorted.size(), " draws undefined");
  if (sorted.empty()) return row;
  std::sort(sorted.begin(), sorted.end());
  double sum = 0;
  for (const double value : sorted) sum += value;
  row.value = sum / static_cast<double>(sorted.size());
  if (sorted.size() > 1) {
    row.low = stats::sorted_quantile(sorted, 0.025);
    row.high = stats::sorted_quantile(sorted, 0.975);
  }
  if (const auto p = stats::permutation_p(observed, draws, 0.5)) row.p = *p;
  return row;
}

}  // namespace vrp
