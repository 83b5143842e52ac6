#pragma once
// Private to this folder (ATen): logistic losses of many problems on one layer, problems as
// columns.
#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "stages/probes/problem.hpp"

namespace vrp {

/// Blocks of a layer in fp64, z-scored over the given rows (all parts of a layer then lie near 0
/// and 1, which keeps the sums of the parts exact). Small layers that lie in memory are converted
/// once; either way every block holds the same bits.
class LayerBlocks {
 public:
  LayerBlocks(const LayerInput& input, const std::vector<std::int8_t>& y);

  /// Calls back with the first row and x [n, D] of every block, in order.
  void each(const std::function<void(std::int64_t first, const at::Tensor& x)>& visit) const;

  std::int64_t rows() const { return rows_; }
  std::int64_t width() const { return width_; }
  const at::Tensor& shift() const { return shift_; }  ///< [D], x = shift + scale * block value
  const at::Tensor& scale() const { return scale_; }  ///< [D], 1 for columns that do not vary
  at::TensorOptions options() const { return options_; }
  const LayerInput& input() const { return input_; }

 private:
  at::Tensor raw(std::int64_t first, std::int64_t count) const;

  LayerInput input_;
  std::int64_t rows_ = 0, width_ = 0;
  at::TensorOptions options_;
  at::Tensor shift_, scale_;
  std::vector<at::Tensor> cached_;
};

/// P problems as columns. theta is [D + 1, P]: weights on the z-scored input, then the intercept.
class LogisticColumns {
 public:
  /// top_variance > 0: only that many columns of largest training variance (raw units) are seen.
  LogisticColumns(const LayerBlocks& blocks, const std::vector<Task>& tasks,
                  std::span<const Problem> problems, std::int64_t top_variance = 0);

  std::int64_t count() const { return c_.size(0); }
  /// loss [P] = C sum log-loss over the training rows; gradient [D + 1, P] of it.
  void evaluate(const at::Tensor& theta, at::Tensor& loss, at::Tensor& gradient) const;
  /// Z^T M Z v per column, M = training rows; v, result [D + 1, P] (for step sizes).
  at::Tensor gram_product(const at::Tensor& v) const;
  /// Logits of all rows, block by block: visit(first, logits [n, P]).
  void logits(const at::Tensor& theta,
              const std::function<void(std::int64_t first, const at::Tensor& z)>& visit) const;
  /// The columns of z-scored training rows of one problem: [n_train, k] for the given coordinates.
  at::Tensor training_rows(std::int64_t problem, const at::Tensor& coordinates) const;
  /// Labels +-1 of the training rows of one problem, [n_train].
  at::Tensor training_labels(std::int64_t problem) const;
  /// Means of the raw input over the training rows of label `t` (+1, -1), [D, P].
  at::Tensor class_means(int t) const;

  /// Keeps only the columns with these indices (int64).
  void keep(const at::Tensor& columns);

  at::Tensor positive_share() const { return positive_ / all_.clamp_min(1); }  ///< [P]
  at::Tensor c() const { return c_; }                                          ///< [P]
  at::Tensor start() const;  ///< theta of w = 0, b = log odds of training
  /// Why a column is not usable.
  const char* fault(std::int64_t column) const;
  at::Tensor usable() const { return usable_; }  ///< bool [P]: both classes, a column that varies
  at::Tensor raw_centre() const;   ///< [T, D, P], what standardising takes off, raw units
  at::Tensor raw_inverse() const;  ///< [D, P], and what it multiplies by; 0 = constant

 private:
  at::Tensor onehot(std::int64_t first, std::int64_t count) const;  ///< [n, T]
  at::Tensor signs(std::int64_t first, std::int64_t count) const;   ///< [n, P] fp64: +1, -1, 0
  at::Tensor plain_weights(const at::Tensor& theta, at::Tensor& offset) const;
  void measure(std::int64_t top_variance);

  const LayerBlocks& blocks_;
  std::int64_t types_ = 1;
  at::Tensor type_;            ///< [N] int64, undefined when types_ is 1
  at::Tensor sign_;            ///< [N, P] int8
  at::Tensor c_;               ///< [P]
  at::Tensor centre_;          ///< [T, D, P]
  at::Tensor inv_;             ///< [D, P], 1 / sd, 0 = constant or not seen
  at::Tensor usable_;          ///< [P]
  at::Tensor positive_, all_;  ///< [P] training rows
};

/// Problems per call so that `vectors` arrays of [D + 1, P] doubles stay within a fixed budget: the
/// same for every machine, so that results do not depend on it.
std::int64_t columns_per_chunk(std::int64_t width, std::int64_t vectors, std::int64_t types);

/// Logits of the test rows of every problem into fits[k].score.
void score_tests(const LogisticColumns& columns, const at::Tensor& theta,
                 const std::vector<Task>& tasks, std::span<const Problem> problems,
                 std::span<LinearFit> fits);

}  // namespace vrp
