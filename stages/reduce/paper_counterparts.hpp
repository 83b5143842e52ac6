#pragma once
// Our numbers beside the paper's cells.
#include <optional>
#include <string>
#include <vector>

#include "stages/reduce/paper_verdict.hpp"

namespace vrp {

/// Where a cell's counterpart is looked for: one of our models on one of our sets, under the names
/// that hold in the run's profile.
struct CellPlace {
  const PublishedCell* cell = nullptr;
  std::string model, benchmark;
  std::string signal, statistic;
};

/// Everything that stands beside a cell: one number for each of the run's models and sets that are
/// called like the paper's; none when the run has no such number.
std::vector<Counterpart> counterparts(const PublishedCell& cell, const Results& results,
                                      const RunFacts& facts);

/// Why a cell has no counterpart: no such model, no such set, or a stage that did not run.
std::string no_counterpart(const PublishedCell& cell, const Results& results,
                           const RunFacts& facts);

// The parts of `counterparts`, by kind of number.
std::optional<Counterpart> statistic_beside(const CellPlace& place, const Results& results);
std::optional<Counterpart> probe_beside(const CellPlace& place, const Results& results);
std::optional<Counterpart> lens_beside(const CellPlace& place, const Results& results);
std::optional<Counterpart> effect_beside(const CellPlace& place, const Results& results);
std::optional<Counterpart> neuron_beside(const CellPlace& place, const Results& results);
std::optional<Counterpart> case_beside(const CellPlace& place, const Results& results);

}  // namespace vrp
