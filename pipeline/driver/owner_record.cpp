#include "pipeline/driver/owner_record.hpp"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <random>
#include <sstream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/hash.hpp"

namespace vrp {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kRecordBytes = 1024;
constexpr std::size_t kLongestChain = 1000;

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// Two hosts may have one name and two containers one process id; not one boot and one namespace.
std::string this_place() {
  try {
    std::string boot = read_text("/proc/sys/kernel/random/boot_id");
    while (!boot.empty() && boot.back() == '\n') boot.pop_back();
    return boot + "/" + fs::read_symlink("/proc/self/ns/pid").string();
  } catch (const std::exception&) {
    return {};
  }
}

struct ProcessState {
  char state = 'X';
  long long start = 0;  ///< 0 = there is none, or a zombie
};

ProcessState process_state(long pid) {
  try {
    const std::string stat = read_text("/proc/" + std::to_string(pid) + "/stat");
    std::istringstream fields(stat.substr(stat.rfind(')') + 2));  // from field 3, the state
    ProcessState out;
    std::string field;
    fields >> out.state;
    if (out.state == 'Z' || out.state == 'X') return {};
    for (int i = 4; i <= 22; ++i) fields >> field;
    out.start = std::stoll(field);
    return out;
  } catch (const std::exception&) {
    return {};
  }
}

OwnerRecord record_of(const std::string& text, const fs::path& path) {
  OwnerRecord out;
  try {
    const Json json = parse_json(text, path.string());
    out.host = json.at("host");
    out.pid = json.at("pid");
    out.process_start = json.at("process_start");
    out.place = json.value("place", "");
    out.job = json.value("job", "");
    out.interval = json.value("interval", 10.0);
    out.beats = json.value("beats", 0LL);
    out.beat = json.at("beat");
    out.token = json.at("token");
  } catch (const std::exception&) {
    return {};
  }
  return out;
}

/// False when the file is not there.
bool read_if_there(const fs::path& path, std::string& text) {
  try {
    text = read_text(path);
    return true;
  } catch (const FileError& error) {
    if (error.number() == ENOENT) return false;
    throw;
  }
}

}  // namespace

double boot_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

OwnerRecord OwnerRecord::of_this_process(double interval, const std::string& place) {
  OwnerRecord out;
  out.host = host_name();
  out.place = place.empty() ? this_place() : place;
  out.pid = ::getpid();
  out.process_start = process_state(out.pid).start;
  out.job = environment("SLURM_JOB_ID");
  out.interval = interval;
  out.beat = wall_seconds();
  std::random_device random;
  out.token = concat(out.host, ":", out.pid, ":", static_cast<long long>(out.beat * 1e6), ":",
                     random(), random());
  return out;
}

std::string OwnerRecord::text() const {
  std::string out = Json{
      {"token", token},
      {"host", host},
      {"place", place},
      {"pid", pid},
      {"process_start", process_start},
      {"job", job},
      {"interval", interval},
      {"beats", beats},
      {"beat", beat}}.dump(1, ' ', false, Json::error_handler_t::replace);
  out.resize(std::max(kRecordBytes, out.size() + 1), ' ');
  out.back() = '\n';
  return out;
}

std::string OwnerRecord::describe() const {
  if (token.empty()) return "a run whose owner.json is damaged";
  return concat("process ", pid, " on ", host, job.empty() ? "" : ", job " + job,
                ", last heartbeat ", static_cast<long>(wall_seconds() - beat), " s ago");
}

fs::path OwnerFile::claim(const fs::path& owner_json) const {
  std::string what = owner.token;
  if (what.empty()) {  // a damaged record has no name of its own: its bytes and their time
    struct stat facts {};
    ::stat(path.c_str(), &facts);
    what = concat("damaged ", text, facts.st_mtim.tv_sec, ".", facts.st_mtim.tv_nsec);
  }
  return owner_json.string() + ".next-" + hash_bytes(what.data(), what.size()).hex().substr(0, 16);
}

std::vector<OwnerFile> owner_chain(const fs::path& owner_json) {
  std::vector<OwnerFile> chain;
  fs::path path = owner_json;
  while (chain.size() < kLongestChain) {
    OwnerFile file;
    file.path = path;
    if (!read_if_there(path, file.text)) return chain;
    file.owner = record_of(file.text, path);
    path = file.claim(owner_json);
    chain.push_back(std::move(file));
  }
  fail(owner_json.string(), ": ", kLongestChain, " claims on one folder; delete ",
       owner_json.string(), "* when no run uses it");
}

OwnerLife life_of(const OwnerRecord& owner, const std::string& place) {
  const std::string here = place.empty() ? this_place() : place;
  if (owner.token.empty() || owner.place.empty() || owner.place != here) return OwnerLife::unknown;
  const ProcessState now = process_state(owner.pid);
  if (now.start == 0 || now.start != owner.process_start) return OwnerLife::gone;
  return now.state == 'T' || now.state == 't' ? OwnerLife::suspended : OwnerLife::lives;
}

bool looks_fresh(const OwnerRecord& owner) {
  const double age = wall_seconds() - owner.beat;
  return !owner.token.empty() && age > -owner.interval && age < 3 * owner.interval;
}

}  // namespace vrp
