#pragma once
// What the cells of a table's row mean: options, answers, groups.
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/items/table_builder.hpp"
#include "pipeline/items/tsv_header.hpp"

namespace vrp {

/// A row without its picture.
struct KeptRow {
  std::string where;
  std::vector<std::string> cells;
  std::string index;  ///< as it stands in the table

  /// "" when the table has no such column.
  const std::string& cell(int column) const;
};

/// Options A, B, C ... up to the last that is there; an absent one before it is an empty text.
std::vector<std::string> tsv_choices(const TsvHeader& header, const KeptRow& row);

/// The kind that all answers have: "choice" (letters of options that are there), "yes_no", "vqa"
/// (list literals of ten strings), otherwise "text". Without any answer "choice" if all rows have
/// options, else "text".
std::string decide_tsv_kind(const TsvHeader& header, const std::vector<KeptRow>& rows);

/// Sets `answer` (or `answers`, from a list literal) as `kind` stores them: yes and no in lower
/// case. Needs row.choices. Error: a letter without its option, what cannot be a reference of the
/// kind, a malformed list.
void set_tsv_answer(SourceRow& row, const TsvHeader& header, const KeptRow& kept,
                    const std::string& kind);

/// The columns without a meaning of their own, and category, split and image_path; empty cells are
/// left out. A category with commas gives the list "categories" too: the row counts in each.
Json tsv_metadata(const TsvHeader& header, const KeptRow& row);

/// What an imported table's answers give reason to say.
std::vector<std::string> tsv_answer_warnings(const ItemTable& table, const std::string& kind);

}  // namespace vrp
