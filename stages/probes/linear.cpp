#include "stages/probes/linear.hpp"

#include <ATen/ATen.h>

#include <deque>

#include "stages/probes/logistic_columns.hpp"

namespace vrp {
namespace {

constexpr std::size_t kHistory = 8;
constexpr double kArmijo = 1e-4;
constexpr double kSmallestStep = 1e-12;

/// One pair of L-BFGS per column; rho = 0 where a column has none.
struct Pair {
  at::Tensor s, y, rho;
};

/// L-BFGS for all columns side by side: each evaluation serves every column, whether it searches
/// along its line or takes its next step.
class Solver {
 public:
  Solver(LogisticColumns& columns, const LinearOptions& options)
      : columns_(columns), options_(options) {}

  /// theta [D + 1, P] and whether each column converged.
  std::pair<at::Tensor, at::Tensor> solve() {
    at::Tensor theta = columns_.start();
    at::Tensor final = theta.clone();
    at::Tensor converged = columns_.usable().logical_not();
    at::Tensor index = at::arange(theta.size(1), theta.options().dtype(at::kLong));
    objective(theta, value_, gradient_);
    direction_ = -gradient_ / norm(gradient_).clamp_min(1);
    step_ = at::ones_like(value_);
    gamma_ = at::ones_like(value_);
    for (int k = 0; k < options_.iterations && index.numel() > 0; ++k) {
      advance(theta);
      const at::Tensor small = norm(gradient_) <= options_.tolerance;
      const at::Tensor idle = columns_.usable().logical_not();
      const at::Tensor done = small.logical_or(idle).logical_or(step_ < kSmallestStep);
      const std::int64_t left = done.logical_not().sum().item<std::int64_t>();
      if (left > 0 && 10 * left > 7 * index.numel()) continue;
      final.index_copy_(1, index, theta);
      converged.index_copy_(0, index, small.logical_or(idle));
      if (left == 0) return {final, converged};
      compact(done.logical_not().nonzero().squeeze(1), index, theta);
    }
    final.index_copy_(1, index, theta);
    return {final, converged};
  }

 private:
  static at::Tensor norm(const at::Tensor& x) { return x.square().sum(0).sqrt(); }
  static at::Tensor dot(const at::Tensor& a, const at::Tensor& b) { return (a * b).sum(0); }

  void objective(const at::Tensor& theta, at::Tensor& value, at::Tensor& gradient) const {
    columns_.evaluate(theta, value, gradient);
    const std::int64_t d = theta.size(0) - 1;
    const at::Tensor w = theta.narrow(0, 0, d);
    value.add_(w.square().sum(0), 0.5);
    gradient.narrow(0, 0, d).add_(w);
  }

  /// One evaluation: columns whose trial point lowers the objective enough move there.
  void advance(at::Tensor& theta) {
    const at::Tensor trial = at::addcmul(theta, direction_, step_);
    at::Tensor value, gradient;
    objective(trial, value, gradient);
    const at::Tensor slope = dot(gradient_, direction_);
    const at::Tensor slack = 1e-14 * value_.abs();  // rounding near the minimum
    const at::Tensor ok =
        (value <= value_ + kArmijo * step_ * slope)
            .logical_or((value <= value_ + slack).logical_and(norm(gradient) < norm(gradient_)));
    remember(at::where(ok, trial - theta, at::zeros_like(theta)),
             at::where(ok, gradient - gradient_, at::zeros_like(theta)));
    theta = at::where(ok, trial, theta);
    // Minimum of the parabola through value, slope and the trial's value, within [0.1, 0.5].
    const at::Tensor curve = 2 * (value - value_ - step_ * slope);
    const at::Tensor shorter =
        (-slope * step_ / curve.clamp_min(1e-300)).clamp(0.1, 0.5).nan_to_num(0.5) * step_;
    value_ = at::where(ok, value, value_);
    gradient_ = at::where(ok, gradient, gradient_);
    step_ = at::where(ok, at::ones_like(step_), shorter);
    direction_ = -two_loop(gradient_);
  }

  void remember(at::Tensor s, at::Tensor y) {
    const at::Tensor sy = dot(s, y), yy = dot(y, y);
    const at::Tensor good = sy > 1e-14 * yy;
    gamma_ = at::where(good, sy / yy.clamp_min(1e-300), gamma_);
    const at::Tensor rho = at::where(good, sy.clamp_min(1e-300).reciprocal(), at::zeros_like(sy));
    pairs_.push_back({std::move(s), std::move(y), rho});
    if (pairs_.size() > kHistory) pairs_.pop_front();
  }

  at::Tensor two_loop(const at::Tensor& gradient) const {
    at::Tensor q = gradient.clone();
    std::vector<at::Tensor> alpha(pairs_.size());
    for (std::size_t i = pairs_.size(); i-- > 0;) {
      alpha[i] = dot(pairs_[i].s, q).mul_(pairs_[i].rho);
      q.addcmul_(pairs_[i].y, alpha[i], -1);
    }
    q.mul_(gamma_);
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      const at::Tensor beta = dot(pairs_[i].y, q).mul_(pairs_[i].rho);
      q.addcmul_(pairs_[i].s, alpha[i] - beta);
    }
    return q;
  }

  void compact(const at::Tensor& keep, at::Tensor& index, at::Tensor& theta) {
    index = index.index_select(0, keep);
    theta = theta.index_select(1, keep);
    columns_.keep(keep);
    gradient_ = gradient_.index_select(1, keep);
    direction_ = direction_.index_select(1, keep);
    for (at::Tensor* column : {&value_, &step_, &gamma_}) *column = column->index_select(0, keep);
    for (Pair& pair : pairs_) {
      pair.s = pair.s.index_select(1, keep);
      pair.y = pair.y.index_select(1, keep);
      pair.rho = pair.rho.index_select(0, keep);
    }
  }

  LogisticColumns& columns_;
  LinearOptions options_;
  at::Tensor value_, gradient_, direction_, step_, gamma_;
  std::deque<Pair> pairs_;
};

void fit_chunk(const LayerBlocks& blocks, const std::vector<Task>& tasks,
               std::span<const Problem> problems, const LinearOptions& options,
               std::span<LinearFit> fits) {
  const LogisticColumns columns(blocks, tasks, problems);
  LogisticColumns shrinking = columns;
  const auto [theta, converged] = Solver(shrinking, options).solve();
  score_tests(columns, theta, tasks, problems, fits);
  const at::Tensor host = theta.to(at::kCPU), usable = columns.usable().to(at::kCPU);
  const at::Tensor good = converged.to(at::kCPU);
  const auto value = host.accessor<double, 2>();
  const std::int64_t d = blocks.width();
  for (std::size_t k = 0; k < fits.size(); ++k) {
    const auto p = static_cast<std::int64_t>(k);
    LinearFit& fit = fits[k];
    if (!usable[p].item<bool>()) {
      fit.score.clear();
      fit.note = columns.fault(p);
      continue;
    }
    if (!good[p].item<bool>()) fit.note = "did not converge";
    fit.intercept = value[d][p];
    if (!options.keep_weights) continue;
    for (std::int64_t j = 0; j < d; ++j) fit.weight.push_back(value[j][p]);
  }
}

}  // namespace

std::vector<LinearFit> fit_linear(const LayerInput& input, const std::vector<Task>& tasks,
                                  const std::vector<Problem>& problems,
                                  const LinearOptions& options) {
  std::vector<LinearFit> fits(problems.size());
  if (problems.empty()) return fits;
  const LayerBlocks blocks(input, tasks[problems.front().task].y);
  const auto chunk = static_cast<std::size_t>(columns_per_chunk(
      blocks.width(), 2 * static_cast<std::int64_t>(kHistory) + 12, input.type ? input.types : 1));
  for (std::size_t first = 0; first < problems.size(); first += chunk) {
    const std::size_t count = std::min(chunk, problems.size() - first);
    fit_chunk(blocks, tasks, std::span(problems).subspan(first, count), options,
              std::span(fits).subspan(first, count));
  }
  return fits;
}

}  // namespace vrp
