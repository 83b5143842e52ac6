#pragma once
// Programs that vrp starts: the report's Python, the parity check with libtorch.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace vrp {

/// Runs a program (a path, or a name on PATH) and waits for it; its exit status, or nothing when it
/// could not be started (then `reason` says why).
std::optional<int> run_program(const std::vector<std::string>& words, std::string& reason);

/// The folder of the running program; empty when the system does not tell.
std::filesystem::path program_folder();

}  // namespace vrp
