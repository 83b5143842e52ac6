// Memory that processes share: real processes, some of which are killed.
#include "pipeline/model/shared_segment.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>

using namespace vrp;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kBytes = 3 << 20;

struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "vrp-segment-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  std::ptrdiff_t files() const {
    return std::distance(fs::directory_iterator(path), fs::directory_iterator());
  }
};

std::unique_ptr<SharedSegment> open(const Folder& folder, std::uint64_t bytes = kBytes) {
  std::string reason;
  return SharedSegment::open(folder.path, "key", bytes, reason);
}

/// A process that runs `work`, then says so and waits to be killed.
class Child {
 public:
  explicit Child(const std::function<void()>& work) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      work();
      char done = 1;
      if (::write(ends[1], &done, 1) != 1) ::_exit(3);
      while (true) ::pause();
    }
    ::close(ends[1]);
    char done = 0;
    ready_ = ::read(ends[0], &done, 1) == 1;
    ::close(ends[0]);
  }
  ~Child() { kill(); }
  bool ready() const { return ready_; }
  int kill() {
    int status = 0;
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, &status, 0);
    }
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
  bool ready_ = false;
};

void fill(SharedSegment& segment, int value, std::size_t bytes) {
  std::memset(segment.writable(), value, bytes);
  segment.state_progress(bytes);
}

bool holds(const SharedSegment& segment, int value) {
  for (std::uint64_t i = 0; i < segment.bytes(); i += 4096) {
    if (segment.data()[i] != static_cast<std::byte>(value)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("what one fills all see; the last one takes it away", "[model][segment]") {
  const Folder folder;
  auto first = open(folder);
  REQUIRE(first);
  CHECK_FALSE(first->complete());
  CHECK(holds(*first, 0));
  REQUIRE(first->start_filling());
  auto second = open(folder);
  REQUIRE(second);
  CHECK_FALSE(second->start_filling());  // one at a time
  fill(*first, 7, kBytes);
  CHECK(second->progress() == kBytes);
  CHECK_FALSE(second->complete());
  first->finish();
  CHECK(second->complete());
  CHECK(holds(*second, 7));
  CHECK_FALSE(second->start_filling());
  first.reset();
  CHECK(folder.files() == 1);
  auto third = open(folder);
  CHECK(third->complete());
  second.reset();
  third.reset();
  CHECK(folder.files() == 0);
}

TEST_CASE("a filler that dies is succeeded by one that starts over", "[model][segment]") {
  const Folder folder;
  Child filler([&] {
    static auto segment = open(folder);
    if (!segment->start_filling()) ::_exit(2);
    fill(*segment, 9, kBytes / 2);
  });
  REQUIRE(filler.ready());
  auto segment = open(folder);
  REQUIRE(segment);
  CHECK(segment->progress() == kBytes / 2);
  CHECK_FALSE(segment->start_filling());
  filler.kill();
  CHECK_FALSE(segment->complete());
  REQUIRE(segment->start_filling());
  CHECK(segment->progress() == 0);
  fill(*segment, 5, kBytes);
  segment->finish();
  CHECK(holds(*segment, 5));
  segment.reset();
  CHECK(folder.files() == 0);
}

TEST_CASE("what killed processes leave is removed, and never read", "[model][segment]") {
  const Folder folder;
  const auto leave_one = [&](bool whole) {
    Child user([&, whole] {
      static auto segment = open(folder);
      if (!segment->start_filling()) ::_exit(2);
      fill(*segment, 9, kBytes);
      if (whole) segment->finish();
    });
    REQUIRE(user.ready());
    CHECK(find_orphaned_segments(folder.path).count == 0);  // it is in use
    CHECK(remove_orphaned_segments(folder.path) == 0);
    user.kill();
    REQUIRE(folder.files() == 1);
    CHECK(find_orphaned_segments(folder.path).count == 1);
    CHECK(find_orphaned_segments(folder.path).bytes > kBytes);
  };
  for (const bool whole : {false, true}) {
    leave_one(whole);
    CHECK(remove_orphaned_segments(folder.path) == 1);
    CHECK(folder.files() == 0);
    leave_one(whole);
    auto segment = open(folder);
    CHECK_FALSE(segment->complete());
    CHECK(holds(*segment, 0));
    segment.reset();
    CHECK(folder.files() == 0);
  }
  // Another program's files stay.
  {
    const int other = ::creat((folder.path / "vrp-other").c_str(), 0600);
    ::close(other);
  }
  CHECK(remove_orphaned_segments(folder.path) == 0);
  CHECK(folder.files() == 1);
}

TEST_CASE("shared memory cannot be written behind its back", "[model][segment]") {
  const Folder folder;
  for (const bool filler : {true, false}) {
    auto segment = open(folder);
    REQUIRE(segment->start_filling());
    fill(*segment, 1, kBytes);
    segment->finish();
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::signal(SIGSEGV, SIG_DFL);
      if (!filler) segment = open(folder);
      segment->writable()[100] = std::byte{2};
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGSEGV);
    CHECK(holds(*segment, 1));
  }
}

TEST_CASE("no room is a reason and not an end", "[model][segment]") {
  const Folder folder;
  std::string reason;
  CHECK_FALSE(SharedSegment::open(folder.path, "key", std::uint64_t{1} << 50, reason));
  CHECK_THAT(reason, Catch::Matchers::Contains("bytes free"));
  CHECK(folder.files() == 0);
  CHECK_FALSE(SharedSegment::open(folder.path / "missing", "key", 10, reason));
  CHECK_THAT(reason, Catch::Matchers::Contains("No such file"));
  CHECK(SharedSegment::open(folder.path, "key", 0, reason));
}

TEST_CASE("a process that leaves without destructors leaves nothing behind", "[model][segment]") {
  const Folder folder;
  const pid_t pid = ::fork();
  if (pid == 0) {
    static auto segment = open(folder);
    static auto filling = open(folder);
    if (!segment || !filling || !filling->start_filling()) ::_exit(2);
    leave_shared_segments();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  CHECK(status == 0);
  CHECK(folder.files() == 0);
}

TEST_CASE("many processes that come and go share one content and leave nothing",
          "[model][segment]") {
  const Folder folder;
  constexpr int kProcesses = 6, kRounds = 40;
  std::vector<pid_t> pids;
  for (int p = 0; p < kProcesses; ++p) {
    const pid_t pid = ::fork();
    if (pid != 0) {
      pids.push_back(pid);
      continue;
    }
    for (int round = 0; round < kRounds; ++round) {
      auto segment = open(folder, 64 << 10);
      if (!segment) ::_exit(2);
      while (!segment->complete()) {
        if (segment->start_filling()) {
          std::memset(segment->writable(), 3, 64 << 10);
          segment->finish();
        }
      }
      if (!holds(*segment, 3)) ::_exit(3);
      std::this_thread::sleep_for(std::chrono::microseconds((p * 37 + round * 13) % 300));
    }
    ::_exit(0);
  }
  for (const pid_t pid : pids) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    CHECK(status == 0);
  }
  CHECK(folder.files() == 0);
}
