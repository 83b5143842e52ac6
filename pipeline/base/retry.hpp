#pragma once
// Errors of files that can be reached again in a moment. A network file system says ESTALE when a
// file was replaced on the server or a server restarted, ETIMEDOUT when a reply was lost; a second
// try, which opens the file anew, mostly heals both.
#include <filesystem>
#include <string>
#include <utility>

#include "pipeline/base/error.hpp"

namespace vrp {

/// A file that cannot be read or written now, with the system's text and number: of its content
/// nothing is known, so nobody may call it damaged. Exit code 75 when the same command may succeed
/// later without anybody changing the input (disk full, quota, stale handle, time-out), else 7.
class FileError : public Error {
 public:
  FileError(const std::filesystem::path& path, const std::string& what, int number);
  int number() const noexcept { return number_; }

 private:
  FileError(const FileError& last, int tries, double seconds);
  friend FileError after_tries(const FileError& last, int tries, double seconds);
  int number_;
};

/// ESTALE, ETIMEDOUT, EAGAIN and EINTR: worth another try.
bool is_transient(int number);

/// Throws FileError with errno, which must still be that of the failed call.
[[noreturn]] void fail_errno(const std::filesystem::path& path, const std::string& what);

FileError after_tries(const FileError& last, int tries, double seconds);
/// Waits before try number `tries` + 1; false when there is none. 0.02 s, then four times as long
/// each time: 5 tries in 1.7 s.
bool wait_for_next_try(int tries);
double seconds_of_tries(int tries);  ///< that were waited before so many tries

/// call(), again while it throws a FileError that is transient and there is a try left. `call` must
/// begin from the start each time, from opening the file on.
template <class Call>
auto retry_transient(Call&& call) -> decltype(call()) {
  for (int tries = 1;; ++tries) {
    try {
      return call();
    } catch (const FileError& error) {
      if (!is_transient(error.number())) throw;
      if (!wait_for_next_try(tries)) throw after_tries(error, tries, seconds_of_tries(tries));
    }
  }
}

}  // namespace vrp
