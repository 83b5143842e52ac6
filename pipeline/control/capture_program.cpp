#include "pipeline/control/capture_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

/// Reads both pipes to their ends, whichever has something, so that neither can block the program.
void drain(std::array<int, 2> from, const std::array<std::string*, 2>& to) {
  int open = 2;
  while (open > 0) {
    std::array<pollfd, 2> waiting{pollfd{from[0], POLLIN, 0}, pollfd{from[1], POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) break;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      char buffer[4096];
      const ssize_t count = ::read(from[i], buffer, sizeof buffer);
      if (count > 0) {
        to[i]->append(buffer, static_cast<std::size_t>(count));
      } else if (count == 0 || errno != EINTR) {
        ::close(from[i]);
        from[i] = -1;  // poll leaves it out
        --open;
      }
    }
  }
}

}  // namespace

ProgramOutput capture_program(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  int out[2];
  int errors[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(errors, O_CLOEXEC) != 0)
    fail(words[0], ": no pipe: ", std::strerror(errno));
  ProgramOutput result;
  const pid_t child = ::fork();
  if (child < 0) fail(words[0], ": cannot be started: ", std::strerror(errno));
  if (child == 0) {
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, 0);
    ::dup2(out[1], 1);
    ::dup2(errors[1], 2);
    ::execvp(argv[0], argv.data());
    const char* reason = std::strerror(errno);
    [[maybe_unused]] const auto written = ::write(2, reason, std::strlen(reason));
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(errors[1]);
  drain({out[0], errors[0]}, {&result.output, &result.errors});
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace vrp
