#include "pipeline/driver/owner.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"

namespace vrp {
namespace fs = std::filesystem;
namespace {

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// Start time of a process in clock ticks since boot, 0 when it is gone or a zombie. Together with
/// the process id it names a process for good: ids are used again.
long long process_start(long pid) {
  try {
    const std::string stat = read_text("/proc/" + std::to_string(pid) + "/stat");
    std::istringstream fields(stat.substr(stat.rfind(')') + 2));  // from field 3, the state
    std::string field;
    fields >> field;
    if (field == "Z" || field == "X") return 0;
    for (int i = 4; i <= 22; ++i) fields >> field;
    return std::stoll(field);
  } catch (const std::exception&) {
    return 0;
  }
}

/// Empty when the owner in `file` is stale or unreadable; else one line about it.
std::string describe_live(const fs::path& file, double interval) {
  Json owner;
  try {
    owner = read_json(file);
    const std::string host = owner.at("host");
    const auto pid = owner.at("pid").get<long>();
    const double beat = owner.at("beat");
    const double age = wall_seconds() - beat;
    if (age > 3 * interval) return {};
    if (host == host_name()) {
      const long long start = process_start(pid);
      if (start == 0 || start != owner.at("process_start").get<long long>()) return {};
    }
    return concat("process ", pid, " on ", host,
                  owner.value("job", "").empty() ? "" : concat(", job ", owner.value("job", "")),
                  ", last heartbeat ", static_cast<long>(age), " s ago");
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace

RunOwner::RunOwner(fs::path root, double interval_seconds)
    : file_(std::move(root) / "owner.json"), interval_(interval_seconds) {
  token_ = concat(host_name(), ":", ::getpid(), ":", static_cast<long long>(wall_seconds() * 1e6));
  const fs::path mine = file_.string() + "." + std::to_string(::getpid());
  write_atomically(mine, text());
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (::link(mine.c_str(), file_.c_str()) == 0) {
      ::unlink(mine.c_str());
      last_ = wall_seconds();
      return;
    }
    if (errno != EEXIST) {
      const int error = errno;
      ::unlink(mine.c_str());
      fail(file_.string(), ": cannot be created: ", std::strerror(error));
    }
    const std::string live = describe_live(file_, interval_);
    if (!live.empty()) {
      ::unlink(mine.c_str());
      throw Error(ExitCode::live_run,
                  concat(file_.parent_path().string(), ": a live run holds this folder (", live,
                         "); wait for it, or stop it"));
    }
    // Stale: move it away under a name of our own, so that of two newcomers one link() wins.
    const fs::path stale = file_.string() + ".stale-" + std::to_string(::getpid());
    if (::rename(file_.c_str(), stale.c_str()) == 0) ::unlink(stale.c_str());
  }
  ::unlink(mine.c_str());
  throw Error(ExitCode::live_run, concat(file_.string(), ": other runs keep taking this folder"));
}

RunOwner::~RunOwner() {
  if (ours()) ::unlink(file_.c_str());
}

std::string RunOwner::text() const {
  return Json{{"token", token_},
              {"host", host_name()},
              {"pid", ::getpid()},
              {"process_start", process_start(::getpid())},
              {"job", environment("SLURM_JOB_ID")},
              {"beat", wall_seconds()}}
             .dump(1) +
         "\n";
}

bool RunOwner::ours() const {
  try {
    return read_json(file_).at("token") == token_;
  } catch (const std::exception&) {
    return false;
  }
}

void RunOwner::beat() {
  if (wall_seconds() - last_ < interval_) return;
  if (!ours()) {
    throw Error(ExitCode::live_run,
                concat(file_.string(), ": another run has taken this folder over"));
  }
  write_atomically(file_, text());
  last_ = wall_seconds();
}

std::string live_owner(const fs::path& root, double interval_seconds) {
  return describe_live(root / "owner.json", interval_seconds);
}

}  // namespace vrp
