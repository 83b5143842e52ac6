#pragma once
// The output folder of a run: which units are done, and how one becomes done.
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/driver/plan.hpp"
#include "pipeline/store/h5.hpp"

namespace vrp {

/// What is known of a finished unit besides its file.
struct UnitFacts {
  std::int64_t failed_items = 0;
  double seconds = 0;  ///< from its start to its commit; 0 = unknown
  std::string host;    ///< "" = unknown
};

class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path root);
  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path path(const std::string& relative) const { return root_ / relative; }

  /// For every unit of the plan whether its file is there and whole. A file that the journal knows
  /// by size and time is taken as it is; any other is read and its seal checked. Damaged files are
  /// set aside as NAME.bad and listed. Only one process at a time calls this.
  std::vector<bool> find_done(const Plan& plan, std::vector<std::string>* set_aside = nullptr);

  /// Writes the record as NAME.part-<rank>, closes, flushes and renames it. Returns false when
  /// another rank was first. Error when the disk is full or read-only: then nothing is left.
  bool commit(const Unit& unit, int rank, const Record& record, const Attributes& attributes) const;

  /// Notes a committed file in the journal, one line a unit (rank 0 only).
  void note(const std::string& file, const UnitFacts& facts = {});

  /// Renames a damaged unit file to NAME.bad (NAME.bad-2 ...). No error when it is gone already.
  void set_aside(const std::string& file, const std::string& suffix = ".bad") const;

  /// Removes NAME.part-* files that killed runs left in the plan's folders.
  void remove_parts(const Plan& plan) const;

 private:
  struct Stamp {
    std::uintmax_t bytes = 0;
    std::int64_t nanoseconds = 0;
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp(const std::filesystem::path& path);
  std::filesystem::path root_;
};

}  // namespace vrp
