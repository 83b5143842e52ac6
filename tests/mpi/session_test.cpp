// Runs under mpirun; the failure count is that of all ranks together.
#define CATCH_CONFIG_RUNNER
#include "pipeline/dist/mpi_session.hpp"

#define OMPI_SKIP_MPICXX
#include <mpi.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

using namespace vrp;

namespace {
MpiSession* session = nullptr;

Message wait_for(Transport& transport) {
  for (int i = 0; i < 20000; ++i) {
    if (auto message = transport.receive()) return *message;
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
  throw Error(ExitCode::internal, "no message came within 10 s");
}
}  // namespace

TEST_CASE("when a rank's set-up fails all ranks return its code", "[mpi]") {
  const int last = session->size() - 1;
  CHECK(session->agree([] {}) == 0);
  CHECK(session->agree([&] {
    if (session->rank() == last) fail("(expected) the last rank has no input");
  }) == 7);
  CHECK(session->agree([&] {
    if (session->rank() == last) throw std::runtime_error("(expected) a mistake of our own");
  }) == 1);
  // Two ranks fail differently: the lower one speaks for all.
  CHECK(session->agree([&] {
    if (session->rank() == 0) fail_usage("(expected) rank 0");
    if (session->rank() == last) fail("(expected) the last rank, too");
  }) == 2);
}

TEST_CASE("rank 0's text reaches every rank", "[mpi]") {
  const std::string text = "é\n" + std::string(100000, 'x');
  CHECK(session->broadcast(session->rank() == 0 ? text : "other") == text);
  CHECK(session->broadcast(std::string()).empty());
}

TEST_CASE("a rank knows its place on its host, and rank 0 every rank's host", "[mpi]") {
  const NodePlace& place = session->place();
  CHECK(!place.host.empty());
  CHECK(place.local_size == session->size());  // the test runs on one host
  CHECK(place.local_rank == session->rank());
  CHECK(place.first_rank == 0);
  if (session->rank() == 0) {
    CHECK(session->hosts() ==
          std::vector<std::string>(static_cast<std::size_t>(session->size()), place.host));
  } else {
    CHECK(session->hosts().empty());
  }
}

TEST_CASE("every rank gets every rank's text, empty ones too", "[mpi]") {
  const auto text_of = [](int rank) {
    return std::string(static_cast<std::size_t>(rank) * 7, 'g');
  };
  const auto texts = session->gather_all(text_of(session->rank()));
  REQUIRE(std::ssize(texts) == session->size());
  for (int rank = 0; rank < session->size(); ++rank) {
    CHECK(texts[static_cast<std::size_t>(rank)] == text_of(rank));
  }
}

TEST_CASE("messages between two ranks arrive whole and in order", "[mpi]") {
  Transport& transport = session->transport();
  constexpr int kCount = 200;
  if (transport.rank() == 0) {
    std::vector<std::int64_t> next(static_cast<std::size_t>(transport.size()), 0);
    for (int i = 0; i < kCount * (transport.size() - 1); ++i) {
      const Message message = wait_for(transport);
      auto& expected = next[static_cast<std::size_t>(message.from)];
      CHECK(message.kind == MessageKind::failed);
      CHECK(message.a == expected);
      CHECK(message.b == -expected);
      CHECK(message.text == std::string(static_cast<std::size_t>(expected) * 50, 'r'));
      ++expected;
    }
    CHECK_FALSE(transport.receive());
  } else {
    for (int i = 0; i < kCount; ++i) {
      transport.send(
          0, {MessageKind::failed, 0, i, -i, std::string(static_cast<std::size_t>(i) * 50, 'r')});
    }
  }
}

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  session = &mpi;
  int failed = Catch::Session().run(argc, argv);
  int all = 0;
  MPI_Allreduce(&failed, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  return all == 0 ? 0 : 1;
}
