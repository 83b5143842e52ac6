// The communicator against an NCCL that fails as it is told to.
#include <signal.h>

#include <catch2/catch.hpp>

#include "fake_nccl.hpp"
#include "pipeline/dist/signals.hpp"

using namespace vrp;
using Catch::Matchers::Contains;

namespace {

constexpr int kForEver = 1 << 30;

std::unique_ptr<NcclCommunicator> connected(const std::shared_ptr<FakeNccl>& nccl) {
  return std::make_unique<NcclCommunicator>(nccl, "key", 5, 8, "node17", nccl->params());
}

template <class Work>
std::string failure(Work work) {
  try {
    work();
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::internal);
    return error.what();
  }
  return "nothing failed";
}

}  // namespace

TEST_CASE("a communicator connects, broadcasts, waits and takes leave", "[nccl]") {
  const auto nccl = std::make_shared<FakeNccl>();
  {
    const auto communicator = connected(nccl);
    CHECK(nccl->key == "key");
    char data[8];
    communicator->broadcast(data, sizeof data, 0, nullptr);
    communicator->broadcast(data, sizeof data, 7, nullptr);
    communicator->wait(nullptr);
    CHECK(communicator->usable());
  }
  CHECK(nccl->calls ==
        std::vector<std::string>{"init", "broadcast", "broadcast", "finalize", "destroy"});
}

TEST_CASE("connecting that does not end is aborted after its time", "[nccl]") {
  const auto nccl = std::make_shared<FakeNccl>();
  nccl->busy_states = kForEver;
  const std::string text = failure([&] { connected(nccl); });
  CHECK_THAT(text, Contains("connecting 8 ranks, rank 5 on node17: nothing within 10 s") &&
                       Contains("NCCL_DEBUG=INFO") && Contains("NCCL_SOCKET_IFNAME"));
  CHECK(nccl->clock == 10);
  CHECK(nccl->count("abort") == 1);
}

TEST_CASE("an error while connecting comes with NCCL's words", "[nccl]") {
  auto nccl = std::make_shared<FakeNccl>();
  SECTION("at once") { nccl->init_code = FakeNccl::kSystemError; }
  SECTION("later") { nccl->broken_state = FakeNccl::kSystemError; }
  CHECK_THAT(failure([&] { connected(nccl); }), Contains("code 2 (link is down)"));
  CHECK(nccl->count("abort") == 1);
}

TEST_CASE("an error at once that leaves no handle aborts nothing", "[nccl]") {
  auto nccl = std::make_shared<FakeNccl>();
  nccl->makes_handle = false;
  SECTION("with a code") {
    nccl->init_code = FakeNccl::kSystemError;
    CHECK_THAT(failure([&] { connected(nccl); }), Contains("rank 5 on node17: code 2;"));
  }
  SECTION("without one") {
    nccl->init_code = NcclLibrary::kSuccess;
    CHECK_THAT(failure([&] { connected(nccl); }), Contains("made no communicator"));
  }
  CHECK(nccl->count("abort") == 0);
}

TEST_CASE("a broadcast that hangs is aborted after its time, and nothing is tried again",
          "[nccl]") {
  const auto nccl = std::make_shared<FakeNccl>();
  const auto communicator = connected(nccl);
  nccl->busy_streams = kForEver;
  const double begin = nccl->clock;
  communicator->broadcast(nullptr, 64, 0, nullptr);
  CHECK_THAT(failure([&] { communicator->wait(nullptr); }),
             Contains("waiting for a broadcast, rank 5 on node17: nothing within 20 s"));
  CHECK(nccl->clock - begin < 25);
  CHECK(nccl->count("abort") == 1);
  CHECK_FALSE(communicator->usable());
  CHECK_THAT(failure([&] { communicator->broadcast(nullptr, 64, 0, nullptr); }),
             Contains("broadcast of 64 bytes from rank 0") && Contains("has failed before"));
  CHECK_THAT(failure([&] { communicator->wait(nullptr); }), Contains("has failed before"));
  CHECK(nccl->count("broadcast") == 1);
  CHECK(nccl->count("abort") == 1);
}

TEST_CASE("an error elsewhere ends the wait long before its time", "[nccl]") {
  const auto nccl = std::make_shared<FakeNccl>();
  const auto communicator = connected(nccl);
  communicator->broadcast(nullptr, 64, 0, nullptr);
  nccl->busy_streams = kForEver;
  nccl->state_while_busy = FakeNccl::kRemoteError;
  const double begin = nccl->clock;
  CHECK_THAT(failure([&] { communicator->wait(nullptr); }), Contains("code 6 (link is down)"));
  CHECK(nccl->clock == begin);
  CHECK(nccl->count("abort") == 1);
}

TEST_CASE("an error of the device ends the wait with CUDA's words", "[nccl]") {
  const auto nccl = std::make_shared<FakeNccl>();
  const auto communicator = connected(nccl);
  nccl->stream_problem = "CUDA: an illegal memory access was encountered";
  CHECK_THAT(failure([&] { communicator->wait(nullptr); }), Contains("illegal memory access"));
}

TEST_CASE("a broadcast that is refused fails with its size and root", "[nccl]") {
  const auto nccl = std::make_shared<FakeNccl>();
  const auto communicator = connected(nccl);
  CHECK_THAT(failure([&] { communicator->broadcast(nullptr, 64, 8, nullptr); }),
             Contains("from rank 8") && Contains("expected rank 0 to 7"));
  const auto other = connected(nccl);
  nccl->broadcast_code = FakeNccl::kSystemError;
  CHECK_THAT(failure([&] { other->broadcast(nullptr, 64, 3, nullptr); }),
             Contains("broadcast of 64 bytes from rank 3, rank 5 on node17: code 2"));
}

TEST_CASE("closing that hangs or fails is aborted without a word", "[nccl]") {
  const auto nccl = std::make_shared<FakeNccl>();
  auto communicator = connected(nccl);
  SECTION("hangs") { nccl->busy_states = kForEver; }
  SECTION("fails") { nccl->finalize_code = FakeNccl::kRemoteError; }
  communicator.reset();
  CHECK(nccl->count("abort") == 1);
  CHECK(nccl->count("destroy") == 0);
}

TEST_CASE("a library that is not there is no crash", "[nccl]") {
  std::string why;
  const auto nccl = load_nccl(why);
  CHECK((nccl != nullptr) == why.empty());
#ifndef VRP_CUDA_BUILD
  CHECK(why == "this build is without CUDA");
#endif
}

TEST_CASE("NCCL's signal is left alone by our stop signals", "[nccl]") {
  struct sigaction before {
  }, after{};
  sigaction(SIGUSR1, nullptr, &before);
  catch_stop_signals();
  sigaction(SIGUSR1, nullptr, &after);
  CHECK(before.sa_handler == after.sa_handler);
  struct sigaction stop {};
  sigaction(SIGUSR2, nullptr, &stop);
  CHECK(stop.sa_handler != SIG_DFL);
}
