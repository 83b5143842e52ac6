// The exchange of weights between hosts with made-up models. Runs under mpirun with 4 ranks; the
// failure count is that of all ranks together.
#define CATCH_CONFIG_RUNNER
#include "pipeline/dist/weight_exchange.hpp"

#define OMPI_SKIP_MPICXX
#include <mpi.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "pipeline/dist/mpi_session.hpp"
#include "pipeline/dist/weight_threads.hpp"

using namespace vrp;
using namespace std::chrono_literals;

namespace {
MpiSession* session = nullptr;

constexpr std::size_t kChunks = 23, kChunkBytes = 100'003;

std::byte content(int model, std::size_t chunk, std::size_t i) {
  return static_cast<std::byte>(model * 31 + chunk * 7 + i % 251);
}

std::string layout_of(int model) { return "layout of model " + std::to_string(model); }

/// Models of kChunks chunks. A host's copy is what its leader's sink has taken.
class MadeUp : public WeightEnds {
 public:
  std::atomic<int> opened{0}, finished{0}, wrong{0};
  std::atomic<bool> not_wanted{false};  ///< the host refuses what nobody waits for
  std::size_t fail_at = kChunks;        ///< the reader meets an error there
  std::size_t huge_at = kChunks;        ///< a chunk longer than a message can be
  std::chrono::microseconds pace{200};

  std::unique_ptr<WeightSource> source(int model) override {
    ++opened;
    return std::make_unique<Source>(*this, model);
  }
  Place place(int model, bool needed, const std::string& layout) override {
    if (layout != layout_of(model)) ++wrong;
    if (model == 9) fail("(expected) no such model here");
    if (model == 8) return {Keep::not_here, nullptr, "(expected) no room"};
    if (!needed && not_wanted) return {Keep::not_wanted, nullptr, ""};
    return {Keep::yes, std::make_unique<Sink>(*this, model), ""};
  }

 private:
  struct Source : WeightSource {
    Source(MadeUp& owner, int number) : all(owner), model(number) {}
    std::size_t chunks() const override { return kChunks; }
    std::string layout() const override { return layout_of(model); }
    std::size_t chunk_bytes(std::size_t chunk) const override {
      return chunk == all.huge_at ? kLongestPayload + 1 : kChunkBytes;
    }
    void read(std::span<std::byte> into) override {
      if (next == all.fail_at) fail("model.safetensors: (expected) the file ends");
      for (std::size_t i = 0; i < into.size(); ++i) into[i] = content(model, next, i);
      ++next;
      std::this_thread::sleep_for(all.pace);
    }
    MadeUp& all;
    int model;
    std::size_t next = 0;
  };
  struct Sink : WeightSink {
    Sink(MadeUp& owner, int number) : all(owner), model(number) {}
    void take(std::size_t chunk, std::span<const std::byte> bytes) override {
      bool right = chunk == next++ && bytes.size() == kChunkBytes;
      for (std::size_t i = 0; right && i < bytes.size(); ++i) {
        right = bytes[i] == content(model, chunk, i);
      }
      if (!right) ++all.wrong;
    }
    void finish() override {
      if (next != kChunks) ++all.wrong;
      ++all.finished;
    }
    MadeUp& all;
    int model;
    std::size_t next = 0;
  };
};

/// Runs `compute` on a thread beside the main thread's loop, as a rank does; closes when all have.
void rank_of(WeightExchange& exchange, const std::function<void()>& compute) {
  std::atomic<bool> done{false};
  std::thread thread([&] {
    compute();
    done = true;
  });
  const auto late = std::chrono::steady_clock::now() + 60s;
  MPI_Request all_done = MPI_REQUEST_NULL;
  int over = 0;
  for (bool told = false; over == 0;) {
    if (done && !told) {
      MPI_Ibarrier(MPI_COMM_WORLD, &all_done);
      told = true;
    }
    if (told) MPI_Test(&all_done, &over, MPI_STATUS_IGNORE);
    if (!exchange.service()) std::this_thread::sleep_for(200us);
    if (std::chrono::steady_clock::now() > late) session->abort(1, "no weights within 60 s");
  }
  thread.join();
  exchange.close();
}

int sum(int mine) {
  int all = 0;
  MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  return all;
}

std::string refusal(WeightExchange& exchange, int model, ExitCode code) {
  try {
    exchange.want(model);
  } catch (const Error& error) {
    CHECK(error.code() == code);
    return error.what();
  }
  return "nothing was refused";
}

}  // namespace

TEST_CASE("ranks of a host are one node; the first leads", "[mpi][weights]") {
  MadeUp ends;
  const int rank = session->rank();
  for (const int per : {1, 2, 3, 4}) {
    WeightExchange exchange(ends, per);
    CHECK(exchange.nodes() == (session->size() + per - 1) / per);
    CHECK(exchange.node() == rank / per);
    CHECK(exchange.leader() == (rank % per == 0));
    exchange.close();
  }
  WeightExchange exchange(ends);
  CHECK(exchange.nodes() == 1);
  exchange.close();
}

TEST_CASE("one rank reads, every host gets every byte", "[mpi][weights]") {
  for (const int per : {1, 2}) {
    MadeUp ends;
    WeightExchange exchange(ends, per);
    std::vector<bool> here;
    rank_of(exchange, [&] {
      for (const int model : {0, 1}) here.push_back(exchange.want(model));
    });
    CHECK(here == std::vector<bool>{true, true});
    CHECK(ends.wrong == 0);
    CHECK(ends.opened == (session->rank() == 0 ? 2 : 0));
    CHECK(ends.finished == (exchange.leader() ? 2 : 0));
  }
}

TEST_CASE("ranks that want other models at other times all get theirs", "[mpi][weights]") {
  for (const bool not_wanted : {false, true}) {
    MadeUp ends;
    ends.not_wanted = not_wanted;
    WeightExchange exchange(ends, 2);
    const int rank = session->rank();
    rank_of(exchange, [&] {
      std::this_thread::sleep_for(rank * 3ms);
      for (int i = 0; i < 3; ++i) CHECK(exchange.want((rank + i) % 3));
    });
    CHECK(ends.wrong == 0);
    // What no rank waited for was not kept, and was sent again when one did.
    const int opened = sum(ends.opened);
    CHECK(opened >= 3);
    if (!not_wanted) CHECK(opened == 3);
  }
}

TEST_CASE("a host that comes late is served by what it kept, or again when that is gone",
          "[mpi][weights]") {
  MadeUp ends;
  WeightExchange exchange(ends, 2);
  const bool last = session->rank() == session->size() - 1;
  rank_of(exchange, [&] {
    if (!last) {
      CHECK(exchange.want(0));
      return;
    }
    std::this_thread::sleep_for(100ms);  // the others are long through
    CHECK(exchange.want(0));             // kept
    CHECK(exchange.want(0));             // "it is not": sent again
  });
  CHECK(ends.wrong == 0);
  CHECK(sum(ends.opened) == 2);
}

TEST_CASE("the reader's error reaches all who wait, with its code", "[mpi][weights]") {
  for (const std::size_t at : {std::size_t{0}, std::size_t{11}}) {
    MadeUp ends;
    ends.fail_at = at;
    WeightExchange exchange(ends, 2);
    std::string message;
    rank_of(exchange, [&] { message = refusal(exchange, 0, ExitCode::bad_input); });
    CHECK(message == "model.safetensors: (expected) the file ends");
    CHECK(ends.finished == 0);
  }
}

TEST_CASE("a chunk that no message can hold is an error of all who wait", "[mpi][weights]") {
  CHECK(kLongestPayload + sizeof(FrameHead) == 2147483647u);
  MadeUp ends;
  ends.huge_at = 5;
  WeightExchange exchange(ends, 2);
  std::string message;
  rank_of(exchange, [&] { message = refusal(exchange, 0, ExitCode::bad_input); });
  CHECK(message.find("chunk 5 of the weights") == 0);
  CHECK(message.find("load = read") != std::string::npos);
  CHECK(ends.finished == 0);
}

TEST_CASE("a rank whose job is aborted does not wait for weights", "[mpi][weights]") {
  MadeUp ends;
  WeightExchange exchange(ends, 2);
  std::string message;
  std::thread thread([&] { message = refusal(exchange, 0, ExitCode::resumable); });
  exchange.give_up();  // nobody services any more
  thread.join();
  CHECK(message == "the job ends before the weights have come");
}

TEST_CASE("a host without room, or that cannot keep a model, reads for itself", "[mpi][weights]") {
  MadeUp ends;
  WeightExchange exchange(ends, 2);
  rank_of(exchange, [&] {
    CHECK_FALSE(exchange.want(8));
    CHECK_FALSE(exchange.want(9));
    CHECK(exchange.want(0));
  });
  if (exchange.leader()) {
    const auto remarks = exchange.remarks();
    CHECK(std::count(remarks.begin(), remarks.end(), "(expected) no room") >= 1);
  }
}

TEST_CASE("a chunk that arrives damaged is not packed: that host reads for itself",
          "[mpi][weights]") {
  for (const bool damaged : {false, true}) {
    MadeUp ends;
    WeightPacker packer(ends);
    FrameHead head{FrameKind::begin, 3, 1};
    packer.give(text_frame(head, layout_of(3)), true);
    head.kind = FrameKind::chunk;
    for (head.chunk = 0; head.chunk < kChunks; ++head.chunk) {
      auto frame = std::make_shared<Frame>(head, kChunkBytes);
      const auto payload = frame->payload();
      for (std::size_t i = 0; i < kChunkBytes; ++i) payload[i] = content(3, head.chunk, i);
      head.digest = hash_bytes(payload.data(), payload.size());
      frame->set_head(head);
      if (damaged && head.chunk == 7) payload[500] ^= std::byte{1};
      packer.give(std::move(frame), true);
    }
    head.kind = FrameKind::end;
    packer.give(std::make_shared<Frame>(head, 0), true);
    std::optional<PackerResult> result;
    for (int i = 0; i < 20000 && !(result = packer.result()); ++i) {
      std::this_thread::sleep_for(500us);
    }
    REQUIRE(result);
    CHECK(result->kind == (damaged ? PackerResult::Kind::not_here : PackerResult::Kind::here));
    CHECK((result->remark.find("chunk 7 of the weights arrived damaged") == 0) == damaged);
    CHECK(ends.finished == (damaged ? 0 : 1));
    CHECK(ends.wrong == 0);
  }
}

TEST_CASE("a job may end while weights are on their way", "[mpi][weights]") {
  for (const auto wait : {0ms, 2ms, 10ms}) {
    MadeUp ends;
    ends.pace = 2ms;
    WeightExchange exchange(ends, 2);
    std::string message;
    std::thread thread([&] { message = refusal(exchange, 0, ExitCode::resumable); });
    const auto end = std::chrono::steady_clock::now() + wait * (1 + session->rank());
    do {
      exchange.service();
      std::this_thread::sleep_for(100us);
    } while (std::chrono::steady_clock::now() < end);
    exchange.close();
    thread.join();
    CHECK(message == "the job ends before the weights have come");
    CHECK(ends.finished == 0);
  }
}

TEST_CASE("a question on its way when the job ends starts nothing, and everybody leaves",
          "[mpi][weights]") {
  // Rank 0 and the leader of the other host close at once. The question of rank 3 reaches rank 0
  // while it still waits for rank 1.
  MadeUp ends;
  WeightExchange exchange(ends, 2);
  const int rank = session->rank();
  std::atomic<bool> closed{false};
  std::thread watch([&] {
    for (int i = 0; i < 2000 && !closed; ++i) std::this_thread::sleep_for(10ms);
    if (!closed) {
      std::fprintf(stderr, "rank %d does not come out of close()\n", rank);
      std::_Exit(1);
    }
  });
  std::string message;
  std::thread thread;
  if (rank == 3) {
    thread = std::thread([&] { message = refusal(exchange, 0, ExitCode::resumable); });
    std::this_thread::sleep_for(100ms);
    exchange.service();
  }
  if (rank == 1) std::this_thread::sleep_for(400ms);
  exchange.close();
  closed = true;
  watch.join();
  if (rank == 3) {
    thread.join();
    CHECK(message == "the job ends before the weights have come");
  }
  CHECK(ends.opened == 0);
}

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  session = &mpi;
  const int failed = Catch::Session().run(argc, argv);
  int all = 0;
  MPI_Allreduce(&failed, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  return all == 0 ? 0 : 1;
}
