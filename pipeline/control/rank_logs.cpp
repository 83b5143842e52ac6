#include "pipeline/control/rank_logs.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>

#include "pipeline/base/text.hpp"
#include "pipeline/control/run_events.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;
constexpr std::streamoff kTail = 16384;

/// The last lines of a file, the first of them perhaps cut.
std::vector<std::string> tail(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  in.seekg(0, std::ios::end);
  const std::streamoff size = in.tellg();
  if (!in || size <= 0) return {};
  in.seekg(std::max<std::streamoff>(0, size - kTail));
  std::string text(static_cast<std::size_t>(std::min(size, kTail)), '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return split(text, '\n');
}

/// "TIME rank R: starts FILE" and "... wrote FILE", "... failed FILE: reason".
RunningUnit at_work_on(const std::vector<std::string>& lines, std::int64_t since,
                       std::int64_t now) {
  std::vector<std::string> open;
  std::int64_t begun = since;
  for (const std::string& line : lines) {
    const std::int64_t time = utc_seconds(line.substr(0, 20));
    const std::size_t colon = line.find(": ", 20 < line.size() ? 20 : line.size());
    if (time < since || colon == std::string::npos) continue;
    const std::string_view said = std::string_view(line).substr(colon + 2);
    if (said.starts_with("starts ")) {
      if (open.empty()) begun = time;
      open.emplace_back(said.substr(7));
    } else if (said.starts_with("wrote ") || said.starts_with("failed ")) {
      std::string_view file = said.substr(said.find(' ') + 1);
      if (said[0] == 'f') file = file.substr(0, file.find(": "));
      std::erase(open, file);
      begun = time;
    }
  }
  if (open.empty()) return {};
  return {0, open.front(), static_cast<double>(now - begun)};
}

}  // namespace

std::vector<RunningUnit> quiet_units(const fs::path& logs, std::int64_t since, std::int64_t now,
                                     double quiet_seconds) {
  std::vector<RunningUnit> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(logs, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("rank-") || !name.ends_with(".log")) continue;
    struct stat facts {};
    if (::stat(entry.path().c_str(), &facts) != 0) continue;
    const std::int64_t written = facts.st_mtim.tv_sec;
    if (written < since || static_cast<double>(now - written) < quiet_seconds) continue;
    RunningUnit unit = at_work_on(tail(entry.path()), since, now);
    if (unit.file.empty()) continue;
    std::from_chars(name.data() + 5, name.data() + name.size() - 4, unit.rank);
    out.push_back(std::move(unit));
  }
  std::sort(out.begin(), out.end(), [](const RunningUnit& a, const RunningUnit& b) {
    return a.seconds != b.seconds ? a.seconds > b.seconds : a.rank < b.rank;
  });
  return out;
}

}  // namespace vrp
