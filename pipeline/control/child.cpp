#include "pipeline/control/child.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "pipeline/base/error.hpp"

namespace vrp {

std::optional<int> run_program(const std::vector<std::string>& words, std::string& reason) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  int channel[2];  // closed by a successful exec, else carries errno
  if (::pipe2(channel, O_CLOEXEC) != 0) {
    reason = std::strerror(errno);
    return std::nullopt;
  }
  std::cout.flush();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execvp(argv[0], argv.data());
    const int code = errno;
    [[maybe_unused]] const auto written = ::write(channel[1], &code, sizeof code);
    ::_exit(127);
  }
  const int fork_error = errno;
  ::close(channel[1]);
  int code = 0;
  const bool failed = child < 0 || ::read(channel[0], &code, sizeof code) == sizeof code;
  ::close(channel[0]);
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (failed) {
    reason = std::strerror(child < 0 ? fork_error : code);
    return std::nullopt;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : static_cast<int>(ExitCode::internal);
}

std::filesystem::path program_folder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path() : program.parent_path();
}

}  // namespace vrp
