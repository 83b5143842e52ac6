#include "stages/probes/folds.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/rng.hpp"
#include "pipeline/stats/resample.hpp"

namespace vrp {
namespace {

/// Rows of one image, in the order in which images are dealt to folds.
struct Group {
  std::uint64_t order = 0;
  std::string name;
  std::vector<std::int32_t> rows;
};

std::uint64_t order_of(const Rng& rng) {
  const PhiloxCounter words = rng.words(0);
  return (std::uint64_t{words.c0} << 32) | words.c1;
}

std::vector<Group> ordered_groups(const CellItems& items, const std::vector<std::int8_t>& y,
                                  const std::string& purpose) {
  std::map<std::string, std::vector<std::int32_t>> rows;
  for (std::size_t i = 0; i < y.size(); ++i)
    if (y[i] >= 0) rows[items.group[i]].push_back(static_cast<std::int32_t>(i));
  std::vector<Group> groups;
  for (auto& [name, members] : rows)
    groups.push_back({order_of(Rng(items.seed, "probes", items.benchmark, name, purpose)), name,
                      std::move(members)});
  std::sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
    return std::tie(a.order, a.name) < std::tie(b.order, b.name);
  });
  return groups;
}

using ClassCounts = std::array<double, 2>;

ClassCounts count_classes(const std::vector<std::int32_t>& rows,
                          const std::vector<std::int8_t>& y) {
  ClassCounts counts{};
  for (const std::int32_t row : rows)
    counts[static_cast<std::size_t>(y[static_cast<std::size_t>(row)])] += 1;
  return counts;
}

/// Deals groups to `folds`; a group goes where the squared distance of the class counts from their
/// shares, in units of the class sizes, grows least. Returns "" or why there are no folds.
std::string deal(const std::vector<const Group*>& groups, const std::vector<std::int8_t>& y,
                 int folds, std::vector<std::int8_t>& fold) {
  ClassCounts total{};
  for (const Group* group : groups) {
    const ClassCounts counts = count_classes(group->rows, y);
    total[0] += counts[0];
    total[1] += counts[1];
  }
  if (groups.empty()) return "no item is used";
  if (total[0] == 0 || total[1] == 0) return "one class only";
  if (static_cast<int>(groups.size()) < folds)
    return concat(groups.size(), " images, fewer than ", folds, " folds");
  std::vector<ClassCounts> held(static_cast<std::size_t>(folds));
  for (const Group* group : groups) {
    const ClassCounts counts = count_classes(group->rows, y);
    std::size_t best = 0;
    double best_cost = 0;
    for (std::size_t f = 0; f < held.size(); ++f) {
      double cost = 0;
      for (std::size_t c = 0; c < 2; ++c) {
        const double share = total[c] / folds, before = held[f][c] - share;
        const double after = before + counts[c];
        cost += (after * after - before * before) / (total[c] * total[c]);
      }
      if (f == 0 || cost < best_cost - 1e-15) {
        best = f;
        best_cost = cost;
      }
    }
    held[best][0] += counts[0];
    held[best][1] += counts[1];
    for (const std::int32_t row : group->rows)
      fold[static_cast<std::size_t>(row)] = static_cast<std::int8_t>(best);
  }
  return {};
}

}  // namespace

Folds make_folds(const CellItems& items, const std::vector<std::int8_t>& y, int outer, int inner) {
  Folds folds;
  folds.outer = outer;
  folds.inner = inner;
  folds.fold.assign(y.size(), -1);
  const std::vector<Group> groups = ordered_groups(items, y, "outer fold");
  std::vector<const Group*> all;
  for (const Group& group : groups) all.push_back(&group);
  folds.note = deal(all, y, outer, folds.fold);
  if (!folds.defined()) return folds;
  const std::vector<Group> again = ordered_groups(items, y, "inner fold");
  for (int o = 0; o < outer; ++o) {
    std::vector<const Group*> training;
    for (const Group& group : again)
      if (folds.fold[static_cast<std::size_t>(group.rows.front())] != o) training.push_back(&group);
    folds.inner_fold.emplace_back(y.size(), std::int8_t{-1});
    folds.inner_note.push_back(deal(training, y, inner, folds.inner_fold.back()));
  }
  return folds;
}

std::vector<std::int8_t> shuffled_labels(const CellItems& items, std::int64_t draw) {
  const Rng rng(items.seed, "probes", "", items.benchmark, "label shuffle");
  return stats::permuted_labels(rng.key(), draw, items.y, items.type);
}

Use use_of(const Folds& folds, FitPart part, std::size_t row) {
  const std::int8_t fold = folds.fold[row];
  if (fold < 0) return Use::none;
  if (part.outer < 0) return Use::train;
  if (part.inner < 0) return fold == part.outer ? Use::test : Use::train;
  const std::int8_t inner = folds.inner_fold[static_cast<std::size_t>(part.outer)][row];
  if (inner < 0) return Use::none;
  return inner == part.inner ? Use::test : Use::train;
}

std::vector<std::int32_t> rows_of(const Folds& folds, FitPart part, Use use) {
  std::vector<std::int32_t> rows;
  for (std::size_t i = 0; i < folds.fold.size(); ++i)
    if (use_of(folds, part, i) == use) rows.push_back(static_cast<std::int32_t>(i));
  return rows;
}

std::vector<FitPart> nested_parts(const Folds& folds) {
  std::vector<FitPart> parts;
  if (!folds.defined()) return parts;
  for (int o = 0; o < folds.outer; ++o) {
    if (folds.inner_note[static_cast<std::size_t>(o)].empty())
      for (int i = 0; i < folds.inner; ++i) parts.push_back({o, i});
    parts.push_back({o, -1});
  }
  return parts;
}

Folds authors_split(const CellItems& items, const std::vector<std::int8_t>& y) {
  constexpr std::uint64_t kAuthorsSeed = 42;
  Folds folds;
  folds.outer = 1;
  folds.fold.assign(y.size(), -1);
  const Rng rng(kAuthorsSeed, "probes", "", items.benchmark, "authors split");
  for (const std::int8_t label : {std::int8_t{0}, std::int8_t{1}}) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < y.size(); ++i)
      if (y[i] == label) rows.push_back(i);
    const auto order =
        stats::draw_permutation(rng.key(), label, static_cast<std::uint32_t>(rows.size()));
    const std::size_t test = (rows.size() + 2) / 5;
    for (std::size_t k = 0; k < rows.size(); ++k) folds.fold[rows[order[k]]] = k < test ? 0 : 1;
    if (test == 0) folds.note = "fewer than 3 items of a class";
  }
  return folds;
}

}  // namespace vrp
