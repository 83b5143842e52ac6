#include "pipeline/driver/owner.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

/// In memory where there is /dev/shm: thousands of small synced files.
struct Folder {
  fs::path path = (fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) /
                  ("vrp_owner_" + std::to_string(::getpid()));
  Folder() { renew(); }
  ~Folder() { fs::remove_all(path); }
  void renew() const {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
  fs::path owner() const { return path / "owner.json"; }
};

constexpr double kShort = 0.05;  // seconds between beats
OwnerParams elsewhere(const std::string& place, double wait = 0) {
  return {kShort, wait, {}, {}, place};
}

void pause(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

/// A record as of a process of this host that is gone, or of another host.
OwnerRecord dead(const std::string& place = "") {
  OwnerRecord record = OwnerRecord::of_this_process(kShort, place);
  record.process_start += 1;
  return record;
}

/// The error of taking `folder`, or complete (0) when it was taken.
ExitCode taking(const Folder& at, const OwnerParams& params, std::string* text = nullptr) {
  try {
    const RunOwner owner(at.path, params);
    return ExitCode::complete;
  } catch (const Error& error) {
    if (text != nullptr) *text = error.what();
    return error.code();
  }
}

template <class Call>
ExitCode code_of(Call&& call) {
  try {
    call();
    return ExitCode::complete;
  } catch (const Error& error) {
    return error.code();
  }
}

struct Race {
  std::atomic<int> ready{0}, winners{0}, refused{0}, other{0};
};

/// One newcomer: waits for the others, tries, and as winner holds on until everybody has tried.
void newcomer(const fs::path& folder, Race& race, int runners, const OwnerParams& params) {
  ++race.ready;
  while (race.ready < runners) std::this_thread::yield();
  try {
    RunOwner owner(folder, params);
    ++race.winners;
    while (race.winners + race.refused + race.other < runners) pause(0.0005);
    owner.check();  // still ours after all the others' attempts
  } catch (const Error& error) {
    ++(error.code() == ExitCode::live_run ? race.refused : race.other);
  }
}

void race_once(const Folder& at, int runners, const std::vector<OwnerParams>& params) {
  auto* race =
      new (::mmap(nullptr, sizeof(Race), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
          Race;
  for (int i = 0; i < runners; ++i) {
    if (::fork() == 0) {
      newcomer(at.path, *race, runners, params[static_cast<std::size_t>(i) % params.size()]);
      ::_exit(0);
    }
  }
  while (::wait(nullptr) > 0) {
  }
  INFO(race->winners << " winners, " << race->refused << " refused, " << race->other << " others");
  CHECK((race->winners == 1 && race->refused == runners - 1));
  ::munmap(race, sizeof(Race));
}

int tries(int usual) {
  const char* more = std::getenv("VRP_OWNER_TRIES");
  return more != nullptr ? std::atoi(more) : usual;
}

}  // namespace

TEST_CASE("of many newcomers to a free or a dead run's folder one wins and keeps it", "[owner]") {
  const Folder at;
  for (int i = 0; i < tries(60); ++i) {
    at.renew();
    if (i % 3 > 0) write_atomically(at.owner(), dead().text());
    if (i % 3 > 1) {  // two newcomers before these died in the middle of taking over
      for (int k = 0; k < 2; ++k) {
        create_once(owner_chain(at.owner()).back().claim(at.owner()), dead().text());
      }
    }
    race_once(at, 6, {{10, 0, {}, {}, {}}});
    CHECK_FALSE(fs::exists(at.owner()));
    REQUIRE(at.entries() == 0);
  }
}

TEST_CASE("newcomers on several hosts watch a silent owner, and one of them takes over",
          "[owner]") {
  const Folder at;
  for (int i = 0; i < tries(6); ++i) {
    at.renew();
    OwnerRecord silent = dead("host 0");
    silent.beat += i % 3 == 0 ? 0 : i % 3 == 1 ? 7200 : -7200;  // its clock: right, ahead, behind
    write_atomically(at.owner(), silent.text());
    race_once(at, 4, {elsewhere("host 1", 0.4), elsewhere("host 2", 0.4)});
  }
}

TEST_CASE("a live owner is refused by name, with what to do, however wrong its clock is",
          "[owner]") {
  const Folder at;
  ::setenv("SLURM_JOB_ID", "4242", 1);
  const RunOwner first(at.path, kShort);
  ::unsetenv("SLURM_JOB_ID");
  std::string text;
  CHECK(taking(at, {kShort, 0, {}, {}, {}}, &text) == ExitCode::live_run);
  for (const std::string part :
       {"live run", "process", "job 4242", "scancel 4242", "--wait-live"}) {
    CHECK_THAT(text, Catch::Contains(part));
  }
  CHECK_THAT(text, Catch::Contains(OwnerRecord::of_this_process(1).host));
  CHECK_THAT(live_owner(at.path, kShort), Catch::Contains("job 4242"));
  // From another host only the changing beat shows that it lives.
  CHECK(taking(at, elsewhere("another host")) == ExitCode::live_run);
  CHECK(taking(at, elsewhere("another host", 0.5)) == ExitCode::live_run);
}

TEST_CASE("a beat that changes is life, though its host's clock is hours off", "[owner]") {
  const Folder at;
  std::atomic<bool> over{false};
  std::thread other([&] {  // a live run whose clock is two hours behind
    OwnerRecord record = dead("host 0");
    for (; !over; pause(kShort)) {
      record.beat = wall_seconds() - 7200;
      ++record.beats;
      write_atomically(at.owner(), record.text());
    }
  });
  while (!fs::exists(at.owner())) pause(0.001);
  CHECK(taking(at, elsewhere("another host")) == ExitCode::live_run);
  over = true;
  other.join();
  CHECK(taking(at, elsewhere("another host")) == ExitCode::complete);
}

TEST_CASE("an owner that slept through a take-over notices before it goes on", "[owner]") {
  const Folder at;
  int go[2];
  REQUIRE(::pipe(go) == 0);
  void* shared = ::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(shared != MAP_FAILED);
  auto* rounds = new (shared) std::atomic<int>(0);
  const pid_t old = ::fork();
  if (old == 0) {
    RunOwner owner(at.path, elsewhere("host 0"));
    if (::write(go[1], "1", 1) != 1) ::_exit(99);
    while (true) {  // as a run's main loop does
      try {
        owner.beat();
      } catch (const Error& error) {
        ::_exit(static_cast<int>(error.code()));
      }
      ++*rounds;
      pause(0.001);
    }
  }
  char byte = 0;
  REQUIRE(::read(go[0], &byte, 1) == 1);
  ::kill(old, SIGSTOP);
  int status = 0;
  REQUIRE(::waitpid(old, &status, WUNTRACED) == old);
  const int before = *rounds;
  {
    RunOwner owner(at.path, elsewhere("host 1", 5));
    ::kill(old, SIGCONT);
    ::waitpid(old, &status, 0);
    CHECK(WEXITSTATUS(status) == static_cast<int>(ExitCode::live_run));
    CHECK(*rounds <= before + 1);  // it may have been stopped right behind a beat
    CHECK_NOTHROW(owner.check());  // the sleeper's late beats did not touch ours
    CHECK(read_json(at.owner()).at("place") == "host 1");
  }
  CHECK(at.entries() == 0);
  ::munmap(shared, sizeof(std::atomic<int>));
}

TEST_CASE("a suspended owner on this host is refused, with how to end it", "[owner]") {
  const Folder at;
  const pid_t old = ::fork();
  if (old == 0) {
    const RunOwner owner(at.path, kShort);
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  ::waitpid(old, nullptr, WUNTRACED);
  pause(5 * kShort);
  std::string text;
  CHECK(taking(at, {kShort, 0, {}, {}, {}}, &text) == ExitCode::live_run);
  CHECK_THAT(text, Catch::Contains("suspended") && Catch::Contains("kill -9"));
  ::kill(old, SIGKILL);
  ::waitpid(old, nullptr, 0);
  CHECK(taking(at, {kShort, 0, {}, {}, {}}) == ExitCode::complete);
}

TEST_CASE("--wait-live takes the folder when its owner ends, and gives up in time", "[owner]") {
  const Folder at;
  auto first = std::make_unique<RunOwner>(at.path, kShort);
  CHECK(taking(at, {kShort, 0.2, {}, {}, {}}) == ExitCode::live_run);
  CHECK(taking(at, {kShort, 60, {}, [] { return true; }, {}}) == ExitCode::resumable);
  std::thread end([&] {
    pause(0.2);
    first.reset();
  });
  std::vector<std::string> said;
  CHECK(taking(at, {kShort, 60, [&](const std::string& line) { said.push_back(line); }, {}, {}}) ==
        ExitCode::complete);
  end.join();
  REQUIRE(said.size() == 1);
  CHECK_THAT(said[0], Catch::Contains("waiting"));
}

TEST_CASE("a damaged or empty owner.json is watched, then taken over", "[owner]") {
  const Folder at;
  for (const std::string text : {"", "{", "null", "[1, 2]", R"({"token": 7, "host": []})"}) {
    write_atomically(at.owner(), text);
    const double began = boot_seconds();
    CHECK(taking(at, {kShort, 0, {}, {}, {}}) == ExitCode::complete);
    CHECK(boot_seconds() - began >= 2.9 * kShort);
    CHECK(at.entries() == 0);
  }
  write_atomically(at.owner(), "{");
  CHECK(live_owner(at.path, kShort).empty());
  // Not damaged, only slow: an owner without hard links fills its file after creating it.
  write_atomically(at.owner(), "");
  std::thread other([&] {
    OwnerRecord record = dead("host 0");
    for (; record.beats < 20; ++record.beats, pause(kShort / 2)) {
      write_atomically(at.owner(), record.text());
    }
  });
  CHECK(taking(at, elsewhere("host 1", 0.3)) == ExitCode::live_run);
  other.join();
}

TEST_CASE("a deleted folder ends the run, a deleted owner.json is written again", "[owner]") {
  const Folder at;
  RunOwner owner(at.path, kShort);
  fs::remove(at.owner());
  CHECK_NOTHROW(owner.check());
  CHECK(fs::exists(at.owner()));
  fs::rename(at.path, at.path.string() + ".moved");
  CHECK(code_of([&] { owner.check(); }) == ExitCode::bad_input);
  CHECK_FALSE(fs::exists(at.path));
  CHECK_THROWS_WITH(owner.beat(), Catch::Contains("deleted or moved"));
  fs::rename(at.path.string() + ".moved", at.path);
}

TEST_CASE("one beat that cannot be written is said, many end the run", "[owner]") {
  // A folder in the place of the file: that fails for root too.
  const Folder at;
  std::vector<std::string> said;
  OwnerParams params{0.2, 0, [&](const std::string& line) { said.push_back(line); }, {}, {}};
  RunOwner owner(at.path, params);
  const std::string kept = at.owner().string() + ".kept";
  const auto obstruct = [&] {
    fs::rename(at.owner(), kept);
    fs::create_directory(at.owner());
  };
  const auto clear = [&] {
    fs::remove(at.owner());
    fs::rename(kept, at.owner());
  };
  obstruct();
  CHECK_NOTHROW(owner.check());
  CHECK_NOTHROW(owner.beat());
  CHECK_NOTHROW(owner.beat());
  REQUIRE(said.size() == 1);
  CHECK_THAT(said[0], Catch::Contains("owner.json") && Catch::Contains("trying again"));
  clear();
  CHECK_NOTHROW(owner.check());
  obstruct();
  pause(0.6);
  CHECK(code_of([&] { owner.beat(); }) == ExitCode::resumable);
  clear();
}

TEST_CASE("a folder that cannot be written is an error that names it", "[owner]") {
  const Folder at;
  std::string text;
  CHECK_THROWS_WITH(RunOwner(at.path / "none", kShort), Catch::Contains("none/owner.json"));
  std::ofstream(at.path / "file") << "text";
  CHECK_THROWS_WITH(RunOwner(at.path / "file", kShort), Catch::Contains("Not a directory"));
}
