#pragma once
// What the tables of a run say about the run as a whole, from its manifest.
#include "pipeline/base/json.hpp"
#include "stages/reduce/results.hpp"

namespace vrp {

/// Profile, seed, level, families, models in the order of the sweep, their sizes; `partial` names
/// the limit that cut a table, if one did.
RunFacts run_facts(const Json& manifest);

/// The settings of [reduce] of the run's last start. Error when one is not valid.
ReduceParams reduce_params(const Json& manifest);

}  // namespace vrp
