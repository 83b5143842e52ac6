#include "pipeline/driver/journal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"

namespace vrp {
namespace {

constexpr std::string_view kHeading =
    "# vrp journal 2: bytes nanoseconds failed_items seconds host file";

/// Cuts the next word off `rest`.
std::string_view next_word(std::string_view& rest) {
  const std::size_t begin = rest.find_first_not_of(' ');
  if (begin == std::string_view::npos) return rest = {};
  rest.remove_prefix(begin);
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

template <class Number>
std::optional<Number> number(std::string_view word) {
  Number value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

/// A unit's file as a plan names it: MODEL/BENCHMARK/STAGE@FINGERPRINT/unit-NAME.h5.
bool names_unit(std::string_view file) {
  return file.ends_with(".h5") && file.find("/unit-") != std::string_view::npos;
}

void take_line(std::string_view line, Journal& journal) {
  if (line.empty() || line.front() == '#') return;
  std::string_view rest = line;
  const auto bytes = number<std::uintmax_t>(next_word(rest));
  const auto nanoseconds = number<std::int64_t>(next_word(rest));
  JournalEntry entry;
  std::string_view file = next_word(rest);
  bool good = bytes && nanoseconds;
  if (const auto failed = number<std::int64_t>(file)) {
    const auto seconds = number<double>(next_word(rest));
    const std::string_view host = next_word(rest);
    good = good && *failed >= 0 && seconds && std::isfinite(*seconds) && *seconds >= 0;
    if (good) entry.facts = {*failed, *seconds, host == "-" ? "" : std::string(host)};
    file = next_word(rest);
  } else {
    entry.facts_known = false;
  }
  if (!good || !names_unit(file) || rest.find_first_not_of(' ') != std::string_view::npos) {
    ++journal.unreadable;
    return;
  }
  entry.stamp = {*bytes, *nanoseconds};
  journal.entries[std::string(file)] = std::move(entry);
}

/// The system's text for errno, for a message that starts with the file's name.
std::string problem(const std::filesystem::path& file, const char* what) {
  const int error = errno;
  return concat(file.string(), ": ", what, ": ", std::strerror(error));
}

}  // namespace

Journal read_journal(const std::filesystem::path& file) {
  Journal journal;
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0 && errno == ENOENT) return journal;
  const std::string text = read_text(file);
  std::string_view rest = text;
  journal.entries.reserve(rest.size() / 80);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    take_line(rest.substr(0, end), journal);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return journal;
}

std::string journal_line(const std::string& unit_file, const JournalEntry& entry) {
  std::string_view host = entry.facts.host;
  if (host.empty() || host.find_first_of(" \t\r\n") != host.npos) host = "-";
  char numbers[96];
  std::snprintf(numbers, sizeof numbers, "%llu %lld %lld %.6g",
                static_cast<unsigned long long>(entry.stamp.bytes),
                static_cast<long long>(entry.stamp.nanoseconds),
                static_cast<long long>(entry.facts.failed_items), entry.facts.seconds);
  return concat(numbers, " ", host, " ", unit_file);
}

JournalWriter::JournalWriter(JournalWriter&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), torn_(other.torn_), empty_(other.empty_) {}

JournalWriter& JournalWriter::operator=(JournalWriter&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(torn_, other.torn_);
  std::swap(empty_, other.empty_);
  return *this;
}

JournalWriter::~JournalWriter() { close(); }

void JournalWriter::close() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

std::string JournalWriter::append(const std::filesystem::path& file, const std::string& line) {
  if (descriptor_ < 0) {
    descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor_ < 0) return problem(file, "cannot be opened to append");
    const off_t size = ::lseek(descriptor_, 0, SEEK_END);
    char last = '\n';
    empty_ = size == 0;
    torn_ = size > 0 && ::pread(descriptor_, &last, 1, size - 1) == 1 && last != '\n';
  }
  std::string bytes;
  if (torn_) bytes.push_back('\n');
  if (empty_) bytes.append(kHeading).push_back('\n');
  bytes.append(line).push_back('\n');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const std::string text = problem(file, "write failed");
      close();  // a handle gone stale is opened anew, and the torn line found again
      return text;
    }
    done += static_cast<std::size_t>(put);
  }
  torn_ = empty_ = false;
  return {};
}

}  // namespace vrp
