#include "pipeline/items/tsv_header.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {

TsvHeader::TsvHeader(TsvReader& reader) {
  TsvRow row;
  if (!reader.next(row)) fail(reader.name(), ": the file is empty, expected a header");
  const std::string where = reader.where(row);
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const std::string name = row.cells[i].empty() ? concat("Unnamed: ", i) : row.cells[i];
    if (!valid_utf8(name)) fail(where, ": invalid UTF-8 in column name '", excerpt(name), "'");
    if (find(name) != kAbsent) fail(where, ": column '", excerpt(name), "' is there twice");
    names.push_back(name);
  }
  index = find("index");
  image = find("image");
  image_path = find("image_path");
  question = find("question");
  hint = find("hint");
  answer = find("answer");
  category = find("category");
  split = find("split");
  const std::string found = "found " + excerpt(join(names, ", "), 200);
  if (index == kAbsent) fail(where, ": the header has no column 'index', ", found);
  if (question == kAbsent) fail(where, ": the header has no column 'question', ", found);
  if (image == kAbsent && image_path == kAbsent) {
    fail(where, ": the header has neither column 'image' nor 'image_path', ", found);
  }
  for (char letter = 'A'; letter <= 'Z'; ++letter) options.push_back(find(std::string(1, letter)));
  while (!options.empty() && options.back() == kAbsent) options.pop_back();
}

void TsvHeader::check_cells(const TsvRow& row, const std::string& where) const {
  if (row.cells.size() != names.size()) {
    fail(where, ": the row has ", row.cells.size(), " cells, the header has ", names.size(), ": '",
         excerpt(join(row.cells, "\t").substr(0, 200)), "'");
  }
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const std::string& cell = row.cells[i];
    if (static_cast<int>(i) == image) continue;
    if (std::size_t bad = 0; !valid_utf8(cell, &bad)) {
      fail(where, ": column '", names[i], "': invalid UTF-8 at byte ", bad + 1, " of '",
           excerpt(cell), "'");
    }
    if (cell.find('\0') != std::string::npos) {
      fail(where, ": column '", names[i], "': '", excerpt(cell), "' has a NUL character");
    }
  }
  for (const int column : {index, question}) {
    const auto at = static_cast<std::size_t>(column);
    if (trim(row.cells[at]).empty()) fail(where, ": column '", names[at], "' is empty");
  }
}

std::string TsvHeader::id_of(const TsvRow& row, const std::string& where) const {
  const auto at = static_cast<std::size_t>(index);
  return at < row.cells.size() && !row.cells[at].empty() && valid_utf8(row.cells[at])
             ? row.cells[at]
             : where;
}

int TsvHeader::find(const std::string& name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? kAbsent : static_cast<int>(found - names.begin());
}

bool TsvHeader::is_plain(std::size_t column) const {
  const int at = static_cast<int>(column);
  const int known[] = {index, image, question, hint, answer};
  return std::find(std::begin(known), std::end(known), at) == std::end(known) &&
         std::find(options.begin(), options.end(), at) == options.end();
}

}  // namespace vrp
