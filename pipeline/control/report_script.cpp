#include "pipeline/control/report_script.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "pipeline/base/error.hpp"
#include "pipeline/control/child.hpp"

#ifndef VRP_SOURCE_FOLDER
#define VRP_SOURCE_FOLDER ""
#endif

namespace vrp {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path("tools") / "report";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// VRP's own folder: VRP_HOME, the folder that holds build/bin/vrp, or the one it was built from.
fs::path home(const std::string& command, const std::string& script) {
  std::vector<fs::path> places;
  if (!environment("VRP_HOME").empty()) {
    places = {environment("VRP_HOME")};
  } else {
    if (const fs::path folder = program_folder(); !folder.empty()) {
      const fs::path prefix = folder.parent_path();
      places = {prefix.parent_path(), prefix / "share" / "vrp"};
    }
    places.emplace_back(VRP_SOURCE_FOLDER);
  }
  std::string tried;
  for (const fs::path& place : places) {
    if (place.empty()) continue;
    if (fs::exists(place / kFolder / script)) return place;
    tried += (tried.empty() ? "" : ", ") + (place / kFolder / script).string();
  }
  fail(command, ": the script is not there; looked at ", tried,
       "; set VRP_HOME to the folder that holds tools/report");
}

std::string python(const fs::path& root) {
  if (!environment("VRP_PYTHON").empty()) return environment("VRP_PYTHON");
  for (const char* name : {"python3", "python"})
    if (const fs::path own = root / ".venv" / "bin" / name; fs::exists(own)) return own.string();
  return "python3";
}

}  // namespace

int run_report_script(const std::string& command, const std::string& script,
                      const std::vector<std::string>& arguments) {
  const fs::path root = home(command, script);
  std::vector<std::string> words = {python(root), (root / kFolder / script).string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::string reason;
  const std::optional<int> status = run_program(words, reason);
  if (!status)
    fail(command, ": ", words[0], " cannot be started: ", reason,
         "; run tools/setup, or set VRP_PYTHON to a Python with h5py, numpy and matplotlib");
  return *status;
}

}  // namespace vrp
