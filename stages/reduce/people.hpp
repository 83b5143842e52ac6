#pragma once
// Rows for people, in which nothing stays unexplained: a cell without a number carries the letter
// of its reason, "n/a (a)", and every reason is one note of the table, "(a) the signal is
// constant.".
#include <string>
#include <vector>

#include "stages/reduce/table.hpp"

namespace vrp {

class People {
 public:
  explicit People(Table& table) : table_(&table) {}

  /// `text`, with the letter of `reason` behind it where it is "n/a" or `always` is set; e.g. "n/a
  /// (a)". Equal reasons share a letter. An empty reason is printed as one that was not recorded.
  std::string cell(std::string text, const std::string& reason, bool always = false);

  /// Appends a row; what is still "n/a" in it gets the letter of `reason`. Error on a wrong length.
  void add(std::vector<std::string> cells, const std::string& reason = {});

  /// Appends the reasons as notes, and what "-" means where a cell is "-" and no note says so.
  void write();

 private:
  Table* table_;
  std::vector<std::string> reasons_;
};

/// "a", "b" ... "z", "aa" ... for 0, 1 ...
std::string note_letter(std::size_t index);

}  // namespace vrp
