#pragma once
// Private to pipeline/model: weights onto an accelerator.
#include "pipeline/model/node_copy.hpp"
#include "pipeline/model/weight_places.hpp"

namespace vrp {

/// Places and fills a model's tensors on `device`: from the other devices of the job
/// (WeightLoading::devices), from the host's copy as stored, or from the files.
void load_on_device(const Checkpoint& checkpoint, WeightPlaces& places, at::Device device,
                    const WeightLoading& loading);

}  // namespace vrp
