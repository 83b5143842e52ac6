#pragma once
// Before a job works: what memory its hosts and GPUs offer, against what its models need.
#include <functional>
#include <string>
#include <vector>

#include "pipeline/dist/gpu_binding.hpp"
#include "pipeline/dist/mpi_session.hpp"
#include "pipeline/driver/plan.hpp"
#include "stages/catalog.hpp"

namespace vrp {

struct MemoryCheck {
  const Sweep& sweep;
  const StageParams& params;
  const Plan& plan;
  const std::vector<bool>& done;  ///< rank 0: of the plan's units
  const Gpu* gpu = nullptr;       ///< this rank's; null = the CPU
  int pictures_kept = 2;          ///< ModelOptions::pictures_kept
};

/// Collective. Of the models that still have work: exit code 2 on all ranks when the weights of one
/// cannot fit on some host or GPU; `say` on rank 0 gets a line for each that may run short. `line`
/// becomes what this rank's log is to say of its host's memory.
int check_memory(MpiSession& mpi, const MemoryCheck& check,
                 const std::function<void(const std::string&)>& say, std::string& line);

}  // namespace vrp
