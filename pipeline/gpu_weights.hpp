#pragma once
// The first model of a job on GPUs: read by rank 0, sent to all others by NCCL.
#include <functional>
#include <memory>
#include <string>

#include "pipeline/config/sweep.hpp"
#include "pipeline/dist/mpi_session.hpp"
#include "pipeline/dist/nccl_communicator.hpp"
#include "stages/model_holder.hpp"

namespace vrp {

struct GpuWeights {
  int code = 0;      ///< not 0: NCCL was required and is not to be had; the same on all ranks
  std::string line;  ///< what happened, the same on all ranks
};

/// Collective, on the main thread of every rank, whose GPUs are chosen and their own. Loads `model`
/// into `holder` over NCCL; where that cannot be done on every rank, no rank has to wait for
/// another later: each loads for itself when it needs the model. `library` null: not there, for the
/// reason `why`. `alive` is called often, between two parts.
GpuWeights share_weights_by_nccl(MpiSession& mpi, const RunParams& run,
                                 std::shared_ptr<NcclLibrary> library, std::string why,
                                 const std::string& model, ModelHolder& holder,
                                 const std::function<void()>& alive);

}  // namespace vrp
