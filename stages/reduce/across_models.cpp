#include "stages/reduce/across_models.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/clustered.hpp"
#include "pipeline/stats/correlation.hpp"
#include "pipeline/stats/normal.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/families.hpp"
#include "stages/reduce/intervals.hpp"
#include "stages/reduce/item_signals.hpp"
#include "stages/reduce/signal_tests.hpp"

namespace vrp {
namespace {

/// images x strata x replicates of one signal that rank 0 may spend; at least kFewestReplicates.
constexpr double kMostDraws = 1e8;
constexpr std::int64_t kFewestReplicates = 200;

/// One model's used items of a signal.
struct Stratum {
  std::string model;
  std::vector<double> x;
  std::vector<std::int8_t> y;
  std::vector<std::int32_t> image;
  stats::Estimate r;
};

/// Sums over the items of an image; enough for R.
struct Moments {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;

  void add(const Moments& other, double weight) {
    n += weight * other.n;
    x += weight * other.x;
    y += weight * other.y;
    xx += weight * other.xx;
    xy += weight * other.xy;
  }
  /// NaN with one class or a constant signal.
  double r() const {
    const double of_x = n * xx - x * x, of_y = n * y - y * y;
    return of_x > 1e-12 * n * xx && of_y > 0 ? (n * xy - x * y) / std::sqrt(of_x * of_y)
                                             : kUndefined;
  }
};

struct Pooled {
  std::vector<Stratum> strata;
  std::int32_t images = 0;
  bool usable(const Stratum& stratum) const {
    return stratum.r.value && stratum.r.n >= 4 && std::abs(*stratum.r.value) < 1;
  }
};

Pooled collect(const std::vector<const ItemSignals*>& cells, const std::string& signal,
               StatRow& row) {
  Pooled out;
  std::map<std::string, std::int32_t> number;
  std::set<std::string> scorers;
  for (const ItemSignals* cell : cells) {
    const ItemSignal& from = cell->signals.at(signal);
    Stratum stratum;
    stratum.model = cell->model;
    for (std::size_t i = 0; i < cell->label.size(); ++i) {
      if (cell->failed[i]) {
        ++row.failed;
      } else if (cell->label[i] < 0) {
        ++row.unlabelled;
      } else if (std::isnan(from.value[i])) {
        ++row.undefined;
      } else {
        ++row.n;
        row.correct += cell->label[i];
        stratum.x.push_back(from.value[i]);
        stratum.y.push_back(cell->label[i]);
        stratum.image.push_back(
            number.emplace(cell->image[i], static_cast<std::int32_t>(number.size())).first->second);
      }
    }
    stratum.r = stats::point_biserial(stratum.x, stratum.y, cell->params.level);
    scorers.insert(cell->scorer);
    out.strata.push_back(std::move(stratum));
  }
  out.images = static_cast<std::int32_t>(number.size());
  row.invalid = row.failed + row.unlabelled + row.undefined;
  row.groups = out.images;
  row.label = join({scorers.begin(), scorers.end()}, "+");
  return out;
}

/// [strata][image], x about the mean of all items so that squares do not cancel.
std::vector<std::vector<Moments>> moments_of(const Pooled& pooled) {
  double mean = 0, n = 0;
  for (const Stratum& stratum : pooled.strata)
    for (const double x : stratum.x) mean += x, n += 1;
  mean /= n;
  std::vector<std::vector<Moments>> out;
  for (const Stratum& stratum : pooled.strata) {
    auto& images = out.emplace_back(static_cast<std::size_t>(pooled.images));
    for (std::size_t i = 0; i < stratum.x.size(); ++i) {
      const double x = stratum.x[i] - mean, y = stratum.y[i];
      images[static_cast<std::size_t>(stratum.image[i])].add({1, x, y, x * x, x * y}, 1);
    }
  }
  return out;
}

struct PooledReplicates {
  std::vector<double> stratified, naive;
};

PooledReplicates replicate(const Pooled& pooled, PhiloxKey key, std::int64_t replicates) {
  const auto moments = moments_of(pooled);
  PooledReplicates out;
  std::vector<std::uint32_t> weight(static_cast<std::size_t>(pooled.images));
  for (std::int64_t b = 0; b < replicates; ++b) {
    stats::draw_multiplicities(key, b, weight);
    Moments all;
    double sum = 0, weights = 0;
    for (std::size_t m = 0; m < moments.size(); ++m) {
      Moments drawn;
      for (std::size_t g = 0; g < weight.size(); ++g)
        if (weight[g] > 0) drawn.add(moments[m][g], weight[g]);
      all.add(drawn, 1);
      if (!pooled.usable(pooled.strata[m])) continue;
      // NaN where a model's R is undefined in the replicate: the replicate is skipped.
      sum += drawn.n > 3 ? (drawn.n - 3) * std::atanh(drawn.r()) : kUndefined;
      weights += drawn.n - 3;
    }
    const double r = std::tanh(sum / weights);
    out.stratified.push_back(std::isfinite(sum) && weights > 0 ? r : kUndefined);
    out.naive.push_back(all.r());
  }
  return out;
}

/// Standard error of the stratified z: each model's influence values of atanh R, weighted as its z
/// is, summed over the items of an image of all models. NaN with one image.
double stratified_se(const Pooled& pooled) {
  std::vector<double> sums(static_cast<std::size_t>(pooled.images));
  double weights = 0;
  for (const Stratum& stratum : pooled.strata)
    if (pooled.usable(stratum)) weights += static_cast<double>(stratum.r.n - 3);
  for (const Stratum& stratum : pooled.strata) {
    if (!pooled.usable(stratum)) continue;
    const double n = static_cast<double>(stratum.x.size()), r = *stratum.r.value;
    double x = 0, y = 0, xx = 0, yy = 0;
    for (std::size_t i = 0; i < stratum.x.size(); ++i) x += stratum.x[i], y += stratum.y[i];
    x /= n, y /= n;
    for (std::size_t i = 0; i < stratum.x.size(); ++i) {
      xx += (stratum.x[i] - x) * (stratum.x[i] - x);
      yy += (stratum.y[i] - y) * (stratum.y[i] - y);
    }
    const double sx = std::sqrt(xx / n), sy = std::sqrt(yy / n);
    const double weight = (n - 3) / weights / (n * (1 - r * r));
    for (std::size_t i = 0; i < stratum.x.size(); ++i) {
      const double zx = (stratum.x[i] - x) / sx, zy = (stratum.y[i] - y) / sy;
      sums[static_cast<std::size_t>(stratum.image[i])] +=
          weight * (zx * zy - 0.5 * r * (zx * zx + zy * zy));
    }
  }
  double squares = 0;
  for (const double sum : sums) squares += sum * sum;
  const double images = pooled.images;
  return images > 1 ? std::sqrt(squares * images / (images - 1)) : kUndefined;
}

void set_interval(StatRow& row, const std::vector<double>& replicates, double level) {
  const stats::Interval interval = stats::percentile_interval(replicates, "images", level);
  row.low = interval.low.value_or(kUndefined);
  row.high = interval.high.value_or(kUndefined);
  row.interval = interval.method + ", all models together";
  row.replicates = interval.replicates;
  row.skipped = interval.skipped;
  add_flags(row, interval.flags);
}

void set_stratified(const Pooled& pooled, const ReduceParams& params, StatRow& row) {
  std::vector<stats::Estimate> strata;
  std::vector<std::string> left_out;
  for (const Stratum& stratum : pooled.strata) {
    strata.push_back(stratum.r);
    if (!pooled.usable(stratum)) left_out.push_back(stratum.model);
  }
  const stats::Estimate r = stats::stratified_r(strata, params.level);
  set_estimate(row, r);
  row.p_item = r.p.value_or(kUndefined);
  row.low_fisher = r.low.value_or(kUndefined);
  row.high_fisher = r.high.value_or(kUndefined);
  row.test = "stratified R = 0, normal, items taken as independent";
  row.method = "mean of the models' Fisher z, weighted by their items less 3; models left out: " +
               (left_out.empty() ? std::string("none") : join(left_out, ", "));
  const double se = stratified_se(pooled);
  if (params.tests != "cluster" || !r.value) return;
  row.p = kUndefined;
  row.test =
      "stratified R = 0, cluster-robust over the images of all models together, t with G-1 df";
  if (!(se > 0)) return;
  // As in stats::point_biserial_clustered: the variance about the null.
  const double z = std::atanh(*r.value), images = pooled.images;
  row.p = stats::two_sided_t_p(z / std::sqrt(se * se + z * z / images), images - 1);
  row.se = se * (1 - *r.value * *r.value);
  row.detectable = stats::minimum_detectable(row.se).value_or(kUndefined);
}

void set_naive(const Pooled& pooled, const ReduceParams& params, StatRow& row) {
  std::vector<double> x;
  std::vector<std::int8_t> y;
  std::vector<std::int32_t> image;
  for (const Stratum& stratum : pooled.strata) {
    x.insert(x.end(), stratum.x.begin(), stratum.x.end());
    y.insert(y.end(), stratum.y.begin(), stratum.y.end());
    image.insert(image.end(), stratum.image.begin(), stratum.image.end());
  }
  const TestPair test = r_test(x, y, image, params.level);
  set_test(row, test, params);
  row.low_fisher = test.item.low.value_or(kUndefined);
  row.high_fisher = test.item.high.value_or(kUndefined);
  row.method = "R of all items of all models; differences between models enter it";
}

void add_rows(const std::vector<const ItemSignals*>& cells, const std::string& signal,
              const std::string& remark, std::vector<StatRow>& rows) {
  const ItemSignals& first = *cells.front();
  const ItemSignal& column = first.signals.at(signal);
  StatRow blank;
  blank.model = kAllModels;
  blank.benchmark = first.benchmark;
  blank.signal = signal;
  blank.orientation = column.orientation;
  blank.seed = static_cast<std::int64_t>(first.seed);
  if (column.needs_reference) blank.flags = kNeedsReference;
  const Pooled pooled = collect(cells, signal, blank);
  const double cost =
      std::max(1.0, static_cast<double>(pooled.images) * static_cast<double>(pooled.strata.size()));
  const std::int64_t replicates =
      std::clamp(static_cast<std::int64_t>(kMostDraws / cost),
                 std::min<std::int64_t>(kFewestReplicates, first.params.replicates),
                 static_cast<std::int64_t>(first.params.replicates));
  PooledReplicates drawn;
  if (pooled.images > 0)
    drawn = replicate(
        pooled, stats::bootstrap_key(first.seed, "all models/" + first.benchmark + "/" + signal),
        replicates);
  for (const bool stratified : {true, false}) {
    StatRow row = blank;
    row.statistic = stratified ? "r_stratified" : "r_naive";
    stratified ? set_stratified(pooled, first.params, row) : set_naive(pooled, first.params, row);
    if (std::isfinite(row.estimate))
      set_interval(row, stratified ? drawn.stratified : drawn.naive, first.params.level);
    row.method += concat("; ", pooled.strata.size(), " models", remark, "; ", column.description);
    rows.push_back(std::move(row));
  }
}

}  // namespace

std::vector<StatRow> across_models(const std::vector<Record>& records) {
  // The pooled set first, as in every table; then by model.
  std::map<std::pair<bool, std::string>, std::map<std::string, ItemSignals>> by_benchmark;
  std::set<std::string> models;
  for (const Record& record : records) {
    ItemSignals cell = read_item_signals(record);
    if (cell.model.empty()) continue;
    models.insert(cell.model);
    const std::pair benchmark(cell.benchmark != kPooledSet, cell.benchmark);
    const std::string model = cell.model;
    by_benchmark[benchmark][model] = std::move(cell);
  }
  std::vector<StatRow> rows;
  if (models.size() < 2) return rows;
  for (const auto& [benchmark, by_model] : by_benchmark) {
    if (by_model.size() != models.size()) continue;
    std::vector<const ItemSignals*> cells;
    for (const auto& [model, cell] : by_model) cells.push_back(&cell);
    const auto everywhere = [&](const std::string& name) {
      return std::all_of(cells.begin(), cells.end(),
                         [&](const ItemSignals* cell) { return cell->signals.contains(name); });
    };
    for (const char* name : kPrimarySignals) {
      const bool normalised = std::string_view(name) == "h_s" && everywhere("h_n");
      if (normalised)
        add_rows(cells, "h_n",
                 "; H_n in place of H_s, since the number of image tokens differs between models",
                 rows);
      else if (everywhere(name))
        add_rows(cells, name, "", rows);
    }
  }
  return rows;
}

}  // namespace vrp
