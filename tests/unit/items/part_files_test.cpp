#include "pipeline/items/part_files.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "scratch.hpp"

using namespace vrp;

namespace {

/// The id of a process that has ended and was waited for.
pid_t dead_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return child;
}

/// The name of another process' part.
std::string part_of(const std::filesystem::path& final_name, pid_t pid) {
  std::string own = part_name(final_name).filename().string();
  own.resize(own.size() - std::to_string(::getpid()).size());
  return own + std::to_string(pid);
}

}  // namespace

TEST_CASE("parts of dead processes are removed, all other files stay", "[items][parts]") {
  const Scratch scratch;
  const auto table = scratch.root / "t.h5";
  const std::string dead = part_of(table, dead_process());
  const std::vector<std::string> stay = {"t.h5",
                                         part_of(table, ::getpid()),
                                         part_of(table, ::getppid()),
                                         "t.h5.part-otherhost-" + std::to_string(dead_process()),
                                         part_of(scratch.root / "other.h5", dead_process()),
                                         dead + "x",
                                         "t.h5.part-r3"};
  for (const auto& name : stay) scratch.file(name, "stays");
  scratch.file(dead, "half");
  scratch.file(dead + ".tmp-17", "half");
  CHECK(remove_stale_parts(table) == 2);
  CHECK_FALSE(std::filesystem::exists(scratch.root / dead));
  for (const auto& name : stay) {
    INFO(name);
    CHECK(std::filesystem::exists(scratch.root / name));
  }
  CHECK(remove_stale_parts(table) == 0);
}

TEST_CASE("a folder that is not there has no parts", "[items][parts]") {
  const Scratch scratch;
  CHECK(remove_stale_parts(scratch.root / "absent/t.h5") == 0);
}
