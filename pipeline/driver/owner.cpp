#include "pipeline/driver/owner.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"

namespace vrp {
namespace fs = std::filesystem;
namespace {

constexpr double kStaleIntervals = 3;  // without a change of the beat: dead
constexpr double kLongest = 600;       // seconds between beats that a record may ask to be granted
constexpr double kGiveUpIntervals = 2.5;  // without a beat written: end before others may take over

/// How long one record has been seen unchanged, by this process's clock.
class Watch {
 public:
  /// True when the record changed since it was first seen: it beats.
  bool changed(const OwnerFile& file) {
    if (!seen_ || file.owner.token != token_) {
      seen_ = true;
      token_ = file.owner.token;
      text_ = file.text;
      since_ = boot_seconds();
      beats_ = false;
    } else if (file.text != text_) {
      text_ = file.text;
      since_ = boot_seconds();
      beats_ = true;
    }
    return beats_;
  }
  double unchanged_seconds() const { return boot_seconds() - since_; }

 private:
  std::string token_, text_;
  double since_ = 0;
  bool seen_ = false, beats_ = false;
};

std::string what_to_do(const OwnerFile& head, OwnerLife life) {
  const OwnerRecord& owner = head.owner;
  if (life == OwnerLife::suspended) {
    return concat(
        "; that process is suspended and would go on writing when it wakes: continue it "
        "(kill -CONT ",
        owner.pid, ") or end it (kill -9 ", owner.pid, ")");
  }
  std::string stop =
      owner.job.empty() ? concat("kill ", owner.pid, " on ", owner.host) : "scancel " + owner.job;
  if (owner.token.empty()) stop = "it";
  return concat("; wait for it (--wait-live SECONDS) or stop it (", stop,
                "). If that host is dead, the same command takes over ",
                static_cast<long>(kStaleIntervals * owner.interval), " s after its last heartbeat");
}

Error refusal(const fs::path& root, const OwnerFile& head, OwnerLife life) {
  return {ExitCode::live_run, concat(root.string(), ": a live run holds this folder (",
                                     head.owner.describe(), ")", what_to_do(head, life))};
}

/// What the owner of `head` is to a newcomer who has watched it.
enum class Standing { live, watched, dead };
Standing standing(const OwnerFile& head, OwnerLife life, Watch& watch, const OwnerParams& params) {
  const bool beats = watch.changed(head);
  if (life == OwnerLife::gone) return Standing::dead;
  if (life != OwnerLife::unknown || beats) return Standing::live;
  const double theirs = head.owner.token.empty() ? 0 : std::min(head.owner.interval, kLongest);
  const double patience = kStaleIntervals * std::max(params.interval, theirs);
  if (watch.unchanged_seconds() >= patience) return Standing::dead;
  // Whoever does not wait is refused at once by a beat that looks young.
  return params.wait <= 0 && looks_fresh(head.owner) ? Standing::live : Standing::watched;
}

std::string read_all(int fd, const fs::path& file) {
  std::string out(4096, '\0');  // longer than any record
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(done));
    if (got < 0) fail_errno(file, "heartbeat cannot be read back");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  out.resize(done);
  return out;
}

void write_all(int fd, const fs::path& file, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t put =
        ::pwrite(fd, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (put < 0) fail_errno(file, "heartbeat cannot be written");
    done += static_cast<std::size_t>(put);
  }
}

void unlink_claims(const fs::path& file, const fs::path& keep) {
  std::error_code error;
  const std::string begin = file.filename().string() + ".next-";
  for (fs::directory_iterator it(file.parent_path(), error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    const bool unfinished = name.find(".tmp-") != std::string::npos;  // a newcomer is at it
    if (name.rfind(begin, 0) == 0 && !unfinished && name != keep.filename()) {
      ::unlink(it->path().c_str());
    }
  }
}

}  // namespace

RunOwner::RunOwner(fs::path root, OwnerParams params)
    : root_(std::move(root)),
      file_(root_ / "owner.json"),
      params_(std::move(params)),
      record_(OwnerRecord::of_this_process(params_.interval, params_.place)) {
  take();
  last_ = boot_seconds();
  pulse_ = std::thread([this] { pulse(); });
}

RunOwner::RunOwner(fs::path root, double interval_seconds)
    : RunOwner(std::move(root), OwnerParams{interval_seconds, 0, {}, {}, {}}) {}

void RunOwner::take() {
  const double deadline = boot_seconds() + params_.wait;
  Watch watch;
  bool told = false;
  while (true) {
    record_.beat = wall_seconds();
    const auto chain = owner_chain(file_);
    if (chain.empty()) {
      if (!create(file_)) continue;
      return sweep();
    }
    const OwnerFile& head = chain.back();
    const OwnerLife life = life_of(head.owner, record_.place);
    const Standing now = standing(head, life, watch, params_);
    if (now == Standing::dead) {
      const fs::path claim = head.claim(file_);
      if (!create(claim)) continue;  // another newcomer was first
      if (holds()) return settle();
      ::unlink(claim.c_str());  // the record was replaced before: this claim is on nothing
      continue;
    }
    if (now == Standing::live && boot_seconds() >= deadline) throw refusal(root_, head, life);
    if (params_.stop && params_.stop()) {
      throw Error(ExitCode::resumable, root_.string() + ": stopped while waiting for the folder");
    }
    if (!told && params_.say) {
      params_.say(concat(
          root_.string(), ": held by ", head.owner.describe(),
          now == Standing::live ? "; waiting for its end" : "; watching whether it still beats"));
    }
    told = true;
    std::this_thread::sleep_for(
        std::chrono::duration<double>(std::min(1.0, params_.interval / 10)));
  }
}

/// Our record under a name that must be new; false when it is not, or when a new owner swept our
/// unfinished file away.
bool RunOwner::create(const fs::path& file) const {
  try {
    return create_once(file, record_.text());
  } catch (const FileError& error) {
    if (error.number() == ENOENT && file_exists(root_)) return false;
    throw;
  }
}

/// Whether the last record of the chain is ours.
bool RunOwner::holds() const {
  const auto chain = owner_chain(file_);
  return !chain.empty() && chain.back().owner.token == record_.token;
}

/// Our claim becomes owner.json, over the records of the dead before us. Each rename moves a
/// successor over its dead predecessor, so that a claimant who slept here and renames late only
/// moves on whatever is next in line.
void RunOwner::settle() {
  const auto chain = owner_chain(file_);
  for (std::size_t i = chain.size(); i-- > 1;) {
    if (::rename(chain[i].path.c_str(), chain[i - 1].path.c_str()) != 0 && errno != ENOENT) {
      fail_errno(chain[i - 1].path, "cannot be renamed to");
    }
  }
  if (!holds()) {
    throw Error(ExitCode::live_run, file_.string() + ": another run has taken this folder over");
  }
  sweep();
}

/// Claims on any other record than ours are on nothing any more.
void RunOwner::sweep() const {
  OwnerFile ours;
  ours.owner = record_;
  unlink_claims(file_, ours.claim(file_));
}

RunOwner::~RunOwner() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  pulse_.join();
  try {
    const auto chain = owner_chain(file_);
    if (!chain.empty() && chain.front().owner.token == record_.token) ::unlink(file_.c_str());
  } catch (const std::exception&) {
    // It goes stale by itself.
  }
}

void RunOwner::pulse() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::duration<double>(params_.interval),
                        [&] { return ending_; });
      if (ending_ || !end_reason_.empty()) return;
    }
    beat_once();
  }
}

/// Writes a beat; what came of it is remembered for beat().
void RunOwner::beat_once() {
  const std::lock_guard one(beating_);
  int code = 0;
  std::string reason;
  std::string problem;
  try {
    write_beat();
  } catch (const FileError& error) {
    problem = error.what();
  } catch (const Error& error) {
    code = static_cast<int>(error.code());
    reason = error.what();
  } catch (const std::exception& error) {
    problem = error.what();
  }
  const std::lock_guard lock(mutex_);
  problem_ = problem;
  if (reason.empty() && problem.empty()) last_ = boot_seconds();
  if (!reason.empty() && end_reason_.empty()) {
    end_code_ = code;
    end_reason_ = reason;
  }
}

/// The record is read and overwritten through one handle: when another run has taken over, what is
/// read is its token, or what is written lands in a file without a name.
void RunOwner::write_beat() {
  retry_transient([&] {
    struct Handle {
      int fd;
      ~Handle() {
        if (fd >= 0) ::close(fd);
      }
    } file{::open(file_.c_str(), O_RDWR | O_CLOEXEC)};
    if (file.fd < 0 && errno == ENOENT) {
      if (!file_exists(root_)) {
        throw Error(ExitCode::bad_input,
                    root_.string() + ": the folder was deleted or moved under the live run");
      }
      create_once(file_, record_.text());  // somebody deleted owner.json alone
      file.fd = ::open(file_.c_str(), O_RDWR | O_CLOEXEC);
    }
    if (file.fd < 0) fail_errno(file_, "heartbeat cannot be written");
    const std::string found = read_all(file.fd, file_);
    if (found.find("\"" + record_.token + "\"") == std::string::npos) {
      const auto chain = owner_chain(file_);
      throw Error(ExitCode::live_run,
                  concat(file_.string(), ": another run has taken this folder over",
                         chain.empty() ? "" : " (" + chain.back().owner.describe() + ")"));
    }
    ++record_.beats;
    record_.beat = wall_seconds();
    const std::string text = record_.text();
    write_all(file.fd, file_, text);
    if (::fsync(file.fd) != 0 && errno != EINVAL) fail_errno(file_, "heartbeat cannot be flushed");
  });
}

void RunOwner::raise() const {
  const std::lock_guard lock(mutex_);
  if (!end_reason_.empty()) throw Error(static_cast<ExitCode>(end_code_), end_reason_);
  const double silent = boot_seconds() - last_;
  if (problem_.empty() || silent < kGiveUpIntervals * params_.interval) return;
  throw Error(ExitCode::resumable,
              concat(problem_, "; no heartbeat for ", static_cast<long>(silent),
                     " s, another run may take the folder over: ending"));
}

void RunOwner::beat() {
  bool slept = false;
  std::string news;
  {
    const std::lock_guard lock(mutex_);
    // Without a problem the thread beats in time: the whole process slept, and may have been
    // followed by another run. Look before anything else is done.
    slept = problem_.empty() && end_reason_.empty() &&
            boot_seconds() - last_ > kGiveUpIntervals * params_.interval;
    if (!problem_.empty() && !told_) news = problem_ + "; trying again";
    told_ = !problem_.empty();
  }
  if (slept) beat_once();
  if (!news.empty() && params_.say) params_.say(news);
  raise();
}

void RunOwner::check() {
  beat_once();
  raise();
}

std::string live_owner(const fs::path& root, double) {
  auto chain = owner_chain(root / "owner.json");
  if (!chain.empty() && chain.back().owner.token.empty()) {  // read while it was being overwritten?
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    chain = owner_chain(root / "owner.json");
  }
  if (chain.empty()) return {};
  const OwnerRecord& owner = chain.back().owner;
  switch (life_of(owner)) {
    case OwnerLife::gone:
      return {};
    case OwnerLife::suspended:
      return owner.describe() + ", suspended";
    case OwnerLife::lives:
      return owner.describe();
    case OwnerLife::unknown:
      break;
  }
  return looks_fresh(owner) ? owner.describe() : "";
}

}  // namespace vrp
