#pragma once
// Which units the ranks of a live run are at work on, from the ends of RUN/logs/rank-*.log.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vrp {

struct RunningUnit {
  int rank = 0;
  std::string file;
  double seconds = 0;  ///< since it was started, at the least
};

/// Units of ranks whose log says nothing since `quiet_seconds` or longer: the first unit that was
/// started there and not yet written. Only logs that are quiet are opened, and of those the end.
/// `now` and `since`, seconds since 1970: lines before `since`, the start of the launch, are old.
std::vector<RunningUnit> quiet_units(const std::filesystem::path& logs, std::int64_t since,
                                     std::int64_t now, double quiet_seconds);

}  // namespace vrp
