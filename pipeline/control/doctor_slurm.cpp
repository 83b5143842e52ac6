// vrp doctor: Slurm, and small helpers of the checks.
#include <unistd.h>

#include <cctype>
#include <cstdlib>

#include "pipeline/base/text.hpp"
#include "pipeline/control/child_output.hpp"
#include "pipeline/control/doctor.hpp"

namespace vrp {

Check ok(std::string what, std::string found) {
  return {Check::State::ok, std::move(what), std::move(found), ""};
}
Check warning(std::string what, std::string found, std::string to_do) {
  return {Check::State::warning, std::move(what), std::move(found), std::move(to_do)};
}
Check problem(std::string what, std::string found, std::string to_do) {
  return {Check::State::problem, std::move(what), std::move(found), std::move(to_do)};
}

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (const auto& folder : split(path != nullptr ? path : "", ':')) {
    const std::string file = (folder.empty() ? "." : folder) + "/" + name;
    if (::access(file.c_str(), X_OK) == 0 && !std::filesystem::is_directory(file)) return file;
  }
  return {};
}

std::string version_in(const std::string& text) {
  const auto digit = [&](std::size_t i) {
    return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!digit(i)) continue;
    std::size_t end = i;
    std::size_t dots = 0;
    while (digit(end) || (end < text.size() && text[end] == '.' && digit(end + 1)))
      dots += text[end++] == '.' ? 1 : 0;
    if (dots > 0) return text.substr(i, end - i);
    i = end;
  }
  return "";
}

Checks slurm_checks() {
  const char* job = std::getenv("SLURM_JOB_ID");
  const std::string sbatch = find_program("sbatch");
  if (sbatch.empty()) {
    if (job == nullptr) return {ok("Slurm", "none here; mpirun starts the ranks")};
    return {warning("Slurm", std::string("job ") + job + ", but sbatch is not on PATH",
                    "requeues from inside the job need scontrol and sbatch on PATH")};
  }
  const ChildOutput asked = ask_program({sbatch, "--version"}, 20);
  const std::string version = version_in(asked.output);
  if (!asked.started || asked.timed_out || asked.status != 0)
    return {warning("Slurm", sbatch + " does not answer", "is this a submit host?")};
  std::string place = "not inside an allocation";
  if (job != nullptr) {
    const char* nodes = std::getenv("SLURM_JOB_NUM_NODES");
    place = std::string("inside job ") + job +
            (nodes != nullptr ? std::string(", nodes: ") + nodes : "");
  }
  return {ok("Slurm", "version " + (version.empty() ? "unknown" : version) + ", " + place)};
}

}  // namespace vrp
