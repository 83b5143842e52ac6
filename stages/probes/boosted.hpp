#pragma once
// Trees fitted by XGBoost through its C API: gradient boosting and, as one round of many parallel
// trees, a random forest.
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace vrp {

/// Inputs of `rows` items, row-major, finite. Not owned.
struct TreeInput {
  const float* data = nullptr;
  std::int64_t rows = 0, columns = 0;
};

/// All that XGBoost is told. tree_method = exact and nthread = 1 are fixed, so that the bits of a
/// fit depend on nothing but the data and these numbers.
struct TreeParams {
  std::string objective = "binary:logistic";
  double base_score = 0.5;
  int rounds = 600;
  int trees_per_round = 1;    ///< num_parallel_tree
  int depth = 10;             ///< max_depth
  double rate = 0.03;         ///< eta
  double row_sample = 0.9;    ///< subsample: share of rows of each tree, without replacement
  double tree_columns = 0.9;  ///< colsample_bytree
  double node_columns = 1;    ///< colsample_bynode
  double min_child_weight = 1;
  double lambda = 1, alpha = 0.3;
  std::int64_t seed = 0;

  /// Names and values as XGBoost reads them, in the order in which they are set.
  std::vector<std::pair<std::string, std::string>> settings() const;
};

/// A fitted ensemble. Move only; the handle is freed when it goes.
class TreeModel {
 public:
  /// Fits labels [rows] with weights [rows] (empty = 1). Error with XGBoost's text when it refuses
  /// the data or a setting; Error when the input has no row or column, a value that is not finite,
  /// or another length than labels or weights.
  TreeModel(const TreeInput& input, std::span<const float> labels, std::span<const float> weights,
            const TreeParams& params);
  TreeModel(TreeModel&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)), columns_(other.columns_) {}
  TreeModel& operator=(TreeModel&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(columns_, other.columns_);
    return *this;
  }
  ~TreeModel();

  /// Prediction for each row: a probability for binary:logistic, the fitted mean for
  /// reg:squarederror. [rows]. Error when the number of columns differs from the fit's.
  std::vector<double> predict(const TreeInput& input) const;

 private:
  void* handle_ = nullptr;
  std::int64_t columns_ = 0;
};

/// Version of the library in use, "1.7.4".
std::string xgboost_version();

}  // namespace vrp
