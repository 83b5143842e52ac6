#pragma once
// The state of a run as text for people, as one line, and as JSON for programs.
#include <string>

#include "pipeline/control/run_state.hpp"

namespace vrp {

std::string status_text(const RunState& state);
std::string status_line(const RunState& state);  ///< for a log that grows: one line, no end
Json status_json(const RunState& state);

/// "12 s", "3:25", "1:02:33", "3 days 4:05"; "unknown" when negative.
std::string duration_text(double seconds);

}  // namespace vrp
