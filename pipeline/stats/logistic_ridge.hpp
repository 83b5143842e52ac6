#pragma once
// A small logistic regression with a ridge penalty, and its out-of-fold scores by groups. For few
// features (a dozen); the probes of hidden states have their own solver.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/stats/columns.hpp"

namespace vrp::stats {

/// Features [n, width], row-major.
struct Features {
  std::span<const double> values;
  std::size_t width = 0;
  std::size_t rows() const { return width == 0 ? 0 : values.size() / width; }
  std::span<const double> row(std::size_t i) const { return values.subspan(i * width, width); }
};

struct LogisticRidge {
  double intercept = 0;
  std::vector<double> weight;  ///< [width]
  int iterations = 0;
  bool converged = false;
  double logit(std::span<const double> row) const;
};

/// Minimises sum_i ln(1 + exp(-s_i (w.x_i + b))) + |w|^2 / (2 c), s_i = +1 for label 1 and -1 for
/// 0; b has no penalty (scikit-learn's LogisticRegression(C=c)). Newton's method (iteratively
/// reweighted least squares) with halved steps until no coefficient moves by more than 1e-10. Rows
/// without a label are left out. Error (internal) when a class is missing, a feature is not finite
/// or lengths differ.
LogisticRidge fit_logistic_ridge(const Features& x, Labels y, double c);

/// Fold 0 .. folds-1 of every row; rows of a group share one. Groups are dealt in the order of the
/// hash of (seed, group), each to the fold with the fewest rows so far (ties: the lowest), so that
/// labels have no say in it. [N]
std::vector<std::int32_t> group_folds(const std::vector<std::string>& group, int folds,
                                      std::uint64_t seed, const std::string& purpose);

/// Logit of every row from the fit on the other folds, features standardised by mean and standard
/// deviation of the training rows (a constant feature is dropped). NaN: no label, or the training
/// rows have one class only. [N]
std::vector<double> out_of_fold_logits(const Features& x, Labels y,
                                       std::span<const std::int32_t> fold, int folds, double c);

}  // namespace vrp::stats
