#pragma once
// The output folder of a run: which units are done, and how one becomes done.
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/driver/journal.hpp"
#include "pipeline/driver/plan.hpp"
#include "pipeline/store/h5.hpp"

namespace vrp {

class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path root);
  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path path(const std::string& relative) const { return root_ / relative; }

  /// For every unit of the plan whether its file is there and whole. Folders are listed and the
  /// files that are there are looked at once: one that the journal knows by size and time is taken
  /// as it is; any other is read and its seal checked. Damaged files are set aside as NAME.bad and
  /// listed. Error when a folder cannot be read. Only one process at a time calls this.
  std::vector<bool> find_done(const Plan& plan, std::vector<std::string>* set_aside = nullptr);

  /// Writes the record as NAME.part-<rank>, closes, flushes and renames it. Returns false when
  /// another rank was first. Error when the disk is full or read-only: then nothing is left.
  bool commit(const Unit& unit, int rank, const Record& record, const Attributes& attributes) const;

  /// Notes a committed file in the journal, one line a unit (rank 0 only). A line that cannot be
  /// written is said once by `warn`; the next start then checks that file's seal.
  void note(const std::string& file, const UnitFacts& facts = {});

  /// The same in two steps, so that many lines are one write: looks at the file now, and writes the
  /// lines of all files that were looked at.
  void note_later(const std::string& file, const UnitFacts& facts);
  void write_notes();

  /// Failed items of a finished unit: as find_done or note learnt it, else as its file says.
  std::int64_t failed_items(const std::string& file) const;

  /// Who hears of what goes wrong without ending the run. May stay unset.
  void warn_by(std::function<void(const std::string&)> warn) { warn_ = std::move(warn); }

  /// What find_done did so far, for tests and measurements.
  struct Work {
    std::size_t folders_listed = 0, files_looked_at = 0, seals_checked = 0, attributes_read = 0;
  };
  const Work& work() const { return work_; }

  /// Renames a damaged unit file to NAME.bad (NAME.bad-2 ...). No error when it is gone already.
  void set_aside(const std::string& file, const std::string& suffix = ".bad") const;

  /// Removes NAME.part-* files that killed runs left in the plan's folders.
  void remove_parts(const Plan& plan) const;

 private:
  std::vector<bool> in_folder(const Plan& plan, const StageCell& stage_cell,
                              std::vector<std::string>* set_aside);
  bool is_whole(const std::string& file, FileStamp now);
  void add_line(const std::string& file, const JournalEntry& entry);
  std::filesystem::path root_;
  Journal journal_;
  JournalWriter writer_;
  std::string unwritten_;  ///< lines for the journal
  std::function<void(const std::string&)> warn_;
  bool warned_ = false;
  Work work_;
};

/// RUN/units.journal
std::filesystem::path journal_path(const std::filesystem::path& root);

}  // namespace vrp
