#pragma once
// The graph of a large sweep without models or files: the stages of stages/catalog.cpp with their
// dependences, parts and costs, over made-up item tables. One item is one unit, so that a million
// units need no table of sixteen million rows.
#include "pipeline/driver/plan.hpp"

namespace vrp::scale {

struct SweepShape {
  int models = 5, benchmarks = 10;
  int items = 100;      ///< units of a stage in a cell
  int probe_parts = 8;  ///< units that fit a cell's probes
  bool stages = true;   ///< false: capture alone, units without dependences
};

/// The shape with about so many units in all.
SweepShape shape_for(std::int64_t units, SweepShape shape = {});

Plan sweep_plan(const SweepShape& shape);

}  // namespace vrp::scale
