#pragma once
// The header of a table as VLMEvalKit uses it: which column means what.
#include <string>
#include <vector>

#include "pipeline/items/tsv_reader.hpp"

namespace vrp {

struct TsvHeader {
  static constexpr int kAbsent = -1;

  /// Reads the first row. Error: an empty file, a column name twice, no column index or question,
  /// neither image nor image_path. A column without a name is called "Unnamed: 3" (its place, from
  /// 0), as the reference has it.
  explicit TsvHeader(TsvReader& reader);

  /// Error (with `where`): more or fewer cells than the header has, text (other than of the image
  /// column) that is no UTF-8 or has a NUL character, an empty index or question.
  void check_cells(const TsvRow& row, const std::string& where) const;
  /// What to call a row that was refused: its index if it has one, else `where`.
  std::string id_of(const TsvRow& row, const std::string& where) const;

  /// Of the column that is called so, or kAbsent.
  int find(const std::string& name) const;
  bool is_plain(std::size_t column) const;  ///< none of the columns below and no option

  std::vector<std::string> names;
  int index = kAbsent, image = kAbsent, image_path = kAbsent, question = kAbsent, hint = kAbsent,
      answer = kAbsent, category = kAbsent, split = kAbsent;
  std::vector<int> options;  ///< columns of A, B, C, ...; up to the last letter there is
};

}  // namespace vrp
