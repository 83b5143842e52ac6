#pragma once
// The checks of `vrp doctor`, one line each. They neither link nor initialise MPI or CUDA: programs
// are started and libraries opened by name.
#include <filesystem>
#include <string>
#include <vector>

namespace vrp {

struct Check {
  enum class State { ok, warning, problem } state = State::ok;
  std::string what;   ///< "MPI", "GPU", ...
  std::string found;  ///< what there is
  std::string to_do;  ///< what to do about it; "" when ok
};
using Checks = std::vector<Check>;

Check ok(std::string what, std::string found);
Check warning(std::string what, std::string found, std::string to_do);
Check problem(std::string what, std::string found, std::string to_do);

/// Two ranks of `program` (vrp-run --hello) started as a job would start them; their MPI's thread
/// level, and whether the launcher on PATH belongs to the MPI that the program links.
Checks mpi_checks(const std::filesystem::path& program);
Checks slurm_checks();
/// Driver, devices, compute capability, visible devices; NCCL. `cuda`: of this build.
Checks gpu_checks(const std::filesystem::path& program, bool cuda);
/// Type, space, what runs need of a file system (fsync, link, rename), latency, clock; file locks
/// and HDF5's use of them. Writes and removes files of a few kB in `folder`, or in the nearest
/// folder above it that exists.
Checks folder_checks(const std::filesystem::path& folder);
/// Cores, binding, memory, its limits, shared memory, open files.
Checks machine_checks();

/// Path of a program on PATH; "" when there is none that can be executed.
std::string find_program(const std::string& name);
/// The first "1.2.3" or "1.2" in a text; "".
std::string version_in(const std::string& text);

}  // namespace vrp
