#include "pipeline/gpu_weights.hpp"

#include <cstdio>

#include "pipeline/base/error.hpp"
#include "pipeline/driver/events.hpp"

namespace vrp {
namespace {

class NcclBroadcast : public DeviceBroadcast {
 public:
  NcclBroadcast(NcclCommunicator& nccl, const std::function<void()>& alive)
      : nccl_(nccl), alive_(alive) {}
  bool reads() const override { return nccl_.rank() == 0; }
  void broadcast(void* device, std::size_t bytes) override {
    nccl_.broadcast(device, bytes, 0, nullptr);  // the stream that libtorch uses by default
    nccl_.wait(nullptr);
    alive_();
  }

 private:
  NcclCommunicator& nccl_;
  const std::function<void()>& alive_;
};

GpuWeights without(const RunParams& run, const std::string& why) {
  if (run.nccl == "require") {
    return {static_cast<int>(ExitCode::usage), "[run] nccl = require, but " + why};
  }
  return {0, concat("weights go to each GPU from its host, not over NCCL: ", why)};
}

}  // namespace

GpuWeights share_weights_by_nccl(MpiSession& mpi, const RunParams& run,
                                 std::shared_ptr<NcclLibrary> library, std::string why,
                                 const std::string& model, ModelHolder& holder,
                                 const std::function<void()>& alive) {
  const double begin = steady_seconds();
  std::string layout;
  try {
    layout = holder.layout(model);
  } catch (const std::exception& error) {
    layout = error.what();
  }
  const auto layouts = mpi.gather_all(layout);
  for (std::size_t rank = 0; rank < layouts.size(); ++rank) {
    if (layouts[rank] == layouts[0]) continue;
    return without(run,
                   concat("rank ", rank, " sees another checkpoint of ", model, " than rank 0"));
  }
  NcclParams params;
  params.seconds = run.nccl_timeout;
  params.connect_seconds = run.nccl_timeout;
  const auto nccl = connect_nccl(mpi, std::move(library), why, params);
  if (nccl == nullptr) return without(run, why);
  std::string problem;
  try {
    NcclBroadcast devices(*nccl, alive);
    holder.preload(model, devices);
  } catch (const std::exception& error) {
    problem = error.what();
    nccl->abandon();  // ends what the others wait for
  }
  const auto problems = mpi.gather_all(problem);
  for (std::size_t rank = 0; rank < problems.size(); ++rank) {
    if (problems[rank].empty()) continue;
    nccl->abandon();
    return without(run, concat("rank ", rank, ": ", problems[rank]));
  }
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.1f", steady_seconds() - begin);
  return {0, concat("weights of ", model, " went to ", mpi.size(), " GPUs over NCCL ",
                    nccl->version(), " in ", seconds, " s")};
}

}  // namespace vrp
