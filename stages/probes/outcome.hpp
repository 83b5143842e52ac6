#pragma once
// Finished probes on their way from a part to the cell: columns of scores and rows of frames, which
// the join copies as they are. Parts whose layer is still to be chosen use candidates.hpp.
#include <string>
#include <vector>

#include "pipeline/store/record.hpp"
#include "stages/probes/record.hpp"

namespace vrp {

struct ProbeColumn {
  std::string name;           ///< becomes the signal probe/NAME
  int orientation = 1;        ///< 1, or 0 where none is declared
  std::vector<double> score;  ///< [N], NaN = not used or undefined
  std::string units = "logit", description;
  bool needs_reference = false;  ///< made from the reference answer: a diagnostic, not a predictor
};

struct ProbeOutcome {
  std::vector<ProbeColumn> columns;
  std::vector<ProbeFoldRow> folds;
  std::vector<ProbeLayerRow> layers;
  std::vector<ProbeControlRow> controls;
  std::vector<NeuronRow> neurons;
  std::vector<DeltaBinRow> delta_bins;
};

/// Appends `more` after `all`. Error when a column's name repeats.
void append(ProbeOutcome& all, ProbeOutcome more);
void add_outcome(Record& record, const ProbeOutcome& outcome);
ProbeOutcome read_outcome(const Record& record);

/// Share of (correct, incorrect) pairs in order, ties one half, over rows with y >= 0 and a score
/// that is not NaN. NaN without both classes.
double score_auroc(const std::vector<double>& score, const std::vector<std::int8_t>& y);
/// The same over the given rows.
double score_auroc(const std::vector<double>& score, const std::vector<std::int8_t>& y,
                   const std::vector<std::int32_t>& rows);

}  // namespace vrp
