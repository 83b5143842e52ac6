// Hosts whose checkpoints differ: what rank 0 reads is never put where another host's files have
// something else. Runs under mpirun with 2 ranks that act as two hosts.
#define CATCH_CONFIG_RUNNER
#include "stages/job_weights.hpp"

#define OMPI_SKIP_MPICXX
#include <mpi.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "pipeline/dist/mpi_session.hpp"
#include "pipeline/driver/checkpoint_hash.hpp"
#include "pipeline/gpu_weights.hpp"
#include "tests/unit/model/tiny_checkpoint.hpp"

using namespace vrp;
using Catch::Matchers::Contains;
using vrp::test::TinyCheckpoint;
using vrp::test::TinySpec;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

MpiSession* session = nullptr;

/// One model at `checkpoint` on this rank; `rank 0` hashed its own.
struct Host {
  explicit Host(const fs::path& checkpoint) {
    std::string folder = (fs::temp_directory_path() / "vrp-job-weights-XXXXXX").string();
    shm = ::mkdtemp(folder.data());
    ::setenv("VRP_SHM_DIR", folder.c_str(), 1);
    sweep.models.push_back({"tiny", {}});
    sweep.models.back().config.checkpoint = checkpoint.string();
    sweep.run.load = "bcast";
    params.device = "cpu";
    params.program = concat("test of ", ::getpid());
    params.program = session->broadcast(params.program);
    params.ranks_per_host = 1;
    const std::string mine =
        session->rank() == 0 ? hash_checkpoint(checkpoint, nullptr).dump() : std::string();
    params.checkpoints = {{"tiny", Json::parse(session->broadcast(mine))}};
  }

  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() { fs::remove_all(shm); }

  /// "" or the error of this rank's load. A rank that wants nothing serves the others; `kept` are
  /// then the copies that its host holds for later.
  std::string load(bool wants = true) {
    JobWeights weights(sweep, params);
    std::string problem;
    std::atomic<bool> done{false};
    std::thread compute([&] {
      try {
        if (wants) weights.load("tiny");
      } catch (const Error& error) {
        CHECK(error.code() == ExitCode::bad_input);
        problem = error.what();
      }
      done = true;
    });
    MPI_Request all_done = MPI_REQUEST_NULL;
    int over = 0;
    for (bool told = false; over == 0;) {
      if (done && !told) {
        MPI_Ibarrier(MPI_COMM_WORLD, &all_done);
        told = true;
      }
      if (told) MPI_Test(&all_done, &over, MPI_STATUS_IGNORE);
      if (!weights.service()) std::this_thread::sleep_for(200us);
      for (const std::string& line : weights.remarks()) remarks += line + "\n";
    }
    compute.join();
    if (!wants) {  // what was sent may still be on its way
      for (int turn = 0; turn < 2000 && kept == 0; ++turn) {
        weights.service();
        kept = std::distance(fs::directory_iterator(shm), fs::directory_iterator());
        std::this_thread::sleep_for(200us);
      }
    }
    weights.close();
    return problem;
  }

  Sweep sweep;
  JobWeightsParams params;
  std::string remarks;
  fs::path shm;  ///< this rank's folder of shared copies
  std::ptrdiff_t kept = 0;
};

TinySpec spec_of(bool other) {
  TinySpec spec;
  // The same numbers of bytes in all: only what lies where is another.
  if (other) spec.new_names = true;
  return spec;
}

}  // namespace

TEST_CASE("hosts with equal checkpoints in folders of their own share what rank 0 reads",
          "[mpi][weights]") {
  const TinyCheckpoint checkpoint;  // the same on every rank
  Host host(checkpoint.path());
  CHECK(host.load() == "");
}

TEST_CASE("a host whose tensors lie otherwise refuses what rank 0 sends, and its own files",
          "[mpi][weights]") {
  const TinyCheckpoint checkpoint(spec_of(session->rank() == 1));
  Host host(checkpoint.path());
  const std::string problem = host.load();
  if (session->rank() == 0) {
    CHECK(problem == "");
  } else {
    CHECK_THAT(host.remarks, Contains("its tensors lie otherwise than where rank 0 reads them"));
    CHECK_THAT(problem, Contains(checkpoint.path().string()) && Contains("model.safetensors") &&
                            Contains("hashes to"));
  }
}

TEST_CASE("a host with another tokenizer does not compute", "[mpi][weights]") {
  const TinyCheckpoint checkpoint;
  if (session->rank() == 1) {
    std::ofstream(checkpoint.path() / "generation_config.json", std::ios::app) << "\n";
  }
  Host host(checkpoint.path());
  const std::string problem = host.load();
  if (session->rank() == 0) {
    CHECK(problem == "");
  } else {
    CHECK_THAT(problem, Contains("generation_config.json") && Contains("hashes to"));
  }
}

TEST_CASE("copies for later are kept in what the job's control group leaves, not in the machine's",
          "[mpi][weights]") {
  const TinyCheckpoint checkpoint;
  for (const bool room : {true, false}) {
    Host host(checkpoint.path());
    const fs::path system = host.shm.string() + "-system", group = system / "sys/fs/cgroup/job";
    fs::create_directories(group);
    fs::create_directories(system / "proc/self");
    std::ofstream(system / "proc/meminfo")
        << "MemTotal: 900000000 kB\nMemAvailable: 800000000 kB\n";
    std::ofstream(system / "proc/self/cgroup") << "0::/job\n";
    std::ofstream(group / "memory.max") << "1000000000\n";
    std::ofstream(group / "memory.current") << (room ? "1000\n" : "999999000\n");
    host.params.system = system;
    CHECK(host.load(session->rank() == 0) == "");
    if (session->rank() == 1) CHECK(host.kept == (room ? 1 : 0));
    fs::remove_all(system);
  }
}

TEST_CASE("GPUs whose hosts hold other checkpoints do not exchange weights", "[mpi][weights]") {
  for (const bool differ : {false, true}) {
    const TinyCheckpoint checkpoint(spec_of(differ && session->rank() == 1));
    const Host host(checkpoint.path());
    ModelHolder holder;
    const auto weights = std::make_shared<JobWeights>(host.sweep, host.params);
    holder.use(weights);
    const GpuWeights out = share_weights_by_nccl(*session, host.sweep.run, nullptr,
                                                 "(expected) no library", "tiny", holder, [] {});
    CHECK(out.code == 0);
    CHECK_THAT(out.line, Contains(differ ? "rank 1 sees another checkpoint of tiny than rank 0"
                                         : "(expected) no library"));
    weights->close();
  }
}

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  session = &mpi;
  const int failed = Catch::Session().run(argc, argv);
  int all = 0;
  MPI_Allreduce(&failed, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  return all == 0 ? 0 : 1;
}
