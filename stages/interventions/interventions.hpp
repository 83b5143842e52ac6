#pragma once
// The interventions stage: what an answer becomes when parts of the picture or of the network are
// taken away.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/model/model.hpp"
#include "pipeline/store/record.hpp"
#include "stages/capture/params.hpp"
#include "stages/capture/picture.hpp"
#include "stages/interventions/params.hpp"
#include "stages/interventions/record.hpp"
#include "stages/metrics/params.hpp"

namespace vrp {

struct InterventionsInput {
  const ItemTable& items;
  std::size_t first = 0;  ///< row of the first picture
  const std::vector<Picture>& pictures;
  const Model& model;
  std::string model_name;
  PromptStyle style;
  GenerationParams generation;
  const Record& capture;  ///< of the same rows
  const Record& probes;   ///< of the whole cell; without arrays: no probes were fitted
  const InterventionsParams& params;
  const MetricsParams& metrics;   ///< what the map M and a region are
  const CaptureParams& captured;  ///< what the margin is
  std::uint64_t seed = 0;
};

/// Answers, labels and final margins of the unit's rows under every condition; the layout is in
/// record.hpp. An item's result does not depend on the other items of the unit. An item that fails,
/// or whose unedited answer is not the captured one, is a row with a status and a reason. Error
/// (usage) for a block, neuron or cell outside of the model; Error (bad_input) when an upstream
/// record is not of these rows. `done` is called after each item.
Record interventions(const InterventionsInput& input, const std::function<void()>& done);

/// Rows of the table that are evaluated when `items` (0 = all) are wanted: those of smallest draw,
/// keyed by (seed, item), so that every unit and every model chooses the same ones.
std::vector<bool> evaluated_rows(const ItemTable& items, int wanted, std::uint64_t seed);

}  // namespace vrp
