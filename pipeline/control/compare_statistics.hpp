#pragma once
// Statistics of two runs on the same items: pure functions of matched columns. All differences are
// A - B. A and B label the same questions each by its own answers, so their labels differ: what two
// AUROCs or Rs differ by is tested by a joint bootstrap that draws the same images for both.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/stats/correlation.hpp"
#include "pipeline/stats/label_agreement.hpp"
#include "pipeline/stats/proportions.hpp"

namespace vrp {

/// A signal that both runs hold; raw values, NaN = undefined.
struct PairedSignal {
  std::string name, units;
  int orientation = 0;  ///< declared: AUROC is that of the value times the orientation (0: of 1)
  bool needs_reference = false;
  bool control = false;
  std::vector<double> a, b;  ///< [N]
};

/// N items that both runs answered, in ascending order of the key.
struct PairedColumns {
  std::vector<std::int32_t> group;              ///< [N] image
  std::vector<std::int8_t> label_a, label_b;    ///< [N] 1, 0, stats::kNoLabel
  std::vector<std::string> answer_a, answer_b;  ///< [N] as stored
  std::vector<PairedSignal> signals;
  std::size_t size() const { return group.size(); }
};

struct CompareOptions {
  std::int64_t replicates = stats::kReplicates;
  double level = stats::kLevel;
  std::uint64_t seed = 20260617;
  std::string purpose = "compare";  ///< with the seed, the key of the draws
};

/// On the n items that both runs label.
struct AccuracyComparison {
  stats::Estimate a, b;              ///< shares of correct answers, Wilson
  stats::PairedComparison paired;    ///< pp; interval over images, p = exact McNemar
  stats::Estimate clustered;         ///< the same difference in pp with its p by images
  std::optional<double> detectable;  ///< pp that 80 % of such comparisons find at alpha 0.05
  bool by_group = false;             ///< some image has several of the items
  std::int64_t groups = 0;
  std::optional<double> p() const { return by_group ? clustered.p : paired.difference_pp.p; }
};

struct AnswerAgreement {
  stats::Estimate same_text;     ///< share of equal answers, byte for byte; Wilson
  stats::Estimate same_norm;     ///< equal after Norm (methods 2)
  stats::LabelAgreement labels;  ///< share of equal correctness, Cohen's kappa of correctness
};

/// A statistic of A, of B, and A - B on the same items.
struct DifferenceOfTwo {
  stats::Estimate a, b;
  stats::Estimate difference;
  std::optional<double> p_paired;  ///< AUROC with equal labels only: paired DeLong by images
};

struct SignalComparison {
  std::string name, units;
  bool needs_reference = false, control = false;
  int orientation = 0;
  stats::Estimate mean_a, mean_b;   ///< over the items where both are defined; value only
  stats::Estimate mean_difference;  ///< t over images
  stats::Estimate correlation;      ///< Pearson's of the signal in A with itself in B
  DifferenceOfTwo auroc, r;         ///< on the items where labels and values of both are defined
  bool equal_labels = false;        ///< A and B label each of these items alike
};

struct PairResult {
  std::int64_t items = 0;
  AccuracyComparison accuracy;
  AnswerAgreement agreement;
  std::vector<SignalComparison> signals;
};

/// Mean of the values that are not NaN. Standard error from the sums of groups,
/// se^2 = G/(G-1) sum_g (sum_{i in g} (x_i - mean))^2 / n^2; interval and p against 0 by Student's
/// t with G-1 degrees of freedom. One row a group: the usual t-test of a mean. Fewer than two
/// groups: no interval (too_few). All values equal: p = 1 when they are 0, else no p
/// (zero_variance).
stats::Estimate clustered_mean(stats::Values x, stats::Groups group, double level = stats::kLevel);

/// Two-sided p of a difference from its bootstrap replicates: min(1, 2 (1 + min(#{t* <= 0},
/// #{t* >= 0})) / (1 + B)) over the defined ones; below alpha exactly when the percentile interval
/// of that level leaves out 0. Absent without replicates.
std::optional<double> bootstrap_p(const std::vector<double>& replicates);

PairResult compare_columns(const PairedColumns& columns, const CompareOptions& options);

}  // namespace vrp
