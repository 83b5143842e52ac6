#pragma once
// Errors that a user can mend. Below main nobody calls exit or abort: throw, and main turns the
// error into one line of text and its exit code.
#include <sstream>
#include <stdexcept>
#include <string>

namespace vrp {

/// Exit codes of vrp and vrp-run; every rank of a job returns the same one.
enum class ExitCode : int {
  complete = 0,
  internal = 1,           ///< our own mistake
  usage = 2,              ///< command line or configuration
  too_many_failures = 3,  ///< complete, but more failed items than --max-failures
  difference = 4,         ///< verify found a difference
  foreign_folder = 5,     ///< the output folder belongs to another sweep
  live_run = 6,           ///< a live run holds the output folder
  bad_input = 7,          ///< input missing or damaged
  resumable = 75,         ///< stopped early; the same command continues
};

class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

/// Throws Error(bad_input): a file, an array or a value is missing or not what it should be.
/// The message says where, what was found and what was expected.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  throw Error(ExitCode::bad_input, concat(parts...));
}

/// Throws Error(usage): the command line or a configuration file is wrong.
template <class... Parts>
[[noreturn]] void fail_usage(const Parts&... parts) {
  throw Error(ExitCode::usage, concat(parts...));
}

}  // namespace vrp
