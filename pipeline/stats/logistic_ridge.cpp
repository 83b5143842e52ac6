#include "pipeline/stats/logistic_ridge.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "pipeline/base/error.hpp"
#include "pipeline/base/rng.hpp"

namespace vrp::stats {
namespace {

constexpr int kMostIterations = 100;
constexpr double kStill = 1e-10;

[[noreturn]] void mistake(const std::string& text) {
  throw Error(ExitCode::internal, "logistic ridge: " + text);
}

/// ln(1 + exp(t)) without overflow.
double softplus(double t) { return t > 0 ? t + std::log1p(std::exp(-t)) : std::log1p(std::exp(t)); }
double sigmoid(double t) {
  return t >= 0 ? 1 / (1 + std::exp(-t)) : std::exp(t) / (1 + std::exp(t));
}

/// Solves the positive definite system a z = b (a [size, size], row-major) by Cholesky; both are
/// overwritten, the result is in b.
void solve(std::vector<double>& a, std::vector<double>& b) {
  const std::size_t size = b.size();
  for (std::size_t j = 0; j < size; ++j) {
    for (std::size_t k = 0; k < j; ++k)
      for (std::size_t i = j; i < size; ++i) a[i * size + j] -= a[i * size + k] * a[j * size + k];
    if (!(a[j * size + j] > 0)) mistake("the system is not positive definite");
    const double root = std::sqrt(a[j * size + j]);
    for (std::size_t i = j; i < size; ++i) a[i * size + j] /= root;
  }
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i * size + k] * b[k];
    b[i] /= a[i * size + i];
  }
  for (std::size_t i = size; i-- > 0;) {
    for (std::size_t k = i + 1; k < size; ++k) b[i] -= a[k * size + i] * b[k];
    b[i] /= a[i * size + i];
  }
}

/// The penalised fit of labelled rows; coefficients are the weights, then the intercept.
class Fit {
 public:
  Fit(const Features& x, Labels y, double c) : x_(x), y_(y), penalty_(1 / c) {
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (y[i] == kNoLabel) continue;
      rows_.push_back(i);
      positives_ += y[i];
      for (const double value : x.row(i))
        if (!std::isfinite(value)) mistake(concat("row ", i, " has a feature that is not finite"));
    }
    const auto n = static_cast<std::int64_t>(rows_.size());
    if (positives_ == 0 || positives_ == n) mistake("both classes are needed");
  }

  LogisticRidge run() const {
    std::vector<double> beta(x_.width + 1, 0);
    const double share = static_cast<double>(positives_) / static_cast<double>(rows_.size());
    beta.back() = std::log(share / (1 - share));
    double value = objective(beta);
    LogisticRidge out;
    while (out.iterations < kMostIterations && !out.converged) {
      ++out.iterations;
      const std::vector<double> step = newton_step(beta);
      double scale = 1;
      std::vector<double> next = moved(beta, step, scale);
      double after = objective(next);
      while (!(after <= value) && scale > 1e-12) {
        scale /= 2;
        next = moved(beta, step, scale);
        after = objective(next);
      }
      double largest = 0;
      for (std::size_t j = 0; j < beta.size(); ++j)
        largest = std::max(largest, std::abs(next[j] - beta[j]));
      out.converged = largest <= kStill;
      if (after <= value) {
        beta = std::move(next);
        value = after;
      } else {
        out.converged = true;  // no step lowers the objective any more
      }
    }
    out.intercept = beta.back();
    beta.pop_back();
    out.weight = std::move(beta);
    return out;
  }

 private:
  double logit(const std::vector<double>& beta, std::size_t row) const {
    double out = beta.back();
    const auto x = x_.row(row);
    for (std::size_t j = 0; j < x.size(); ++j) out += beta[j] * x[j];
    return out;
  }

  double objective(const std::vector<double>& beta) const {
    double out = 0;
    for (const std::size_t row : rows_)
      out += softplus(y_[row] == 1 ? -logit(beta, row) : logit(beta, row));
    for (std::size_t j = 0; j < x_.width; ++j) out += penalty_ * beta[j] * beta[j] / 2;
    return out;
  }

  std::vector<double> newton_step(const std::vector<double>& beta) const {
    const std::size_t size = beta.size();
    std::vector<double> hessian(size * size, 0), gradient(size, 0), extended(size, 1);
    for (const std::size_t row : rows_) {
      const auto x = x_.row(row);
      std::copy(x.begin(), x.end(), extended.begin());
      const double p = sigmoid(logit(beta, row));
      const double weight = std::max(p * (1 - p), std::numeric_limits<double>::min());
      for (std::size_t j = 0; j < size; ++j) {
        gradient[j] += (p - y_[row]) * extended[j];
        for (std::size_t k = 0; k <= j; ++k)
          hessian[j * size + k] += weight * extended[j] * extended[k];
      }
    }
    for (std::size_t j = 0; j + 1 < size; ++j) {
      gradient[j] += penalty_ * beta[j];
      hessian[j * size + j] += penalty_;
    }
    hessian.back() += 1e-12;
    solve(hessian, gradient);
    return gradient;
  }

  static std::vector<double> moved(std::vector<double> beta, const std::vector<double>& step,
                                   double scale) {
    for (std::size_t j = 0; j < beta.size(); ++j) beta[j] -= scale * step[j];
    return beta;
  }

  const Features& x_;
  Labels y_;
  double penalty_;
  std::vector<std::size_t> rows_;
  std::int64_t positives_ = 0;
};

/// Mean and standard deviation of each feature over `rows`; 0 for a constant one.
struct Scale {
  std::vector<double> mean, deviation;
  Scale(const Features& x, const std::vector<std::size_t>& rows)
      : mean(x.width, 0), deviation(x.width, 0) {
    const auto n = static_cast<double>(rows.size());
    for (const std::size_t row : rows)
      for (std::size_t j = 0; j < x.width; ++j) mean[j] += x.row(row)[j] / n;
    for (const std::size_t row : rows)
      for (std::size_t j = 0; j < x.width; ++j)
        deviation[j] += (x.row(row)[j] - mean[j]) * (x.row(row)[j] - mean[j]) / n;
    for (std::size_t j = 0; j < x.width; ++j) {
      deviation[j] = std::sqrt(deviation[j]);
      if (deviation[j] < 1e-12 * (1 + std::abs(mean[j]))) deviation[j] = 0;
    }
  }
  std::vector<double> apply(std::span<const double> row) const {
    std::vector<double> out(row.size(), 0);
    for (std::size_t j = 0; j < row.size(); ++j)
      if (deviation[j] > 0) out[j] = (row[j] - mean[j]) / deviation[j];
    return out;
  }
};

}  // namespace

double LogisticRidge::logit(std::span<const double> row) const {
  double out = intercept;
  for (std::size_t j = 0; j < weight.size(); ++j) out += weight[j] * row[j];
  return out;
}

LogisticRidge fit_logistic_ridge(const Features& x, Labels y, double c) {
  if (x.width == 0 || x.values.size() != x.width * y.size())
    mistake(concat(x.values.size(), " feature values for ", y.size(), " rows of ", x.width));
  return Fit(x, y, c).run();
}

std::vector<std::int32_t> group_folds(const std::vector<std::string>& group, int folds,
                                      std::uint64_t seed, const std::string& purpose) {
  std::map<std::string, std::vector<std::size_t>> rows;
  for (std::size_t i = 0; i < group.size(); ++i) rows[group[i]].push_back(i);
  std::vector<std::tuple<std::uint64_t, std::string>> order;
  for (const auto& [name, members] : rows) {
    const PhiloxCounter words = Rng(seed, purpose + "/" + name).words(0);
    order.emplace_back((std::uint64_t{words.c0} << 32) | words.c1, name);
  }
  std::sort(order.begin(), order.end());
  std::vector<std::size_t> filled(static_cast<std::size_t>(folds), 0);
  std::vector<std::int32_t> out(group.size(), 0);
  for (const auto& [hash, name] : order) {
    const auto least = std::min_element(filled.begin(), filled.end()) - filled.begin();
    for (const std::size_t i : rows.at(name)) out[i] = static_cast<std::int32_t>(least);
    filled[static_cast<std::size_t>(least)] += rows.at(name).size();
  }
  return out;
}

std::vector<double> out_of_fold_logits(const Features& x, Labels y,
                                       std::span<const std::int32_t> fold, int folds, double c) {
  if (fold.size() != y.size() || x.rows() != y.size())
    mistake(concat(fold.size(), " folds and ", x.rows(), " rows for ", y.size(), " labels"));
  std::vector<double> out(y.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::int32_t held = 0; held < folds; ++held) {
    std::vector<std::size_t> train;
    std::int64_t positives = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (y[i] == kNoLabel || fold[i] == held) continue;
      train.push_back(i);
      positives += y[i];
    }
    if (positives == 0 || positives == static_cast<std::int64_t>(train.size())) continue;
    const Scale scale(x, train);
    std::vector<double> values;
    std::vector<std::int8_t> labels;
    for (const std::size_t row : train) {
      const std::vector<double> scaled = scale.apply(x.row(row));
      values.insert(values.end(), scaled.begin(), scaled.end());
      labels.push_back(y[row]);
    }
    const LogisticRidge fit = fit_logistic_ridge({values, x.width}, labels, c);
    for (std::size_t i = 0; i < y.size(); ++i)
      if (y[i] != kNoLabel && fold[i] == held) out[i] = fit.logit(scale.apply(x.row(i)));
  }
  return out;
}

}  // namespace vrp::stats
