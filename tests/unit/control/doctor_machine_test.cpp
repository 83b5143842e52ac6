// What vrp doctor says of a machine's shared memory after runs were killed.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "pipeline/control/doctor.hpp"
#include "pipeline/model/shared_segment.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

Check shared_memory() {
  for (const Check& check : machine_checks()) {
    if (check.what == "shared memory") return check;
  }
  return {};
}

}  // namespace

TEST_CASE("copies of weights that killed runs left are named, those in use are not", "[doctor]") {
  std::string folder = (fs::temp_directory_path() / "vrp-doctor-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  ::setenv("VRP_SHM_DIR", folder.c_str(), 1);
  CHECK(shared_memory().found.find("killed runs left") == std::string::npos);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::string reason;
    const auto segment = SharedSegment::open(folder, "key", 2'000'000, reason);
    if (!segment || ::write(ends[1], "x", 1) != 1) ::_exit(2);
    while (true) ::pause();
  }
  ::close(ends[1]);
  char ready = 0;
  REQUIRE(::read(ends[0], &ready, 1) == 1);
  ::close(ends[0]);
  CHECK(shared_memory().found.find("killed runs left") == std::string::npos);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const Check left = shared_memory();
  CHECK(left.state == Check::State::warning);
  CHECK(left.found.find("killed runs left 1 copy of weights, 2.0 MB") != std::string::npos);
  CHECK(left.to_do.find(folder + "/vrp-weights-") != std::string::npos);
  CHECK(remove_orphaned_segments(folder) == 1);
  CHECK(shared_memory().found.find("killed runs left") == std::string::npos);
  ::unsetenv("VRP_SHM_DIR");
  fs::remove_all(folder);
}
