#pragma once
// Tab-separated text with CSV quoting, read row by row: files of any size, cells of many megabytes.
#include <cstddef>
#include <istream>
#include <string>
#include <vector>

namespace vrp {

struct TsvRow {
  std::vector<std::string> cells;
  std::size_t line = 0;  ///< of the file, from 1, where the row begins
};

/// Cells that begin with a quote end at the next single one: they may hold tabs, line ends and
/// quotes written twice; what follows their end up to the next tab belongs to the cell as it
/// stands, as the reference's reader has it. A quote elsewhere is a character like others. Lines
/// end with LF or CRLF; a byte-order mark, a missing last line end and empty lines at the end are
/// accepted.
class TsvReader {
 public:
  /// `name` is for messages.
  TsvReader(std::istream& in, std::string name);

  /// The next row; false at the end. Error: a quote that is not closed, a cell over kMostCellBytes
  /// (then a quote is missing), a read error; nothing can be read behind these. An empty line with
  /// rows behind it is a row of one empty cell.
  bool next(TsvRow& row);
  const std::string& name() const { return name_; }
  /// "NAME:7" for messages.
  std::string where(const TsvRow& row) const;

  static constexpr std::size_t kMostCellBytes = std::size_t{256} << 20;

 private:
  static constexpr int kEnd = -1;

  int peek();
  int get();
  bool read_line_row(TsvRow& row);
  int read_cell(std::string& cell);
  void read_quoted(std::string& cell);
  void append(std::string& cell, int c);

  std::istream& in_;
  std::string name_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, filled_ = 0;
  std::size_t line_ = 1;
  std::size_t pending_blank_ = 0;  ///< line of the first of empty lines not yet handed out
  std::size_t blanks_ = 0;
  TsvRow behind_;  ///< the row behind those empty lines
  bool has_behind_ = false;
};

}  // namespace vrp
