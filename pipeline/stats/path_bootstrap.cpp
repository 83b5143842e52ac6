#include "pipeline/stats/path_bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/bootstrap.hpp"

namespace vrp::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void check_paths(const SampledPaths& paths) {
  const std::vector<std::int64_t>& first = paths.first;
  const bool cuts = first.empty()
                        ? paths.answer_class.empty()
                        : first.front() == 0 && std::is_sorted(first.begin(), first.end()) &&
                              first.back() == std::ssize(paths.answer_class);
  if (!cuts) {
    throw Error(ExitCode::internal, concat("statistics: ", paths.answer_class.size(),
                                           " sampled paths are not cut into items"));
  }
}

// Paths of each class of one item, any order.
std::vector<std::uint32_t> class_sizes(const SampledPaths& paths, std::size_t item) {
  const auto at = [&](std::size_t i) {
    return paths.answer_class.begin() + static_cast<std::ptrdiff_t>(paths.first[i]);
  };
  std::vector<std::int32_t> sorted(at(item), at(item + 1));
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::uint32_t> sizes;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i == 0 || sorted[i] != sorted[i - 1]) sizes.push_back(0);
    ++sizes.back();
  }
  return sizes;
}

// Items by (S_SC, label): everything that the statistics need, since S_SC has few values.
struct Histogram {
  std::vector<std::int64_t> rows[2];  // [levels], label 0 and 1
  void clear() {
    for (auto& r : rows) std::fill(r.begin(), r.end(), 0);
  }
};

PathStatistics statistics_of(const Histogram& h, const std::vector<double>& levels) {
  double n[2] = {}, sum[2] = {}, squares = 0;
  std::int64_t twice_wins = 0, below = 0;
  for (std::size_t l = 0; l < levels.size(); ++l) {
    twice_wins += h.rows[1][l] * (2 * below + h.rows[0][l]);
    below += h.rows[0][l];
    for (const int y : {0, 1}) {
      const double rows = static_cast<double>(h.rows[y][l]);
      n[y] += rows;
      sum[y] += rows * levels[l];
    }
  }
  const double all = n[0] + n[1];
  if (all == 0) return {kNaN, kNaN, kNaN, kNaN};
  PathStatistics out{kNaN, kNaN, kNaN, (sum[0] + sum[1]) / all};
  const double certain = static_cast<double>(h.rows[0].back() + h.rows[1].back());
  if (levels.back() == 1 && certain > 0) {
    out.precision_at_one = static_cast<double>(h.rows[1].back()) / certain;
  }
  if (n[0] == 0 || n[1] == 0) return out;
  out.auroc = static_cast<double>(twice_wins) / (2 * n[0] * n[1]);
  std::size_t present = 0;
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const std::int64_t rows = h.rows[0][l] + h.rows[1][l];
    const double d = levels[l] - out.mean_score;
    squares += static_cast<double>(rows) * d * d;
    present += rows > 0 ? 1 : 0;
  }
  if (present < 2) return out;
  // Difference of the class means over the standard deviation, times sqrt(p q).
  const double difference = sum[1] / n[1] - sum[0] / n[0];
  out.r = std::clamp(difference * std::sqrt(n[0] / all * n[1] / squares), -1.0, 1.0);
  return out;
}

// One row that enters.
struct PathRow {
  std::uint32_t row = 0, paths = 0;
  std::int8_t y = 0;
  std::vector<std::uint8_t> class_of_path;  // [paths], fewer than 256 classes
  std::uint32_t classes = 0;
  std::uint32_t largest = 0;                // paths in its largest class
  const std::uint32_t* level_of = nullptr;  // [paths], level of the score (c+1)/paths
};

PathReplicates sized(std::int64_t count) {
  const std::vector<double> column(static_cast<std::size_t>(count));
  return {column, column, column, column};
}

void set(PathReplicates& out, std::size_t at, const PathStatistics& s) {
  out.r[at] = s.r;
  out.auroc[at] = s.auroc;
  out.precision_at_one[at] = s.precision_at_one;
  out.mean_score[at] = s.mean_score;
}

}  // namespace

std::vector<double> self_consistency(const SampledPaths& paths) {
  check_paths(paths);
  std::vector<double> out;
  for (std::size_t i = 0; i < paths.items(); ++i) {
    const std::vector<std::uint32_t> sizes = class_sizes(paths, i);
    const double all = static_cast<double>(paths.first[i + 1] - paths.first[i]);
    out.push_back(sizes.empty() ? kNaN : *std::max_element(sizes.begin(), sizes.end()) / all);
  }
  return out;
}

void append(PathReplicates& all, const PathReplicates& more) {
  const auto extend = [](std::vector<double>& to, const std::vector<double>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  extend(all.r, more.r);
  extend(all.auroc, more.auroc);
  extend(all.precision_at_one, more.precision_at_one);
  extend(all.mean_score, more.mean_score);
}

struct PathBootstrap::State {
  std::vector<std::vector<PathRow>> rows;                        // by unit
  std::vector<double> levels;                                    // sorted values that S_SC can take
  std::map<std::uint32_t, std::vector<std::uint32_t>> level_of;  // by number of paths
  std::int64_t used = 0;

  Histogram empty() const {
    Histogram h;
    for (auto& r : h.rows) r.resize(levels.size());
    return h;
  }

  // Adds copy `copy` of a row in replicate b, its paths redrawn.
  void add(PhiloxKey key, std::int64_t b, const PathRow& row, std::uint32_t copy,
           Histogram& h) const {
    std::uint32_t largest = row.paths;
    if (row.classes > 1) {
      std::array<std::uint16_t, 256> count;
      std::fill_n(count.begin(), row.classes, std::uint16_t{0});
      const std::uint32_t blocks = (row.paths + 3) / 4;
      std::uint32_t drawn = 0;
      for (std::uint32_t block = 0; block < blocks; ++block) {
        // Counter word 1 is 0 for the draws of units; paths begin at 1.
        const PhiloxCounter w =
            philox4x32_10({row.row, 1 + copy * blocks + block, static_cast<std::uint32_t>(b),
                           static_cast<std::uint32_t>(static_cast<std::uint64_t>(b) >> 32)},
                          key);
        for (const std::uint32_t word : {w.c0, w.c1, w.c2, w.c3}) {
          if (drawn++ == row.paths) break;
          ++count[row.class_of_path[(std::uint64_t{word} * row.paths) >> 32]];
        }
      }
      largest = *std::max_element(count.begin(), count.begin() + row.classes);
    }
    ++h.rows[row.y][row.level_of[largest - 1]];
  }
};

PathBootstrap::PathBootstrap(const SampledPaths& paths, Labels labels, const ResampleUnits& units)
    : state_(std::make_unique<State>()) {
  check_paths(paths);
  if (labels.size() != paths.items() || units.unit_of_row.size() != paths.items()) {
    throw Error(ExitCode::internal,
                concat("statistics: sampled paths of ", paths.items(), " items, ", labels.size(),
                       " labels, ", units.unit_of_row.size(), " rows of units"));
  }
  state_->rows.resize(units.count);
  for (std::size_t i = 0; i < paths.items(); ++i) {
    const std::vector<std::uint32_t> sizes = class_sizes(paths, i);
    if (labels[i] == kNoLabel || sizes.empty()) continue;
    PathRow row;
    row.row = static_cast<std::uint32_t>(i);
    row.y = labels[i];
    row.classes = static_cast<std::uint32_t>(sizes.size());
    for (std::size_t c = 0; c < sizes.size(); ++c) {
      row.class_of_path.insert(row.class_of_path.end(), sizes[c], static_cast<std::uint8_t>(c));
    }
    row.paths = static_cast<std::uint32_t>(row.class_of_path.size());
    if (row.paths > 65535 || row.classes > 256) {
      throw Error(ExitCode::internal,
                  concat("statistics: item ", i, " has ", row.paths, " sampled paths in ",
                         row.classes, " classes, expected at most 65535 in 256"));
    }
    row.largest = *std::max_element(sizes.begin(), sizes.end());
    state_->level_of[row.paths];
    state_->rows[units.unit_of_row[i]].push_back(std::move(row));
    ++state_->used;
  }
  std::vector<double>& levels = state_->levels;
  for (const auto& [k, unused] : state_->level_of) {
    for (std::uint32_t c = 1; c <= k; ++c) levels.push_back(static_cast<double>(c) / k);
  }
  std::sort(levels.begin(), levels.end());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  for (auto& [k, level] : state_->level_of) {
    for (std::uint32_t c = 1; c <= k; ++c) {
      const auto place = std::lower_bound(levels.begin(), levels.end(), static_cast<double>(c) / k);
      level.push_back(static_cast<std::uint32_t>(place - levels.begin()));
    }
  }
  for (auto& unit : state_->rows) {
    for (PathRow& row : unit) row.level_of = state_->level_of[row.paths].data();
  }
}

PathBootstrap::~PathBootstrap() = default;
PathBootstrap::PathBootstrap(PathBootstrap&&) noexcept = default;
PathBootstrap& PathBootstrap::operator=(PathBootstrap&&) noexcept = default;

std::int64_t PathBootstrap::used() const { return state_->used; }

PathReplicates PathBootstrap::replicate(PhiloxKey key, ReplicateRange range) const {
  PathReplicates out = sized(range.count);
  Histogram h = state_->empty();
  std::vector<std::uint32_t> copies(state_->rows.size());
  for (std::int64_t k = 0; k < range.count; ++k) {
    const std::int64_t b = range.first + k;
    draw_multiplicities(key, b, copies);
    h.clear();
    for (std::size_t u = 0; u < copies.size(); ++u) {
      for (std::uint32_t copy = 0; copy < copies[u]; ++copy) {
        for (const PathRow& row : state_->rows[u]) state_->add(key, b, row, copy, h);
      }
    }
    set(out, static_cast<std::size_t>(k), statistics_of(h, state_->levels));
  }
  return out;
}

PathReplicates PathBootstrap::redraw_paths(PhiloxKey key, ReplicateRange range) const {
  PathReplicates out = sized(range.count);
  Histogram h = state_->empty();
  for (std::int64_t k = 0; k < range.count; ++k) {
    h.clear();
    for (const auto& unit : state_->rows) {
      for (const PathRow& row : unit) state_->add(key, range.first + k, row, 0, h);
    }
    set(out, static_cast<std::size_t>(k), statistics_of(h, state_->levels));
  }
  return out;
}

PathStatistics PathBootstrap::observed() const {
  Histogram h = state_->empty();
  for (const auto& unit : state_->rows) {
    for (const PathRow& row : unit) ++h.rows[row.y][row.level_of[row.largest - 1]];
  }
  return statistics_of(h, state_->levels);
}

Interval hierarchical_interval(std::span<const double> replicates, std::span<const double> redrawn,
                               double observed, std::string_view over, double level) {
  double sum = 0, defined = 0;
  for (const double t : redrawn) {
    if (std::isnan(t)) continue;
    sum += t;
    defined += 1;
  }
  Interval out = percentile_interval(replicates, over, level);
  out.method = concat("percentile over ", over, ", then paths, centred");
  if (std::isnan(observed) || defined == 0) {
    out.low = out.high = std::nullopt;
    out.flags |= Flag::empty;
  }
  if (!out.defined()) return out;
  *out.low += observed - sum / defined;
  *out.high += observed - sum / defined;
  return out;
}

}  // namespace vrp::stats
