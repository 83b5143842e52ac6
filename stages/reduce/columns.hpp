#pragma once
// A cell as columns: items, labels and signals side by side, sorted by item key.
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/stats/path_bootstrap.hpp"
#include "stages/reduce/reduce.hpp"

namespace vrp {

struct SignalColumn {
  std::string name;  ///< short name, unique in the cell
  std::string path;  ///< dataset it came from
  int orientation = 0;
  std::string units, description;
  bool needs_reference = false;  ///< computed with the right answer: a diagnostic, no predictor
  bool pooled = true;            ///< false: another quantity than on the sets it is pooled with
  std::string control;  ///< what it controls for ("centred square of equal area"); "" = a signal
  std::vector<double> value;  ///< [N]; NaN = not defined for this item
  /// True for signals that can be read as a probability of being right: these have a calibration.
  /// (A share of attention is a probability too, but not of that.)
  bool is_confidence() const {
    return path == "output/confidence" || path == "consistency/s_sc" || is_probe_probability();
  }
  /// True for the out-of-fold probabilities of probes: these also have an accuracy at 0.5.
  bool is_probe_probability() const {
    return path.starts_with("probe/") && units == "probability" && orientation == 1;
  }
};

struct LabelColumn {
  std::string scorer;  ///< "yes_no@1"
  bool primary = false;
  std::vector<int> y;                  ///< [N] 1, 0, -1 = none
  std::vector<int> majority;           ///< [N] label of the majority answer; empty = not sampled
  std::vector<std::uint8_t> unparsed;  ///< [N] 1 = nothing could be read from the answer
  std::vector<double> score;           ///< [N] soft score in [0, 1], NaN = no label; empty = none
  std::vector<std::string> parsed;     ///< [N] what the rule read from the answer; empty = unknown
};

/// N rows in ascending order of the item key.
struct CellColumns {
  std::string model, benchmark;
  std::vector<std::string> key, group, type, question, reference, image_hash, kind, answer, reason;
  std::vector<std::uint8_t> failed;   ///< [N] 1 = no answer (failed or never computed)
  std::vector<double> answer_tokens;  ///< [N] tokens of the answer, NaN = unknown; empty if pooled
  std::vector<double> ended;  ///< [N] 1 = an end token was produced, NaN = unknown; empty if pooled
  std::int64_t paths = 0;     ///< K sampled answers per item; 0 = not sampled
  /// Classes of the sampled answers (path_classes.hpp); N items, or empty and no_paths says why.
  stats::SampledPaths sampled;
  std::string no_paths;
  std::vector<LabelColumn> labels;  ///< the primary one first; empty = the set has no labels
  std::vector<SignalColumn> signals;
  /// relevance/null_lift [N, permutations], row-major: lift on the region that each permutation of
  /// the set's regions gives the item; empty = not computed or pooled.
  std::vector<float> null_lift;
  std::int64_t permutations = 0;

  std::size_t size() const { return key.size(); }
  const SignalColumn* signal(std::string_view name) const;
};

/// Joins the records of a cell to its item table by item key. An item without a capture row counts
/// as failed ("not computed"), except at the end of the table, where --limit cut it off; one
/// without a metrics or consistency row has undefined signals. Error on an unknown or repeated key,
/// or on a column of another length.
CellColumns columns_of(const CellData& cell);

}  // namespace vrp
