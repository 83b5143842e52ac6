#pragma once
// What the stages will write, from configuration, item tables and checkpoint headers alone.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/driver/plan.hpp"
#include "pipeline/model/spec.hpp"
#include "stages/catalog.hpp"

namespace vrp {

struct StageSize {
  /// How sure the figure is. Captures of models with pictures of one size are counted array by
  /// array; where pictures differ in size they are an upper bound. Other stages are counted from
  /// the shapes of their records, with answers of a usual length for the form of their set.
  enum class Kind { counted, at_most, about, unknown } kind = Kind::unknown;
  std::int64_t arrays = 0;  ///< bytes of all arrays before compression, all units
  std::int64_t files = 0;   ///< bytes of the files: arrays, and headers of each unit
};

/// By stage_cell of the plan.
std::vector<StageSize> stage_sizes(const Sweep& sweep, const Plan& plan, const StageParams& params);

/// "812 B", "1.2 kB", "3.4 MB", "5.6 GB".
std::string bytes_text(std::int64_t bytes);
/// "at most 3.4 MB", "about 1.2 kB", "-" when unknown.
std::string size_text(const StageSize& size);

/// The shape of a sweep's model, with the pixel bounds that its configuration sets.
ModelSpec model_spec(const NamedModel& model);

}  // namespace vrp
