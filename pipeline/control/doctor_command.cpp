// vrp doctor [FOLDER]: what this machine, its MPI and a folder offer, and what is missing.
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/child.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/control/doctor.hpp"
#include "pipeline/control/option_reader.hpp"
#include "pipeline/control/plan_text.hpp"
#include "pipeline/model/spec.hpp"
#include "pipeline/version.hpp"

namespace vrp {
namespace {

constexpr const char* kHelp =
    R"(usage: vrp doctor [RUN or FOLDER] [--json]

Looks at the machine it is started on: the build; two ranks that find each other, under mpirun and,
inside an allocation, under srun; Slurm; GPUs and NCCL; the file system of the folder (default: this
one), its latency, locks and clock; cores, memory, limits and shared memory. Start it on a compute
node too: login nodes differ.

  --json  one JSON object
  --help  show this text

Each line is ok, warning (works, but look) or PROBLEM (runs will fail), with what to do.
Exit code 0, or 7 when there is a problem.
)";

Checks build_checks() {
  const Json facts = build_facts();
  std::vector<std::string> libraries;
  for (const auto& [name, version] : facts.at("libraries").items())
    libraries.push_back(name + " " + version.get<std::string>());
  return {
      ok("program", concat(facts.at("program").get<std::string>(), ", revision ", revision(), ", ",
                           facts.value("build", ""), ", ", facts.at("compiler").get<std::string>(),
                           ", ", join(libraries, ", "))),
      ok("models", join(supported_families(), ", "))};
}

std::string state_name(Check::State state) {
  return state == Check::State::ok ? "ok" : state == Check::State::warning ? "warning" : "PROBLEM";
}

}  // namespace

int doctor_command(const Arguments& arguments) {
  bool help = false, json = false;
  std::vector<std::string> folders;
  OptionReader reader("vrp doctor");
  reader.flag("--help", help);
  reader.flag("--json", json);
  reader.words(folders, 1, "one folder");
  reader.read(arguments);
  if (help) {
    std::cout << kHelp;
    return 0;
  }
  const auto program = program_folder() / "vrp-run";
  Checks checks = build_checks();
  const auto add = [&](const Checks& more) {
    checks.insert(checks.end(), more.begin(), more.end());
  };
  add(machine_checks());
  add(folder_checks(folders.empty() ? "." : folders.front()));
  add(slurm_checks());
  add(gpu_checks(program, build_facts().at("cuda").get<bool>()));
  add(mpi_checks(program));
  std::size_t problems = 0, warnings = 0;
  std::vector<std::vector<std::string>> rows;
  Json out = {{"checks", Json::array()}};
  for (const Check& check : checks) {
    problems += check.state == Check::State::problem ? 1 : 0;
    warnings += check.state == Check::State::warning ? 1 : 0;
    rows.push_back({state_name(check.state), check.what, check.found});
    if (!check.to_do.empty()) rows.push_back({"", "", "-> " + check.to_do});
    out["checks"].push_back(
        {{"state", check.state == Check::State::problem ? "problem" : state_name(check.state)},
         {"what", check.what},
         {"found", check.found},
         {"to_do", check.to_do}});
  }
  if (json) {
    out["problems"] = problems;
    out["warnings"] = warnings;
    std::cout << out.dump(1, ' ', false, Json::error_handler_t::replace) << "\n";
  } else {
    std::cout << columns_text(rows) << problems << (problems == 1 ? " problem, " : " problems, ")
              << warnings << (warnings == 1 ? " warning\n" : " warnings\n");
  }
  return static_cast<int>(problems > 0 ? ExitCode::bad_input : ExitCode::complete);
}

}  // namespace vrp
