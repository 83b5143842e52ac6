#include "pipeline/stats/signal_bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/lane_draw.hpp"
#include "pipeline/stats/lanes.hpp"
#include "pipeline/stats/rank_plan.hpp"

namespace vrp::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Weighted sums from which R follows; x is centred and scaled.
struct Moments {
  double n = 0, y = 0, x = 0, xx = 0, xy = 0;
};

// NaN for a single class and for a signal without spread: its weighted sum of squares about the
// weighted mean is then nothing but the rounding of n terms.
double correlation(const Moments& m) {
  const double negatives = m.n - m.y;
  if (m.y < 1 || negatives < 1) return kNaN;
  const double spread = m.xx - m.x * m.x / m.n;
  if (!(spread > m.n * std::numeric_limits<double>::epsilon() * m.xx)) return kNaN;
  const double covariance = m.xy - m.x * m.y / m.n;
  const double spread_y = m.y * negatives / m.n;
  return std::clamp(covariance / std::sqrt(spread * spread_y), -1.0, 1.0);
}

struct SignalPlan {
  RankPlan all, typed;
  bool has_moments = false;          // false: an infinite value, R undefined
  std::vector<UnitMoments> moments;  // [U], x centred over the used rows
};

void add_moments(Values x, Labels y, std::span<const std::uint32_t> unit_of_row,
                 std::uint32_t units, SignalPlan& plan) {
  const UsedRows used = used_rows(x, y);
  plan.moments.resize(units);
  double largest = 0;
  for (const double v : used.x) largest = std::max(largest, std::abs(v));
  plan.has_moments = std::isfinite(largest);
  // A power of two keeps squares of very large or small values in range and changes no bit.
  const int exponent = largest > 0 && plan.has_moments ? std::ilogb(largest) : 0;
  const bool is_factor = std::abs(exponent) < 1000;  // 2^-exponent is a number: one product
  const double factor = is_factor ? std::ldexp(1.0, -exponent) : 0;
  const auto scaled = [&](double v) { return is_factor ? v * factor : std::ldexp(v, -exponent); };
  double mean = 0;
  for (const double v : used.x) mean += scaled(v);
  mean /= static_cast<double>(used.size());
  for (std::size_t i = 0; i < used.x.size(); ++i) {
    const std::size_t u = unit_of_row[static_cast<std::size_t>(used.row[i])];
    const double d = plan.has_moments ? scaled(used.x[i]) - mean : 0;
    UnitMoments& unit = plan.moments[u];
    unit.rows += 1;
    unit.positives += used.y[i] == 1 ? 1 : 0;
    unit.x += d;
    unit.xx += d * d;
    unit.xy += used.y[i] == 1 ? d : 0;
  }
}

std::vector<double> jackknife_r(const SignalPlan& plan) {
  Moments all;
  for (const UnitMoments& m : plan.moments) {
    all.n += m.rows;
    all.y += m.positives;
    all.x += m.x;
    all.xx += m.xx;
    all.xy += m.xy;
  }
  std::vector<double> out;
  for (const UnitMoments& m : plan.moments) {
    if (m.rows == 0) continue;
    const Moments rest{all.n - m.rows, all.y - m.positives, all.x - m.x, all.xx - m.xx,
                       all.xy - m.xy};
    out.push_back(plan.has_moments ? correlation(rest) : kNaN);
  }
  return out;
}

// Replicates need the units of the entries only.
RankPlan plan_without_entries(Values x, Labels y, Types strata,
                              std::span<const std::uint32_t> unit_of_row) {
  RankPlan plan = make_rank_plan(x, y, strata, unit_of_row);
  plan.entry = {};
  plan.segments.shrink_to_fit();
  plan.unit.shrink_to_fit();
  return plan;
}

double quotient(std::uint64_t twice_wins, std::uint64_t pairs) {
  return RankSum{twice_wins, pairs}.auroc();
}

}  // namespace

struct SignalBootstrap::State {
  std::vector<SignalPlan> plans;
  std::vector<std::uint32_t> unit_rows;  // [U]
  std::uint64_t all_rows = 0;
  std::uint32_t units = 0;
  bool typed = false;

  // Rank sums are exact while a replicate's rows stay below 2^31.
  void check_rows(const LaneWeights& weights, std::int64_t first) const {
    if (all_rows * weights.largest < (std::uint64_t{1} << 31)) return;
    for (int lane = 0; lane < weights.used; ++lane) {
      std::uint64_t rows = 0;
      for (std::size_t u = 0; u < units; ++u) {
        rows += weights.unit[u].weight[static_cast<std::size_t>(lane)] * unit_rows[u];
      }
      if (rows >= (std::uint64_t{1} << 31)) {
        throw Error(ExitCode::internal, concat("statistics: replicate ", first + lane, " holds ",
                                               rows, " rows, expected less than 2^31"));
      }
    }
  }
};

SignalBootstrap::SignalBootstrap(std::span<const Signal> signals, Labels labels, Types types,
                                 const ResampleUnits& units)
    : state_(std::make_unique<State>()) {
  state_->units = units.count;
  state_->typed = !types.empty();
  state_->unit_rows.resize(units.count);
  for (const std::uint32_t u : units.unit_of_row) ++state_->unit_rows[u];
  state_->all_rows = units.unit_of_row.size();
  for (const Signal& signal : signals) {
    SignalPlan& plan = state_->plans.emplace_back();
    plan.all = plan_without_entries(signal.values, labels, {}, units.unit_of_row);
    if (state_->typed) {
      plan.typed = plan_without_entries(signal.values, labels, types, units.unit_of_row);
    }
    add_moments(signal.values, labels, units.unit_of_row, units.count, plan);
  }
}

SignalBootstrap::~SignalBootstrap() = default;
SignalBootstrap::SignalBootstrap(SignalBootstrap&&) noexcept = default;
SignalBootstrap& SignalBootstrap::operator=(SignalBootstrap&&) noexcept = default;

std::size_t SignalBootstrap::signals() const { return state_->plans.size(); }

std::vector<SignalReplicates> SignalBootstrap::replicate(PhiloxKey key,
                                                         ReplicateRange range) const {
  const std::size_t count = static_cast<std::size_t>(range.count);
  std::vector<SignalReplicates> out(signals());
  for (SignalReplicates& signal : out) {
    signal.auroc.resize(count);
    signal.r.resize(count);
    if (state_->typed) signal.within.resize(count);
  }
  std::vector<const std::vector<UnitMoments>*> columns;
  for (const SignalPlan& plan : state_->plans) columns.push_back(&plan.moments);
  LaneDraw lanes(state_->units);
  for (std::size_t done = 0; done < count; done += kLanes) {
    const std::size_t used = std::min<std::size_t>(kLanes, count - done);
    const std::int64_t first = range.first + static_cast<std::int64_t>(done);
    const LaneWeights& weights = lanes.draw(key, first, static_cast<int>(used));
    state_->check_rows(weights, first);
    const std::vector<LaneMoments> all_moments = lane_moments(columns, weights);
    for (std::size_t s = 0; s < out.size(); ++s) {
      const SignalPlan& plan = state_->plans[s];
      const LaneRankSums ranks = lane_rank_sums(plan.all, weights);
      const LaneMoments& moments = all_moments[s];
      for (std::size_t k = 0; k < used; ++k) {
        const double positives = static_cast<double>(ranks.positives[k]);
        const double n = positives + static_cast<double>(ranks.negatives[k]);
        out[s].auroc[done + k] = quotient(ranks.twice_wins[k], ranks.pairs[k]);
        out[s].r[done + k] =
            plan.has_moments
                ? correlation({n, positives, moments.x[k], moments.xx[k], moments.xy[k]})
                : kNaN;
      }
      if (!state_->typed) continue;
      const LaneRankSums typed = lane_rank_sums(plan.typed, weights);
      for (std::size_t k = 0; k < used; ++k) {
        out[s].within[done + k] = quotient(typed.twice_wins[k], typed.pairs[k]);
      }
    }
  }
  return out;
}

SignalJackknife SignalBootstrap::jackknife(std::size_t signal) const {
  const SignalPlan& plan = state_->plans.at(signal);
  SignalJackknife out;
  out.auroc = jackknife_auroc(plan.all, state_->units);
  if (state_->typed) out.within = jackknife_auroc(plan.typed, state_->units);
  out.r = jackknife_r(plan);
  return out;
}

void append(std::vector<SignalReplicates>& all, const std::vector<SignalReplicates>& more) {
  if (all.empty()) all.resize(more.size());
  if (all.size() != more.size()) {
    throw Error(ExitCode::internal,
                concat("statistics: replicates of ", all.size(), " and ", more.size(), " signals"));
  }
  for (std::size_t s = 0; s < all.size(); ++s) {
    const auto extend = [](std::vector<double>& to, const std::vector<double>& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    extend(all[s].auroc, more[s].auroc);
    extend(all[s].within, more[s].within);
    extend(all[s].r, more[s].r);
  }
}

}  // namespace vrp::stats
