#pragma once
// What owner.json says: who holds a run folder, and the beat of its heart. And what can be told
// from it, here and now, about whether that run lives.
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"

namespace vrp {

/// Seconds on a clock that moves forward only, also while the machine sleeps.
double boot_seconds();
double wall_seconds();  ///< since 1970, by this host's clock

struct OwnerRecord {
  std::string token;  ///< unlike any other's
  std::string host;
  std::string place;  ///< boot and process-id namespace: where `pid` means something; "" = unknown
  long pid = 0;
  long long process_start = 0;  ///< clock ticks since boot: ids are used again, this is not
  std::string job;              ///< SLURM_JOB_ID, "" = none
  double interval = 10;         ///< seconds between beats
  long long beats = 0;
  double beat = 0;  ///< wall_seconds() of its host at the last beat

  /// `place` "" = this host's; another one makes the process act as one of another host.
  static OwnerRecord of_this_process(double interval, const std::string& place = "");
  /// JSON of one length always, so that a beat overwrites the record in its place.
  std::string text() const;
  std::string describe() const;  ///< "process 4711 on node17, job 88, last heartbeat 4 s ago"
};

/// A record as it lies on disk. `owner` has an empty token when the text is damaged.
struct OwnerFile {
  std::filesystem::path path;
  std::string text;
  OwnerRecord owner;
  /// The name under which one successor may claim the folder: one for each record that ever was.
  std::filesystem::path claim(const std::filesystem::path& owner_json) const;
};

/// The records from owner.json to the last claim on it; empty when there is no owner.json. The last
/// one holds the folder. Error when one is there and cannot be read.
std::vector<OwnerFile> owner_chain(const std::filesystem::path& owner_json);

enum class OwnerLife {
  gone,       ///< its process ended, seen by this host
  suspended,  ///< its process is stopped and goes on when it is woken
  lives,      ///< its process runs, seen by this host
  unknown,    ///< another host, or damaged: only a beat that changes shows life
};
/// As seen from `place`, "" = where this process is.
OwnerLife life_of(const OwnerRecord& owner, const std::string& place = "");

/// Whether the last beat is between -1 and 3 intervals old by both hosts' clocks. Clocks of hosts
/// differ, so this may refuse a start but never justifies a take-over.
bool looks_fresh(const OwnerRecord& owner);

}  // namespace vrp
