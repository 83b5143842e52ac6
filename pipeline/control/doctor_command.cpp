// vrp doctor: what this machine and this build offer, and what is missing.
#include <sys/statvfs.h>

#include <cstdlib>
#include <iostream>
#include <thread>

#include "pipeline/control/commands.hpp"
#include "pipeline/control/plan_text.hpp"
#include "pipeline/model/spec.hpp"
#include "pipeline/version.hpp"

namespace vrp {
namespace {

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (const auto& folder : split(path != nullptr ? path : "", ':')) {
    std::error_code ignored;
    if (!folder.empty() && std::filesystem::exists(folder + "/" + name, ignored)) {
      return folder + "/" + name;
    }
  }
  return {};
}

}  // namespace

int doctor_command(const Arguments& arguments) {
  if (!arguments.empty()) {
    std::cout << "Usage: vrp doctor\nWhat this machine and this build offer.\n";
    return arguments[0] == "--help" ? 0 : static_cast<int>(ExitCode::usage);
  }
  const Json facts = build_facts();
  std::vector<std::vector<std::string>> rows{{"what", "found"}};
  rows.push_back({"program", facts.at("program").get<std::string>() + ", revision " + revision()});
  rows.push_back({"compiler", facts.at("compiler")});
  for (const auto& [name, version] : facts.at("libraries").items()) rows.push_back({name, version});
  rows.push_back({"CUDA in this build", facts.at("cuda").get<bool>() ? "yes" : "no"});
  rows.push_back({"model families", join(supported_families(), ", ")});
  rows.push_back({"cores", std::to_string(std::thread::hardware_concurrency())});
  struct statvfs disk {};
  if (::statvfs(".", &disk) == 0) {
    rows.push_back(
        {"free disk here", std::to_string(disk.f_bavail * disk.f_frsize / 1'000'000'000) + " GB"});
  }
  bool missing = false;
  for (const char* program : {"mpirun", "srun", "nvidia-smi", "python3"}) {
    const std::string found = find_program(program);
    missing = missing ||
              (found.empty() && std::string(program) == "mpirun" && find_program("srun").empty());
    rows.push_back({program, found.empty() ? "not on PATH" : found});
  }
  std::cout << columns_text(rows);
  if (missing) std::cout << "neither mpirun nor srun is on PATH: vrp-run can use one rank only\n";
  return 0;
}

}  // namespace vrp
