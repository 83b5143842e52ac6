// Under mpirun: all ranks get a communicator or none does, whoever has the trouble.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdio>

#include "tests/unit/dist/fake_nccl.hpp"

#define OMPI_SKIP_MPICXX
#include <mpi.h>

using namespace vrp;
using Catch::Matchers::Contains;

namespace {

MpiSession* session = nullptr;

struct Tried {
  std::shared_ptr<FakeNccl> nccl = std::make_shared<FakeNccl>();
  std::unique_ptr<NcclCommunicator> communicator;
  std::string why;
  void connect() { communicator = connect_nccl(*session, nccl, why, nccl->params()); }
};

bool last() { return session->rank() == session->size() - 1; }

}  // namespace

TEST_CASE("all ranks connect with rank 0's key", "[mpi][nccl]") {
  Tried tried;
  tried.connect();
  CHECK(tried.why.empty());
  CHECK((tried.communicator != nullptr && tried.communicator->usable()));
  CHECK(tried.nccl->key == "key of rank 0");
  CHECK(tried.nccl->count("unique_id") == (session->rank() == 0 ? 1u : 0u));
}

TEST_CASE("when one rank cannot, none does, and all know why", "[mpi][nccl]") {
  Tried tried;
  std::string expected;
  std::size_t aborted = 0;
  SECTION("its library is missing") {
    if (last()) {
      tried.nccl.reset();
      tried.why = "cannot open shared object file";
    }
    expected = "cannot open shared object file";
    tried.communicator = connect_nccl(*session, tried.nccl, tried.why, NcclParams());
    CHECK_THAT(tried.why, Contains(concat("rank ", session->size() - 1, ": ")));
    tried.nccl = std::make_shared<FakeNccl>();
  }
  SECTION("its version is another") {
    if (last() && session->size() > 1) tried.nccl->ours = "2.18.1";
    expected = session->size() > 1 ? "has NCCL 2.18.1, rank 0 2.28.9" : "";
    tried.connect();
  }
  SECTION("rank 0 has no key") {
    if (session->rank() == 0) tried.nccl->id_code = FakeNccl::kSystemError;
    expected = "rank 0: NCCL, making the job's key: code 2";
    tried.connect();
  }
  SECTION("it does not get through") {
    if (last()) tried.nccl->broken_state = FakeNccl::kRemoteError;
    expected = "connecting";
    aborted = 1;  // the others abort instead of taking leave of one that is gone
    tried.connect();
  }
  SECTION("it is not reached in time") {
    if (last()) tried.nccl->busy_states = 1 << 30;
    expected = "nothing within 10 s";
    aborted = 1;
    tried.connect();
  }
  CHECK_THAT(tried.why, Contains(expected));
  CHECK((tried.communicator == nullptr) == !expected.empty());
  CHECK(tried.nccl->count("abort") == aborted);
  CHECK(tried.nccl->count("finalize") == 0);
}

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  session = &mpi;
  int failed = Catch::Session().run(argc, argv);
  int all = 0;
  MPI_Allreduce(&failed, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  return all == 0 ? 0 : 1;
}
