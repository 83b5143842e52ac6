#pragma once
// From the records of all cells to RUN/reduce: stats.h5 and the tables.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/store/record.hpp"
#include "stages/reduce/checkpoint_shape.hpp"
#include "stages/reduce/families.hpp"
#include "stages/reduce/rows.hpp"
#include "stages/reduce/rows_case.hpp"
#include "stages/reduce/rows_difference.hpp"
#include "stages/reduce/rows_label.hpp"
#include "stages/reduce/rows_lens.hpp"
#include "stages/reduce/rows_probe.hpp"

namespace vrp {

/// What the tables say about the run as a whole. No dates and no machine: equal results give equal
/// bytes.
struct RunFacts {
  std::string partial;              ///< why the run is PARTIAL ("--limit 20"); "" = it is whole
  std::string profile = "default";  ///< whose definitions were computed: default | authors
  std::uint64_t seed = 0;
  double level = 0.95;
  Json families;                    ///< from declare_families, as in the run manifest
  std::vector<std::string> models;  ///< in the order of the sweep; models not named follow by name
  CheckpointShapes shapes;          ///< sizes of the models; one not named is not known
};

/// All frames of a run, in the order (model, benchmark), models as the sweep names them; the pooled
/// set comes first of its model.
struct Results {
  std::vector<StatRow> statistics;
  std::vector<AdjustedP> adjusted;                ///< one for each statistic
  std::vector<DifferenceRow> differences;         ///< of the AUROCs of two signals
  std::vector<AdjustedP> differences_adjusted;    ///< one for each difference
  std::vector<StatRow> across_models;             ///< R over all models (across_models.hpp)
  std::vector<AdjustedP> across_models_adjusted;  ///< one for each
  std::vector<BalanceRow> balance;
  std::vector<ScorerRow> scorers;
  std::vector<ScorerPairRow> scorer_pairs;
  std::vector<LabelSignalRow> label_signals;
  std::vector<FormatRow> formats;
  std::vector<OfficialRow> official;
  std::vector<AgreementRow> agreement;
  std::vector<CurveRow> curves;
  std::vector<BinRow> reliability;
  std::vector<SetRow> sets;
  std::vector<LensLayerRow> lens_layers;
  std::vector<LensSummaryRow> lens;
  std::vector<ShareRow> shares;
  std::vector<CaseRow> cases;
  std::vector<CaseLayerRow> case_layers;
  std::vector<EffectRow> effects;
  std::vector<AdjustedP> effects_adjusted;  ///< one for each effect
  std::vector<CellProbeFold> probe_folds;
  std::vector<CellProbeLayer> probe_layers;
  std::vector<CellProbeControl> probe_controls;
  std::vector<CellNeuron> neurons;
  std::vector<CellDeltaBin> delta_bins;
};

/// Joins the records of reduce_cell and reduce_pooled, in any order, and adjusts p. `models`: as in
/// RunFacts.
Results gather(const std::vector<Record>& records, const Json& families,
               const std::vector<std::string>& models = {});

/// Everything in one record: the frames, with p_adjusted and family of tests of the frames
/// "statistic" and "effect" beside them.
Record results_record(const Results& results);

/// Writes RUN/reduce/stats.h5, RUN/reduce/tables/*.{csv,md,tex,json} with index.json and all.tex
/// (every table as one document), the numbers of the figures as RUN/reduce/figures/F*.{csv,json},
/// and RUN/reduce/paper_delta.md. Each file is
/// replaced as a whole. Equal arguments give equal bytes. Error when a file cannot be written; the
/// others may then be old.
void write_results(const std::filesystem::path& run_folder, const std::vector<Record>& records,
                   const RunFacts& facts);

}  // namespace vrp
