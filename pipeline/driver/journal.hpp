#pragma once
// RUN/units.journal: one line a finished unit, so that a start, `vrp status` and `vrp failed` need
// not open 100,000 HDF5 files. It repeats what the files say: losing it costs a check of each file.
//
//   # vrp journal 2: bytes nanoseconds failed_items seconds host file
//   51888 1795974176409894209 0 3.25 node17 m/pope/capture@6c0ea41bdc87/unit-000000.h5
//
// Version 1 had three fields: bytes nanoseconds file. Lines are appended by rank 0 alone, and its
// count of lines grows when a unit was finished (or found finished for the first time).
#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>

namespace vrp {

/// What is known of a finished unit besides its file.
struct UnitFacts {
  std::int64_t failed_items = 0;
  double seconds = 0;  ///< from its start to its commit; 0 = unknown
  std::string host;    ///< "" = unknown
};

/// Size and time of change of a file; both 0 = there is none.
struct FileStamp {
  std::uintmax_t bytes = 0;
  std::int64_t nanoseconds = 0;
  bool operator==(const FileStamp&) const = default;
};

struct JournalEntry {
  FileStamp stamp;
  UnitFacts facts;
  bool facts_known = true;  ///< false for a line of version 1
};

struct Journal {
  std::unordered_map<std::string, JournalEntry> entries;  ///< by file; the last line of a file wins
  std::size_t unreadable = 0;                             ///< lines that are no entry
};

/// The entries of `file`; an empty journal when it is missing. Lines that are no entry (torn by a
/// killed run, damaged) are counted and left out. Error when the file is there but not readable.
Journal read_journal(const std::filesystem::path& file);

/// One line, without its end.
std::string journal_line(const std::string& unit_file, const JournalEntry& entry);

/// Appends lines to a journal, which it keeps open.
class JournalWriter {
 public:
  JournalWriter() = default;
  JournalWriter(JournalWriter&& other) noexcept;
  JournalWriter& operator=(JournalWriter&& other) noexcept;
  ~JournalWriter();

  /// Appends one line, or several, in one write; opens `file` at the first call, and then ends a
  /// line that a killed run left torn. Empty, or what the system said when it could not: a later
  /// call tries again.
  std::string append(const std::filesystem::path& file, const std::string& line);

 private:
  void close() noexcept;
  int descriptor_ = -1;
  bool torn_ = false;   ///< the last line has no end
  bool empty_ = false;  ///< the heading is still to be written
};

}  // namespace vrp
