#pragma once
// Signals of a kernel that touches what it must not, as errors.
#include <functional>
#include <string>

namespace vrp::emulation {

/// What `run` returns, or the text of the fault that ended it: SIGSEGV and SIGBUS (memory outside
/// of every allocation), SIGILL and SIGTRAP (the compiler's traps for undefined behaviour), SIGFPE.
std::string with_faults_caught(const std::function<std::string()>& run);

}  // namespace vrp::emulation
