#include "stages/probes/sparse.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "stages/probes/logistic_columns.hpp"
#include "stages/probes/support_solver.hpp"

namespace vrp {
namespace {

constexpr int kPowerSteps = 20;
constexpr int kProximalSteps = 300;
constexpr int kSupportRounds = 50;
constexpr std::int64_t kJoining = 50;  ///< columns that join a support in one round, at most
constexpr std::int64_t kVectors = 12;  ///< arrays of [D + 1, P] that the iterations hold

at::Tensor column_norm(const at::Tensor& x) { return x.square().sum(0).sqrt(); }

/// About the largest eigenvalue of Z'MZ per column, [P].
at::Tensor largest_eigenvalue(const LogisticColumns& columns, const at::Tensor& like) {
  at::Tensor v = at::ones_like(like);  // fixed start that no z-scored column is orthogonal to
  v.narrow(0, 0, v.size(0) - 1).add_(at::arange(v.size(0) - 1, v.options()).unsqueeze(1).sin());
  at::Tensor value;
  for (int i = 0; i < kPowerSteps; ++i) {
    v = v / column_norm(v).clamp_min(1e-300);
    v = columns.gram_product(v);
    value = column_norm(v);
  }
  return value;
}

/// FISTA with restart for all columns: near the minimum, with nearly the right support.
at::Tensor proximal_start(const LogisticColumns& columns, double change) {
  at::Tensor x = columns.start(), y = x;
  const std::int64_t d = x.size(0) - 1;
  const at::Tensor step = 1 / (0.3 * columns.c() * largest_eigenvalue(columns, x)).clamp_min(1e-12);
  at::Tensor momentum = at::ones_like(step), loss, gradient;
  for (int k = 0; k < kProximalSteps; ++k) {
    columns.evaluate(y, loss, gradient);
    at::Tensor next = y - step * gradient;
    const at::Tensor w = next.narrow(0, 0, d);
    w.copy_(w.sign() * (w.abs() - step).clamp_min(0));
    const at::Tensor moved = next - x;
    // Restart where the momentum points uphill.
    const at::Tensor uphill = ((y - next) * moved).sum(0) > 0;
    momentum = at::where(uphill, at::ones_like(momentum), momentum);
    const at::Tensor grown = (1 + (1 + 4 * momentum.square()).sqrt()) / 2;
    y = next + at::where(uphill, at::zeros_like(grown), (momentum - 1) / grown) * moved;
    momentum = grown;
    x = next;
    const at::Tensor relative = column_norm(moved) / column_norm(x).clamp_min(1e-12);
    if (k > 10 && relative.max().item<double>() <= change) break;
  }
  return x;
}

/// Solves one problem on `support` and writes the result into its column of theta.
bool polish_column(const LogisticColumns& columns, std::int64_t p, const at::Tensor& support,
                   double tolerance, at::Tensor& theta) {
  const std::int64_t k = support.numel(), d = theta.size(0) - 1;
  const at::Tensor column = theta.select(1, p);
  const at::Tensor start =
      at::cat({column.index_select(0, support), column.narrow(0, d, 1)}).to(at::kCPU).contiguous();
  std::vector<double> value(start.data_ptr<double>(), start.data_ptr<double>() + k + 1);
  const at::Tensor z = columns.training_rows(p, support).to(at::kCPU);
  const at::Tensor t = columns.training_labels(p).to(at::kCPU);
  const bool solved = solve_on_support(z, t, columns.c()[p].item<double>(), tolerance, value);
  column.zero_();
  const at::Tensor solution = at::tensor(value, at::kDouble).to(theta.device());
  column.index_copy_(0, support, solution.narrow(0, 0, k));
  column.narrow(0, d, 1).copy_(solution.narrow(0, k, 1));
  return solved;
}

/// Rounds of solving on the support and letting violating columns in. Returns bool [P]: solved.
std::vector<bool> polish(const LogisticColumns& columns, const at::Tensor& usable, double tolerance,
                         at::Tensor& theta) {
  const std::int64_t p = theta.size(1), d = theta.size(0) - 1;
  std::vector<bool> solved(static_cast<std::size_t>(p), false);
  std::vector<bool> open(static_cast<std::size_t>(p), true);
  at::Tensor joined = at::zeros({d, p}, theta.options().dtype(at::kBool));
  for (int round = 0; round < kSupportRounds; ++round) {
    const at::Tensor support = theta.narrow(0, 0, d).ne(0).logical_or(joined);
    for (std::int64_t k = 0; k < p; ++k) {
      if (!open[static_cast<std::size_t>(k)] || !usable[k].item<bool>()) continue;
      solved[static_cast<std::size_t>(k)] =
          polish_column(columns, k, support.select(1, k).nonzero().squeeze(1), tolerance, theta);
    }
    at::Tensor loss, gradient;
    columns.evaluate(theta, loss, gradient);
    const at::Tensor excess = gradient.narrow(0, 0, d).abs().sub_(1);
    const at::Tensor zero = theta.narrow(0, 0, d).eq(0);
    const at::Tensor violates = excess.gt(std::max(tolerance, 1e-8)).logical_and_(zero);
    const at::Tensor count = violates.sum(0).to(at::kCPU);
    joined.zero_();
    bool any = false;
    for (std::int64_t k = 0; k < p; ++k) {
      const auto n = count[k].item<std::int64_t>();
      const auto at = static_cast<std::size_t>(k);
      open[at] = open[at] && usable[k].item<bool>() && n > 0;
      if (!open[at]) continue;
      any = true;
      const at::Tensor masked = at::where(violates.select(1, k), excess.select(1, k),
                                          at::full({}, -1.0, theta.options()));
      const at::Tensor order = std::get<1>(masked.sort(/*stable=*/true, 0, /*descending=*/true));
      joined.select(1, k).index_fill_(0, order.narrow(0, 0, std::min(n, kJoining)), true);
    }
    if (!any) return solved;
  }
  for (std::size_t k = 0; k < open.size(); ++k) solved[k] = solved[k] && !open[k];
  return solved;
}

std::vector<double> column_of(const at::Tensor& host, std::int64_t p, std::int64_t rows) {
  const at::Tensor column = host.select(1, p).narrow(0, 0, rows).contiguous();
  return {column.data_ptr<double>(), column.data_ptr<double>() + rows};
}

void fit_chunk(const LayerBlocks& blocks, const std::vector<Task>& tasks,
               std::span<const Problem> problems, const SparseOptions& options,
               std::span<SparseFit> fits) {
  const LogisticColumns columns(blocks, tasks, problems, options.top_variance);
  const at::Tensor usable = columns.usable().to(at::kCPU);
  at::Tensor theta = proximal_start(columns, options.change);
  const std::vector<bool> solved = polish(columns, usable, options.tolerance, theta);
  std::vector<LinearFit> scored(problems.size());
  score_tests(columns, theta, tasks, problems, scored);
  const at::Tensor weight = theta.to(at::kCPU);
  const at::Tensor correct = columns.class_means(1).to(at::kCPU);
  const at::Tensor incorrect = columns.class_means(-1).to(at::kCPU);
  const at::Tensor share = columns.positive_share().to(at::kCPU);
  const std::int64_t d = blocks.width();
  for (std::size_t k = 0; k < fits.size(); ++k) {
    const auto p = static_cast<std::int64_t>(k);
    SparseFit& fit = fits[k];
    if (!usable[p].item<bool>()) {
      fit.note = columns.fault(p);
      continue;
    }
    fit.score = std::move(scored[k].score);
    if (!solved[k]) fit.note = "did not converge";
    fit.intercept = weight[d][p].item<double>();
    const std::vector<double> w = column_of(weight, p, d);
    const auto large = std::count_if(
        w.begin(), w.end(), [&](double value) { return std::abs(value) > options.nonzero_above; });
    fit.nonzero = static_cast<double>(large) / static_cast<double>(d);
    if (problems[k].part.inner >= 0) continue;
    fit.weight = w;
    fit.delta = column_of(correct - incorrect, p, d);
    fit.mean = column_of(correct * share + incorrect * (1 - share), p, d);
  }
}

}  // namespace

std::vector<SparseFit> fit_sparse(const LayerInput& input, const std::vector<Task>& tasks,
                                  const std::vector<Problem>& problems,
                                  const SparseOptions& options) {
  std::vector<SparseFit> fits(problems.size());
  if (problems.empty()) return fits;
  const LayerBlocks blocks(input, tasks[problems.front().task].y);
  const auto chunk = static_cast<std::size_t>(columns_per_chunk(blocks.width(), kVectors, 1));
  for (std::size_t first = 0; first < problems.size(); first += chunk) {
    const std::size_t count = std::min(chunk, problems.size() - first);
    fit_chunk(blocks, tasks, std::span(problems).subspan(first, count), options,
              std::span(fits).subspan(first, count));
  }
  return fits;
}

}  // namespace vrp
