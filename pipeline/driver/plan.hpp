#pragma once
// The plan: every unit of a sweep, computed from configuration and item tables alone. The number of
// ranks is no input.
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/config/sweep.hpp"
#include "pipeline/driver/stage.hpp"

namespace vrp {

/// What a stage's result in a cell depends on, field by field, and the hash of all of it.
struct Fingerprint {
  std::map<std::string, std::string> fields;
  std::string hex() const;  ///< first 12 hexadecimal digits of XXH3-128 over the fields
};

struct StageCell {
  std::size_t stage = 0, cell = 0;
  Fingerprint fingerprint;
  std::string folder;  ///< relative to RUN
  std::vector<std::size_t> units;
};

struct Plan {
  std::vector<StageDefinition> stages;  ///< in the order of dependence
  std::vector<Cell> cells;              ///< real cells first, then one pooled cell per model
  std::vector<ItemTable> tables;        ///< one per benchmark, after choice
  std::vector<Unit> units;
  std::vector<StageCell> stage_cells;
  /// Of (stage, cell), stage by stage: its place in stage_cells plus one; 0 = it has no units.
  std::vector<std::uint32_t> places;
  std::int64_t limit = 0;  ///< items per cell at most; 0 = all
  bool partial() const;    ///< the limit cuts at least one table
  const StageCell* find(const std::string& stage, std::size_t cell) const;
  /// The unit that may be computed together with this one (StageDefinition::companion), of lower or
  /// higher id: of a pair, the one of lower id leads.
  std::optional<std::size_t> companion_of(std::size_t unit) const;
  std::vector<std::size_t> partners;  ///< by stage: the stage of its units' companions, or itself
};

struct PlanInputs {
  std::vector<StageDefinition> stages;
  std::vector<ItemTable> tables;                    ///< of sweep.benchmarks, after choice
  std::map<std::string, std::string> model_hashes;  ///< model name -> hash of its checkpoint
  /// "MODEL/BENCHMARK" -> hash of its file of reviews, where there is one.
  std::map<std::string, std::string> review_hashes;
  std::int64_t limit = 0;
};

/// The stages of sweep.params.stages and, as in make, those whose records they read.
/// `inputs.stages` come in the order of dependence. Error (usage) for an unknown stage.
Plan make_plan(const Sweep& sweep, PlanInputs inputs);

/// Units of `stage` in `cell` that cover [first, last), in order: consecutive ids, found by
/// bisection.
UnitIds::Range covering(const Plan& plan, const std::string& stage, std::size_t cell,
                        std::int64_t first, std::int64_t last);

}  // namespace vrp
