#include "pipeline/base/retry.hpp"

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <thread>

namespace vrp {
namespace {

constexpr int kTries = 5;
constexpr double kFirstPause = 0.02;  // seconds
constexpr double kGrowth = 4;

double pause_after(int tries) { return kFirstPause * std::pow(kGrowth, tries - 1); }

ExitCode code_of(int number) {
  const bool may_pass = number == ENOSPC || number == EDQUOT || is_transient(number);
  return may_pass ? ExitCode::resumable : ExitCode::bad_input;
}

}  // namespace

bool is_transient(int number) {
  return number == ESTALE || number == ETIMEDOUT || number == EAGAIN || number == EINTR;
}

FileError::FileError(const std::filesystem::path& path, const std::string& what, int number)
    : Error(code_of(number), concat(path.string(), ": ", what, ": ", std::strerror(number))),
      number_(number) {}

FileError::FileError(const FileError& last, int tries, double seconds)
    : Error(last.code(), concat(last.what(), " (", tries, " tries in ", seconds, " s)")),
      number_(last.number_) {}

FileError after_tries(const FileError& last, int tries, double seconds) {
  return FileError(last, tries, seconds);
}

void fail_errno(const std::filesystem::path& path, const std::string& what) {
  throw FileError(path, what, errno);
}

bool wait_for_next_try(int tries) {
  if (tries >= kTries) return false;
  std::this_thread::sleep_for(std::chrono::duration<double>(pause_after(tries)));
  return true;
}

double seconds_of_tries(int tries) {
  double sum = 0;
  for (int i = 1; i < tries; ++i) sum += pause_after(i);
  return sum;
}

}  // namespace vrp
