#pragma once
// How long a plan's missing units will take, from a calibration or from units that are finished.
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/control/unit_seconds.hpp"
#include "pipeline/driver/plan.hpp"

namespace vrp {

struct Calibration {
  UnitSeconds seconds;
  std::string source;  ///< "calibration.json of 2026-11-24 on node17 (cpu, 1 thread)"
  std::vector<std::string> problems;  ///< stages without a figure, settings that changed since
  std::int64_t peak_bytes = 0;        ///< most resident memory of the calibration; 0 = unknown
  double load_seconds = 0;            ///< of all models, each once
};

/// RUN/calibration.json against the plan. Error when it is there and not what it should be.
Calibration read_calibration(const std::filesystem::path& file, const Plan& plan);

struct PlanTime {
  double rank_seconds = 0;           ///< of all missing units, one after the other
  double chain_seconds = 0;          ///< of the longest chain of units that wait for each other
  std::vector<std::string> untimed;  ///< stages with missing units and no figure
  bool known = false;                ///< any figure at all
};

/// `done` by unit. `share` of the items that a unit works on, where that is not all of them (the
/// interventions evaluate a choice of a set's items); may be empty.
PlanTime plan_time(const Plan& plan, const std::vector<bool>& done, const UnitSeconds& seconds,
                   const std::function<double(const Unit&)>& share = {});

/// Seconds on `ranks` ranks that are never idle while a unit is ready: at least `low`, and at most
/// `high` (Graham: the work of all ranks, and the longest chain behind it).
struct TimeRange {
  double low = 0, high = 0;
};
TimeRange time_on(const PlanTime& time, std::int64_t ranks);

}  // namespace vrp
