// On a machine with GPUs, under mpirun with as many ranks as GPUs (or one): every rank has a GPU of
// its own, and what rank 0's holds comes to all by NCCL. Without a device, or with fewer than
// ranks, it says so and all ranks exit with 77, which ctest shows as skipped.
#include <cuda_runtime_api.h>

#define OMPI_SKIP_MPICXX
#include <mpi.h>

#include <cstdio>
#include <set>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/devices.hpp"
#include "pipeline/dist/nccl_communicator.hpp"

namespace {

using namespace vrp;
constexpr int kSkipped = 77;
constexpr std::size_t kBytes = std::size_t{64} << 20;

void check(cudaError_t code) {
  if (code != cudaSuccess) throw Error(ExitCode::internal, cudaGetErrorString(code));
}

std::vector<unsigned char> pattern(int seed) {
  std::vector<unsigned char> bytes(kBytes);
  unsigned value = 12345u + static_cast<unsigned>(seed);
  for (auto& byte : bytes) {
    value = value * 1664525u + 1013904223u;
    byte = static_cast<unsigned char>(value >> 24);
  }
  return bytes;
}

/// Broadcasts a pattern from every rank in turn; the number of wrong bytes here.
std::size_t broadcasts(MpiSession& mpi, NcclCommunicator& nccl) {
  std::size_t wrong = 0;
  void* device = nullptr;
  check(cudaMalloc(&device, kBytes));
  for (int root = 0; root < mpi.size(); ++root) {
    const auto expected = pattern(root);
    std::vector<unsigned char> found(kBytes, 0);
    check(cudaMemcpy(device, (mpi.rank() == root ? expected : found).data(), kBytes,
                     cudaMemcpyHostToDevice));
    nccl.broadcast(device, kBytes, root, nullptr);
    nccl.wait(nullptr);
    check(cudaMemcpy(found.data(), device, kBytes, cudaMemcpyDeviceToHost));
    for (std::size_t i = 0; i < kBytes; ++i) wrong += found[i] == expected[i] ? 0 : 1;
  }
  check(cudaFree(device));
  return wrong;
}

int run(MpiSession& mpi) {
  std::string problem;
  const NodePlace& place = mpi.place();
  const auto seen = list_gpus(problem);
  const GpuView mine = gpu_view(place.host, place.first_rank, place.local_rank, seen, problem);
  std::vector<GpuView> views;
  std::set<std::string> all;
  for (const auto& text : mpi.gather_all(to_json(mine).dump())) {
    views.push_back(gpu_view_of(Json::parse(text)));
    for (const Gpu& gpu : views.back().gpus) all.insert(views.back().host + gpu.uuid);
  }
  if (all.size() < views.size()) {
    if (mpi.rank() == 0) {
      std::printf("skipped: %zu GPUs for %d ranks %s\n", all.size(), mpi.size(), problem.c_str());
    }
    return kSkipped;
  }
  const GpuChoice choice = choose_gpus("cuda", 1, views);
  const auto rank = static_cast<std::size_t>(mpi.rank());
  use_gpu(choice.device[rank]);
  int current = -1;
  check(cudaGetDevice(&current));
  const Gpu& gpu = seen.at(static_cast<std::size_t>(current));
  int failures = current == choice.device[rank] ? 0 : 1;
  std::set<std::string> used;
  for (const auto& text : mpi.gather_all(place.host + gpu.uuid)) used.insert(text);
  failures += std::ssize(used) == mpi.size() ? 0 : 1;
  std::string why;
  const auto nccl = connect_nccl(mpi, load_nccl(why), why, {});
  if (nccl == nullptr) {
    std::printf("rank %d: no NCCL: %s\n", mpi.rank(), why.c_str());
    return 1;
  }
  const std::size_t wrong = broadcasts(mpi, *nccl);
  std::printf("rank %d on %s: cuda:%d %s %s, NCCL %s, %zu wrong bytes\n", mpi.rank(),
              place.host.c_str(), current, gpu.name.c_str(), gpu.uuid.c_str(),
              nccl->version().c_str(), wrong);
  return failures + (wrong == 0 ? 0 : 1);
}

}  // namespace

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  int mine = 1;
  try {
    mine = run(mpi);
  } catch (const std::exception& error) {
    std::printf("rank %d: %s\n", mpi.rank(), error.what());
  }
  int worst = 0;
  MPI_Allreduce(&mine, &worst, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  return worst;
}
