#include "tests/golden/golden_file.hpp"

#include <algorithm>
#include <cstdlib>

#include "pipeline/base/error.hpp"

namespace vrp::golden {

std::filesystem::path golden_folder() {
  const char* given = std::getenv("VRP_GOLDEN_DIR");
  const std::filesystem::path folder =
      given != nullptr && *given != '\0' ? given : VRP_SOURCE_DIR "/tests/golden/data";
  if (!std::filesystem::is_directory(folder)) fail(folder, ": no folder with golden data");
  return folder;
}

std::vector<Family> families() {
  std::vector<Family> out;
  for (const auto& entry : std::filesystem::directory_iterator(golden_folder())) {
    const auto checkpoint = entry.path() / "checkpoint", golden = entry.path() / "golden.h5";
    if (std::filesystem::is_directory(checkpoint) && std::filesystem::exists(golden)) {
      out.push_back({entry.path().filename().string(), checkpoint, golden});
    }
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

}  // namespace vrp::golden
