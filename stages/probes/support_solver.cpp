#include "stages/probes/support_solver.hpp"

#include <algorithm>
#include <cmath>

namespace vrp {
namespace {

constexpr int kNewtonSteps = 100;
constexpr int kSweeps = 2000;

struct LossModel {
  double value = 0;
  std::vector<double> gradient;  ///< [k + 1] of the log-loss
  at::Tensor curvature;          ///< [n], C p (1 - p)
};

double l1(const std::vector<double>& theta) {
  double sum = 0;
  for (std::size_t j = 0; j + 1 < theta.size(); ++j) sum += std::abs(theta[j]);
  return sum;
}

at::Tensor as_tensor(const std::vector<double>& values) {
  return at::from_blob(const_cast<double*>(values.data()),
                       {static_cast<std::int64_t>(values.size())}, at::kDouble);
}

/// ones: z with a column of ones, [n, k + 1].
double objective(const at::Tensor& ones, const at::Tensor& t, double c,
                 const std::vector<double>& theta, at::Tensor* margin = nullptr) {
  const at::Tensor m = ones.mv(as_tensor(theta)).mul_(t);
  if (margin != nullptr) *margin = m;
  return l1(theta) - c * at::log_sigmoid(m).sum().item<double>();
}

LossModel model_at(const at::Tensor& ones, const at::Tensor& t, double c,
                   const std::vector<double>& theta) {
  LossModel model;
  at::Tensor m;
  model.value = objective(ones, t, c, theta, &m);
  const at::Tensor p = m.neg().sigmoid_();  // probability of the other label
  const at::Tensor g = ones.t().mv(p * t).mul_(-c).contiguous();
  model.gradient.assign(g.data_ptr<double>(), g.data_ptr<double>() + g.numel());
  model.curvature = p * (1 - p) * c;
  return model;
}

/// Largest violation of the optimality conditions.
double violation(const std::vector<double>& theta, const std::vector<double>& gradient) {
  double worst = std::abs(gradient.back());
  for (std::size_t j = 0; j + 1 < theta.size(); ++j) {
    const double g = gradient[j];
    worst = std::max(worst, theta[j] > 0   ? std::abs(g + 1)
                            : theta[j] < 0 ? std::abs(g - 1)
                                           : std::max(0.0, std::abs(g) - 1));
  }
  return worst;
}

/// Minimises g.d + d'Qd/2 + ||w + d||_1 by coordinates.
std::vector<double> newton_direction(const std::vector<double>& theta,
                                     const std::vector<double>& gradient, const at::Tensor& q,
                                     double tolerance) {
  const std::size_t k = theta.size();
  const double* hessian = q.data_ptr<double>();
  std::vector<double> d(k, 0), slope = gradient;  // slope = g + Q d
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    double moved = 0;
    for (std::size_t j = 0; j < k; ++j) {
      const double h = hessian[j * k + j];
      if (h <= 0) continue;
      const double at = theta[j] + d[j];
      double to = at - slope[j] / h;
      if (j + 1 < k) to = std::copysign(std::max(0.0, std::abs(to) - 1 / h), to);
      const double step = to - at;
      if (step == 0) continue;
      d[j] += step;
      const double* column = hessian + j * k;
      for (std::size_t i = 0; i < k; ++i) slope[i] += step * column[i];
      moved = std::max(moved, std::abs(step) * h);
    }
    if (moved <= tolerance) break;
  }
  return d;
}

}  // namespace

bool solve_on_support(const at::Tensor& z, const at::Tensor& t, double c, double tolerance,
                      std::vector<double>& theta) {
  const at::Tensor ones = at::cat({z, at::ones({z.size(0), 1}, z.options())}, 1);
  const std::size_t k = theta.size();
  LossModel model = model_at(ones, t, c, theta);
  for (int step = 0; step < kNewtonSteps; ++step) {
    if (violation(theta, model.gradient) <= tolerance) return true;
    at::Tensor q = ones.t().mm(ones * model.curvature.unsqueeze(1)).contiguous();
    q.diagonal().add_(1e-12);  // separable data on dependent columns
    const std::vector<double> d = newton_direction(theta, model.gradient, q, 0.1 * tolerance);
    double expected = 0;
    for (std::size_t j = 0; j < k; ++j) expected += model.gradient[j] * d[j];
    std::vector<double> next(k);
    double scale = 1;
    for (int halving = 0; halving < 60; ++halving, scale /= 2) {
      for (std::size_t j = 0; j < k; ++j) next[j] = theta[j] + scale * d[j];
      const double gain = scale * expected + l1(next) - l1(theta);
      const double value = objective(ones, t, c, next);
      if (value <= model.value + 1e-4 * std::min(gain, 0.0) + 1e-14 * std::abs(model.value)) break;
    }
    if (scale < 1e-15) return false;
    theta = next;
    model = model_at(ones, t, c, theta);
  }
  return violation(theta, model.gradient) <= tolerance;
}

}  // namespace vrp
