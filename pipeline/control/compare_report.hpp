#pragma once
// What `vrp compare` says: the numbers of every compared set, as text for reading, JSON and CSV.
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/control/compare_match.hpp"
#include "pipeline/control/run_columns.hpp"

namespace vrp {

/// A field of a stage's fingerprint (or of the run) that A and B have otherwise.
struct SettingDifference {
  std::string stage, field, a, b;       ///< "" = that side has no such field
  std::vector<std::string> benchmarks;  ///< where; empty = the run as a whole
};

struct Flip {
  std::string key, question, reference, answer_a, answer_b;
  bool right_in_a = false;
};

/// Adjusted p of one signal; absent where there is no p.
struct AdjustedSignal {
  std::optional<double> mean, auroc, r;
};

/// Two models on one benchmark, or on all of them pooled.
struct ComparedCell {
  std::string model_a, model_b, benchmark;
  bool pooled = false;
  std::string scorer_a, scorer_b;  ///< primary scorers; "" = the set has no labels
  Progress progress_a, progress_b;
  MatchCounts counts;
  std::string first_other;
  PairResult result;
  std::optional<double> p_holm;
  std::vector<AdjustedSignal> adjusted;  ///< one for each signal of the result
  std::vector<Flip> flips;               ///< the first ones that were asked for
};

struct ComparisonReport {
  std::string run_a, run_b;
  bool limited_a = false, limited_b = false;  ///< started with --limit
  std::vector<SettingDifference> settings;
  std::vector<ComparedCell> cells;  ///< by model pair: its sets, then the pooled one if several
  std::vector<std::string> notes;   ///< sets that could not be compared, and why
  std::vector<std::string> shown;   ///< signals to print; empty = all
  std::int64_t replicates = 0;
  std::uint64_t seed = 0;
  double level = stats::kLevel;
  bool partial() const;
};

/// Fields of manifests and fingerprints in which two cells differ; equal differences of several
/// benchmarks are one entry. Links to upstream fingerprints are left out: they follow from these.
void add_setting_differences(const CellWork& a, const CellWork& b,
                             std::vector<SettingDifference>& out);
void add_run_differences(const Json& manifest_a, const Json& manifest_b,
                         std::vector<SettingDifference>& out);

/// Holm over the accuracies of all sets (pooled ones repeat their items and stay as they are);
/// Benjamini-Hochberg over the signals of all sets, one family each for means, AUROCs and Rs, and
/// the same again among pooled sets. Diagnostics that need the reference and controls are in none.
void adjust(ComparisonReport& report);

void print_compare(std::ostream& out, const ComparisonReport& report);
Json compare_json(const ComparisonReport& report);

/// Rows of one set: everything of both tables. `signals` are names of shared signals; empty = all.
struct CompareCsvSet {
  std::string model_a, model_b, benchmark;
  const Match* match = nullptr;
  CompareSide a, b;
};
std::string compare_csv(const std::vector<CompareCsvSet>& sets,
                        const std::vector<std::string>& signals);

}  // namespace vrp
