#include "pipeline/driver/events.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "pipeline/base/files.hpp"

namespace vrp {
namespace {
constexpr std::size_t kMostWaiting = 1 << 20;  // bytes
}

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::int64_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  in >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

EventLog::EventLog(const std::filesystem::path& file) {
  do {
    file_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  } while (file_ < 0 && errno == EINTR);
  if (file_ < 0) fail_errno(file, "cannot be opened to append events");
  char last = '\n';
  const off_t size = ::lseek(file_, 0, SEEK_END);
  if (size > 0 && ::pread(file_, &last, 1, size - 1) == 1 && last != '\n') waiting_.push_back('\n');
}

EventLog::~EventLog() {
  flush();
  ::close(file_);
}

void EventLog::write(const std::string& event, Json fields) {
  fields["time"] = utc_now();
  fields["event"] = event;
  std::string line = fields.dump(-1, ' ', false, Json::error_handler_t::replace);
  line.push_back('\n');
  const std::lock_guard lock(mutex_);
  bytes_ += static_cast<std::int64_t>(line.size());
  if (waiting_.size() < kMostWaiting) waiting_ += line;
}

std::int64_t EventLog::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

bool EventLog::flush() {
  const std::lock_guard one(flushing_);
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    text.swap(waiting_);
  }
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t n = ::write(file_, text.data() + written, text.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    written += static_cast<std::size_t>(n);
  }
  if (written == text.size()) return true;
  const std::lock_guard lock(mutex_);
  waiting_.insert(0, text, written);
  return false;
}

RankLog::RankLog(const std::filesystem::path& folder, int rank) : rank_(rank) {
  make_folders(folder);
  char name[32];
  std::snprintf(name, sizeof name, "rank-%04d.log", rank);
  out_.open(folder / name, std::ios::app);
}

void RankLog::line(const std::string& text) {
  const std::lock_guard lock(mutex_);
  out_.clear();  // after a full disk the next line is tried again
  out_ << utc_now() << " rank " << rank_ << ": " << text << "\n" << std::flush;
}

std::string progress_line(const ProgressState& s) {
  const double share = s.items_total > 0 ? 100.0 * static_cast<double>(s.items_done) /
                                               static_cast<double>(s.items_total)
                                         : 100.0;
  const double rate =
      s.seconds > 0 ? static_cast<double>(s.items_done - s.items_resumed) / s.seconds : 0;
  std::string eta = "--";
  if (rate > 0) {
    const auto left =
        static_cast<long>(static_cast<double>(s.items_total - s.items_done) / rate + 0.5);
    char text[32];
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", left / 3600, left / 60 % 60, left % 60);
    eta = text;
  }
  char line[256];
  std::snprintf(line, sizeof line,
                "items %lld/%lld (%.1f %%)  %.1f items/s  ETA %s  units %zu/%zu  failed %lld  "
                "memory %.0f MB",
                static_cast<long long>(s.items_done), static_cast<long long>(s.items_total), share,
                rate, eta.c_str(), s.units_done, s.units_total, static_cast<long long>(s.failed),
                static_cast<double>(s.bytes) / 1e6);
  return line;
}

}  // namespace vrp
