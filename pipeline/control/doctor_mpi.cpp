// vrp doctor: do ranks start and find each other?
#include <unistd.h>

#include <cctype>
#include <cstdlib>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/child_output.hpp"
#include "pipeline/control/doctor.hpp"

namespace vrp {
namespace {

constexpr double kStartSeconds = 90, kAskSeconds = 20;

/// The lines of `vrp-run --hello` in a launcher's output.
std::vector<Json> hellos(const std::string& output) {
  std::vector<Json> out;
  for (const std::string& line : split(output, '\n')) {
    if (!line.starts_with("{\"hello\":")) continue;
    const Json parsed = Json::parse(line, nullptr, false);
    if (parsed.is_object() && parsed["hello"].is_object()) out.push_back(parsed["hello"]);
  }
  return out;
}

/// The line that says most about a failure: the program's own, one with "error", else the last.
std::string telling_line(const std::string& text) {
  std::string last, error;
  for (const std::string& line : split(text, '\n')) {
    const std::string words = trim(line);
    if (words.find("vrp-run: ") != words.npos) return excerpt(words, 200);
    if (error.empty() && words.find("rror") != words.npos) error = words;
    if (!words.empty() && words.find_first_not_of("-=*") != words.npos) last = words;
  }
  return excerpt(error.empty() ? last : error, 200);
}

/// libmpi as the program's loader finds it; "" when it cannot be told.
std::string linked_mpi(const std::filesystem::path& program) {
  const ChildOutput ldd = ask_program({"ldd", program.string()}, kAskSeconds);
  for (const std::string& line : split(ldd.output, '\n')) {
    if (line.find("libmpi") != line.npos) return excerpt(trim(line), 150);
  }
  return "";
}

Check check_start(const std::vector<std::string>& launcher, const std::filesystem::path& program,
                  Json& found) {
  std::vector<std::string> words = launcher;
  words.insert(words.end(), {program.string(), "--hello"});
  const std::string name = launcher.front() + " -n 2";
  const ChildOutput run = ask_program(words, kStartSeconds);
  if (!run.started)
    return problem(name, "cannot be started: " + run.problem, "load your MPI's module");
  if (run.timed_out)
    return problem(name, concat("did not end in ", kStartSeconds, " s"),
                   "try by hand: " + join(words, " "));
  const auto ranks = hellos(run.output);
  if (ranks.size() > 1)
    return problem(name, "the ranks do not find each other: each takes itself for the only one",
                   "the launcher is of another MPI than " + linked_mpi(program) +
                       ": load the module that the program was built with"
                       " (under Slurm: srun --mpi=pmix)");
  if (ranks.empty() || run.status != 0 || ranks[0].value("ranks", 0) != 2)
    return problem(name, concat("failed with ", run.status, ": ", telling_line(run.output)),
                   "try by hand: " + join(words, " "));
  found = ranks[0];
  const std::string threads = found.value("threads", "");
  return ok(name, concat("2 ranks on ",
                         found["hosts"].size() == 2 && found["hosts"][0] != found["hosts"][1]
                             ? "2 hosts"
                             : "one host",
                         " found each other, thread level ", threads));
}

Check check_version(const Json& hello, const std::filesystem::path& program) {
  const std::string library = hello.value("library", "");
  const ChildOutput asked = ask_program({"mpirun", "--version"}, kAskSeconds);
  const std::string launcher = version_in(asked.output), ours = version_in(library);
  if (launcher.empty() || ours.empty())
    return warning("MPI version", library + "; mpirun says '" + telling_line(asked.output) + "'",
                   "see that both are of one MPI");
  if (launcher != ours)
    return problem("MPI version",
                   "mpirun is " + launcher + ", the program links " + library + " (" +
                       linked_mpi(program) + ")",
                   "load the module that the program was built with, or build again");
  return ok("MPI version", library + ", mpirun the same");
}

}  // namespace

Checks mpi_checks(const std::filesystem::path& program) {
  if (!std::filesystem::exists(program))
    return {problem("MPI", program.string() + " is not there", "build it: tools/setup")};
  if (::geteuid() == 0) {  // Open MPI refuses root, in a container the usual user, without these
    ::setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 0);
    ::setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 0);
  }
  const bool allocation = std::getenv("SLURM_JOB_ID") != nullptr;
  const bool srun = !find_program("srun").empty(), mpirun = !find_program("mpirun").empty();
  if (!mpirun && !(allocation && srun))
    return {
        problem("MPI", "mpirun is not on PATH", "load your MPI's module; one rank works without")};
  Checks out;
  Json found;
  if (allocation && srun)
    out.push_back(check_start({"srun", "--overlap", "-n", "2"}, program, found));
  if (mpirun) {
    out.push_back(
        check_start({"mpirun", "--oversubscribe", "--bind-to", "none", "-n", "2"}, program, found));
    if (!found.is_null()) out.push_back(check_version(found, program));
  }
  return out;
}

}  // namespace vrp
