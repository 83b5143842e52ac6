#pragma once
// From the records of all cells to RUN/reduce: stats.h5 and the tables.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/store/record.hpp"
#include "stages/reduce/families.hpp"
#include "stages/reduce/rows.hpp"

namespace vrp {

/// What the tables say about the run as a whole. No dates and no machine: equal results give equal
/// bytes.
struct RunFacts {
  std::string partial;              ///< why the run is PARTIAL ("--limit 20"); "" = it is whole
  std::string profile = "default";  ///< whose definitions were computed: default | authors
  std::uint64_t seed = 0;
  double level = 0.95;
  Json families;  ///< from declare_families, as in the run manifest
};

/// All frames of a run, in the order (model, benchmark); the pooled set comes first of its model.
struct Results {
  std::vector<StatRow> statistics;
  std::vector<AdjustedP> adjusted;  ///< one for each statistic
  std::vector<BalanceRow> balance;
  std::vector<ScorerRow> scorers;
  std::vector<AgreementRow> agreement;
  std::vector<CurveRow> curves;
  std::vector<BinRow> reliability;
  std::vector<SetRow> sets;
};

/// Joins the records of reduce_cell and reduce_pooled, in any order, and adjusts p.
Results gather(const std::vector<Record>& records, const Json& families);

/// Everything in one record: the frames, with statistic/p_adjusted and statistic/family.
Record results_record(const Results& results);

/// Writes RUN/reduce/stats.h5, RUN/reduce/tables/*.{csv,md,tex,json} with index.json, and
/// RUN/reduce/paper_delta.md. Each file is replaced as a whole. Equal arguments give equal bytes.
/// Error when a file cannot be written; the others may then be old.
void write_results(const std::filesystem::path& run_folder, const std::vector<Record>& records,
                   const RunFacts& facts);

}  // namespace vrp
