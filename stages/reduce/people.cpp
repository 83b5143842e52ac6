#include "stages/reduce/people.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {

std::string note_letter(std::size_t index) {
  std::string letters;
  for (std::size_t rest = index + 1; rest > 0; rest = (rest - 1) / 26)
    letters.insert(letters.begin(), static_cast<char>('a' + (rest - 1) % 26));
  return letters;
}

std::string People::cell(std::string text, const std::string& reason, bool always) {
  if (text != "n/a" && !always) return text;
  const std::string why = trim(reason).empty() ? "no reason was recorded" : trim(reason);
  auto known = std::find(reasons_.begin(), reasons_.end(), why);
  if (known == reasons_.end()) known = reasons_.insert(known, why);
  return concat(text, " (", note_letter(static_cast<std::size_t>(known - reasons_.begin())), ")");
}

void People::add(std::vector<std::string> cells, const std::string& reason) {
  if (cells.size() != table_->headers.size())
    fail("table ", table_->id, ": a row has ", cells.size(), " cells, expected ",
         table_->headers.size());
  for (std::string& text : cells) text = cell(std::move(text), reason);
  table_->display.push_back(std::move(cells));
}

void People::write() {
  for (std::size_t i = 0; i < reasons_.size(); ++i)
    table_->notes.push_back(
        concat("(", note_letter(i), ") ", reasons_[i], reasons_[i].ends_with('.') ? "" : "."));
  reasons_.clear();
  const bool dash = std::any_of(table_->display.begin(), table_->display.end(),
                                [](const std::vector<std::string>& row) {
                                  return std::find(row.begin(), row.end(), "-") != row.end();
                                });
  const bool said =
      std::any_of(table_->notes.begin(), table_->notes.end(),
                  [](const std::string& note) { return note.find("'-'") != std::string::npos; });
  if (dash && !said) table_->notes.push_back("'-': does not apply to the row.");
}

}  // namespace vrp
