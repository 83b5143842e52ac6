#pragma once
// The answer-format confound: a probe that sees length and form of the answer only, never the
// picture, the question or the model's insides. Where it predicts the label, the scorer may be
// rewarding form, and a signal has to beat it to say more.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stages/reduce/columns.hpp"
#include "stages/reduce/draws.hpp"
#include "stages/reduce/params.hpp"
#include "stages/reduce/rows_label.hpp"

namespace vrp {

constexpr int kFormatFolds = 5;
constexpr double kFormatRidge = 1;  ///< inverse strength C of the penalty

/// Names of the features, in the order of `answer_form`.
const std::vector<std::string>& form_features();

/// Length and form of an answer. `tokens`, `ended`: NaN = unknown, then 0 and the feature is the
/// same for every item that lacks it.
std::vector<double> answer_form(std::string_view answer, double tokens, double ended);

struct FormatProbe {
  std::vector<FormatRow> rows;              ///< one for each scorer
  std::vector<std::vector<double>> scores;  ///< [scorer][N] out-of-fold logits; NaN = none
};

/// Ridge logistic regression of each scorer's label on the form, out of fold over kFormatFolds
/// folds by image (stats::group_folds; the same folds for every scorer). Interval: as in the
/// statistic table (percentile over images where images have several items). Flag "confound" when
/// the interval lies above 0.5.
FormatProbe format_probe(const CellColumns& cell, const ReduceParams& params, const Draws& draws);

}  // namespace vrp
