#pragma once
// A short calibration: a few items of each model through the real stages, in memory, so that
// `vrp plan` can tell hours. Nothing of the run's folder is read or written.
#include <functional>
#include <string>

#include "pipeline/base/json.hpp"
#include "pipeline/driver/plan.hpp"

namespace vrp {

struct CalibrationParams {
  std::int64_t items = 16;  ///< of each model at most, the first of its largest set
  std::uint64_t seed = 0;
  /// Items of a unit of the stages of item ranges: as many as the model is asked about at once.
  std::int64_t unit_items = 1;
  /// Seconds that the items of one stage of one model may take; at least two items are done.
  double stage_seconds = 120;
};

/// Runs every stage of the plan (definitions with `run`) for each model on its set with most items:
/// the first capture once unmeasured, which loads the model; stages of item ranges unit by
/// unit; stages of whole cells on the items that capture was given, all their parts. A stage that
/// fails is noted with its reason, and so are those that read it. `say` hears a line for each
/// stage.
///
///   {"version": 1, "items": 16, "models": {MODEL: {"benchmark": B, "items": n, "load_seconds": s,
///    "stages": {STAGE: {"fingerprint": hex, "items": n, "units": u, "seconds": s,
///                       "seconds_per_item": s, "seconds_per_unit": s} or {"problem": text}}}}}
///
/// Stages that are computed together (StageDefinition::run_pair) run so once more, and their
/// seconds per item are scaled to what both take then. A unit of n items takes seconds_per_unit + n
/// seconds_per_item; the first is 0 for stages of item ranges. Stages of whole cells run with all
/// items and with half of them to tell the two apart. Peak memory, host and device are the caller's
/// to add.
Json calibrate(const Plan& plan, const CalibrationParams& params,
               const std::function<void(const std::string&)>& say);

/// Most resident memory of this process so far, bytes; 0 when the system does not tell.
std::int64_t peak_resident_bytes();

}  // namespace vrp
