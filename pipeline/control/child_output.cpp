#include "pipeline/control/child_output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

namespace vrp {
namespace {

constexpr std::size_t kMostOutput = 1'000'000;

[[noreturn]] void become(std::vector<char*> argv, int output, int report) {
  ::setpgid(0, 0);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execvp(argv[0], argv.data());
  const int code = errno;
  [[maybe_unused]] const auto written = ::write(report, &code, sizeof code);
  ::_exit(127);
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Reads until the other end is closed; false when the time is over.
bool read_all(int from, double seconds, std::string& out) {
  const auto begin = std::chrono::steady_clock::now();
  char buffer[4096];
  while (true) {
    const double left = seconds - seconds_since(begin);
    if (left <= 0) return false;
    pollfd wait{from, POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(left * 1000) + 1);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t got = ::read(from, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    if (out.size() < kMostOutput) out.append(buffer, static_cast<std::size_t>(got));
  }
}

}  // namespace

ChildOutput ask_program(const std::vector<std::string>& words, double seconds) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ChildOutput result;
  int output[2] = {-1, -1}, report[2] = {-1, -1};
  if (::pipe2(output, O_CLOEXEC) != 0 || ::pipe2(report, O_CLOEXEC) != 0) {
    result.problem = std::strerror(errno);
    for (const int fd : {output[0], output[1]})
      if (fd >= 0) ::close(fd);
    return result;
  }
  const pid_t child = ::fork();
  if (child == 0) become(std::move(argv), output[1], report[1]);
  const int fork_error = errno;
  ::close(output[1]);
  ::close(report[1]);
  int code = 0;
  const bool failed = child < 0 || ::read(report[0], &code, sizeof code) == sizeof code;
  ::close(report[0]);
  if (failed) {
    result.problem = std::strerror(child < 0 ? fork_error : code);
  } else {
    result.started = true;
    result.timed_out = !read_all(output[0], seconds, result.output);
    if (result.timed_out) ::kill(-child, SIGKILL);
  }
  ::close(output[0]);
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace vrp
