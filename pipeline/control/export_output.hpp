#pragma once
// Where an export goes: standard output, or a file that is there as a whole or not at all.
#include <cstdio>
#include <string>
#include <string_view>

namespace vrp {

class ExportOutput {
 public:
  /// "" = standard output. Error (bad_input) when the file's neighbour cannot be created.
  explicit ExportOutput(std::string path);
  ~ExportOutput();  ///< without `commit` nothing is left of the file
  ExportOutput(const ExportOutput&) = delete;
  ExportOutput& operator=(const ExportOutput&) = delete;

  /// Error (bad_input) with the system's text: a full disk, a closed pipe.
  void write(std::string_view bytes);
  /// Flushes; a file is synced and renamed to its name.
  void commit();

 private:
  [[noreturn]] void fail_system(const char* what) const;
  std::string path_, temporary_;
  std::FILE* file_ = nullptr;
};

}  // namespace vrp
