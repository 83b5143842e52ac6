#include "stages/probes/boosted.hpp"

#include <xgboost/c_api.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

void xgb_check(int code, const char* call) {
  if (code != 0) fail("XGBoost: ", call, ": ", XGBGetLastError());
}

/// Shortest decimal form that reads back as the same double.
std::string decimal(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

/// Owns a DMatrix.
class Matrix {
 public:
  explicit Matrix(const TreeInput& input) {
    if (input.rows < 1 || input.columns < 1)
      fail("trees: input is [", input.rows, ", ", input.columns, "], expected at least [1, 1]");
    for (std::int64_t i = 0; i < input.rows * input.columns; ++i) {
      if (!std::isfinite(input.data[i]))
        fail("trees: row ", i / input.columns, ", column ", i % input.columns, " is ",
             input.data[i], ", expected a finite number");
    }
    xgb_check(XGDMatrixCreateFromMat_omp(input.data, static_cast<bst_ulong>(input.rows),
                                         static_cast<bst_ulong>(input.columns),
                                         std::numeric_limits<float>::quiet_NaN(), &handle_, 1),
              "XGDMatrixCreateFromMat_omp");
  }
  Matrix(Matrix&&) = delete;
  ~Matrix() { XGDMatrixFree(handle_); }

  void set(const char* field, std::span<const float> values) {
    xgb_check(XGDMatrixSetFloatInfo(handle_, field, values.data(), values.size()),
              "XGDMatrixSetFloatInfo");
  }
  DMatrixHandle get() const { return handle_; }

 private:
  DMatrixHandle handle_ = nullptr;
};

void require_length(const char* what, std::size_t found, std::int64_t rows) {
  if (static_cast<std::int64_t>(found) != rows)
    fail("trees: ", what, " has ", found, " values, expected ", rows, ", one for each row");
}

}  // namespace

std::vector<std::pair<std::string, std::string>> TreeParams::settings() const {
  return {{"booster", "gbtree"},
          {"tree_method", "exact"},
          {"nthread", "1"},
          {"verbosity", "0"},
          {"objective", objective},
          {"base_score", decimal(base_score)},
          {"num_parallel_tree", std::to_string(trees_per_round)},
          {"max_depth", std::to_string(depth)},
          {"eta", decimal(rate)},
          {"subsample", decimal(row_sample)},
          {"colsample_bytree", decimal(tree_columns)},
          {"colsample_bynode", decimal(node_columns)},
          {"min_child_weight", decimal(min_child_weight)},
          {"lambda", decimal(lambda)},
          {"alpha", decimal(alpha)},
          {"seed", std::to_string(seed)}};
}

TreeModel::TreeModel(const TreeInput& input, std::span<const float> labels,
                     std::span<const float> weights, const TreeParams& params)
    : columns_(input.columns) {
  require_length("labels", labels.size(), input.rows);
  if (!weights.empty()) require_length("weights", weights.size(), input.rows);
  Matrix matrix(input);
  matrix.set("label", labels);
  if (!weights.empty()) matrix.set("weight", weights);
  const DMatrixHandle cache[] = {matrix.get()};
  xgb_check(XGBoosterCreate(cache, 1, &handle_), "XGBoosterCreate");
  try {
    for (const auto& [name, value] : params.settings())
      xgb_check(XGBoosterSetParam(handle_, name.c_str(), value.c_str()), name.c_str());
    for (int round = 0; round < params.rounds; ++round)
      xgb_check(XGBoosterUpdateOneIter(handle_, round, matrix.get()), "XGBoosterUpdateOneIter");
  } catch (...) {
    XGBoosterFree(handle_);
    throw;
  }
}

TreeModel::~TreeModel() {
  if (handle_ != nullptr) XGBoosterFree(handle_);
}

std::vector<double> TreeModel::predict(const TreeInput& input) const {
  if (input.columns != columns_)
    fail("trees: input has ", input.columns, " columns, expected ", columns_, " as fitted");
  const Matrix matrix(input);
  const char* config =
      R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false})";
  const bst_ulong* shape = nullptr;
  bst_ulong dims = 0;
  const float* values = nullptr;
  xgb_check(XGBoosterPredictFromDMatrix(handle_, matrix.get(), config, &shape, &dims, &values),
            "XGBoosterPredictFromDMatrix");
  if (dims != 1 || shape[0] != static_cast<bst_ulong>(input.rows))
    fail("XGBoost: prediction of ", input.rows, " rows has ", dims,
         " dimensions of which the first is ", dims > 0 ? shape[0] : 0);
  return {values, values + input.rows};
}

std::string xgboost_version() {
  int major = 0, minor = 0, patch = 0;
  XGBoostVersion(&major, &minor, &patch);
  return concat(major, ".", minor, ".", patch);
}

}  // namespace vrp
