#pragma once
// Which GPU each rank computes on: a pure function of what every rank of the job sees, so that all
// ranks come to the same answer. CUDA has applied CUDA_VISIBLE_DEVICES, and Slurm its binding, to
// what a rank sees; what is left is to give each rank of a node a GPU of its own.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"

namespace vrp {

struct Gpu {
  std::string uuid;        ///< "GPU-..." or "MIG-..."; names the device on its node
  std::string name;        ///< "NVIDIA H100 80GB HBM3"
  std::int64_t bytes = 0;  ///< of its memory
};

/// What one rank sees. `gpus` in CUDA's order: number N is CUDA's device N of that process.
struct GpuView {
  std::string host;
  int first_rank = 0;  ///< lowest rank of its node; ranks of one node have the same
  int local_rank = 0;  ///< among the ranks of its node
  std::vector<Gpu> gpus;
  std::string problem;                 ///< why there are none: CUDA's text, or that of the build
  std::optional<std::string> visible;  ///< CUDA_VISIBLE_DEVICES
  std::string slurm;  ///< SLURM_STEP_GPUS, else SLURM_JOB_GPUS; "" outside of Slurm
};
Json to_json(const GpuView& view);
GpuView gpu_view_of(const Json& json);

/// Of this process: its environment and place, with the GPUs that the caller found.
GpuView gpu_view(const std::string& host, int first_rank, int local_rank, std::vector<Gpu> gpus,
                 std::string problem);

struct GpuChoice {
  std::vector<int> device;  ///< of each rank, CUDA's number there; -1 = the CPU
  std::string line;         ///< what to tell of it, once
  bool shared = false;      ///< ranks share GPUs
  bool on_gpu() const { return !device.empty() && device.front() >= 0; }
  /// "cpu" or "cuda:N", as models and probes take it.
  std::string name(std::size_t rank) const;
};

/// `asked`: auto | cpu | cuda. All ranks compute on GPUs or none does, since the two differ in the
/// last bits. One rank a GPU, or up to `ranks_per_gpu`, spread evenly; where all ranks of a node
/// see the same N GPUs, local rank r gets number r mod N. Two views name the same GPU by its uuid.
/// Error (usage) naming rank, host and what was found: no GPU for `cuda`, GPUs for some ranks only,
/// more ranks on a GPU than allowed.
GpuChoice choose_gpus(const std::string& asked, int ranks_per_gpu,
                      const std::vector<GpuView>& ranks);

/// For a manifest: [[name, bytes, [[rank, uuid], ...]], ...], one entry a kind of GPU; empty on the
/// CPU.
Json gpu_facts(const GpuChoice& choice, const std::vector<GpuView>& ranks);

/// What CUDA makes of CUDA_VISIBLE_DEVICES, as far as it can be told without a driver: numbers
/// (read up to the first character that is no digit, so 1gpu is 1) or uuids beginning with GPU- or
/// MIG-. The first entry that is none of these ends the list, one given twice empties it, and of
/// MIG devices a process gets the first alone.
struct VisibleDevices {
  std::vector<std::string> entries;
  std::string remark;  ///< why there are fewer than were written; "" when all stand
};
VisibleDevices visible_devices(const std::string& text);

}  // namespace vrp
