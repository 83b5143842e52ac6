#include "pipeline/control/csv.hpp"

#include <algorithm>
#include <numeric>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

class Parser {
 public:
  Parser(std::string_view text, const std::string& where) : text_(text), where_(where) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text_.substr(0, 3) == kByteOrderMark) text_.remove_prefix(3);
    std::size_t offset = 0;
    if (!valid_utf8(text_, &offset)) {
      const auto lines = std::count(text_.begin(), text_.begin() + static_cast<long>(offset), '\n');
      fail(where_, ":", 1 + lines, ": not UTF-8; save the table as UTF-8");
    }
  }

  bool at_end() const { return at_ == text_.size(); }
  std::int64_t line() const { return line_; }

  // One record; afterwards the parser stands behind its line end.
  std::vector<std::string> record() {
    std::vector<std::string> cells;
    while (true) {
      cells.push_back(!at_end() && text_[at_] == '"' ? quoted(cells.size()) : plain(cells.size()));
      if (!at_end() && text_[at_] == ',') {
        ++at_;
        continue;
      }
      skip_line_end(cells.size());
      return cells;
    }
  }

 private:
  template <class... Parts>
  [[noreturn]] void fail_here(std::int64_t line, std::size_t cell, const Parts&... parts) const {
    fail(where_, ":", line, ": cell ", cell, ": ", parts...);
  }

  std::string plain(std::size_t before) {
    const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    std::string cell(text_.substr(at_, end - at_));
    if (cell.find('"') != std::string::npos) {
      fail_here(line_, before + 1, "a quote inside '", excerpt(cell),
                "', expected the whole cell in quotes and its quotes doubled");
    }
    at_ = end;
    return cell;
  }

  std::string quoted(std::size_t before) {
    const std::int64_t opened = line_;
    std::string cell;
    for (++at_; !at_end(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        cell += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        cell += text_[++at_];
      } else {
        ++at_;
        return cell;
      }
    }
    fail_here(opened, before + 1, "its quote is never closed");
  }

  void skip_line_end(std::size_t cells) {
    if (at_end()) return;
    if (text_[at_] == '\r') {
      if (at_ + 1 == text_.size() || text_[at_ + 1] != '\n') {
        fail_here(line_, cells, "a carriage return without a line feed");
      }
      ++at_;
    }
    if (text_[at_] != '\n') {
      fail_here(line_, cells, "text after the closing quote: '", excerpt(text_.substr(at_, 20), 20),
                "', expected a comma or the end of the line");
    }
    ++at_;
    ++line_;
  }

  std::string_view text_;
  const std::string& where_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
};

bool is_blank(const std::vector<std::string>& cells) {
  return cells.size() == 1 && cells[0].empty();
}

}  // namespace

CsvTable parse_csv(std::string_view text, const std::string& where) {
  Parser parser(text, where);
  CsvTable table;
  table.where = where;
  while (!parser.at_end() && table.header.empty()) {
    std::vector<std::string> cells = parser.record();
    if (!is_blank(cells)) table.header = std::move(cells);
  }
  if (table.header.empty()) fail(where, ": empty, expected a header line with column names");
  const bool one_column = table.header.size() == 1;
  while (!parser.at_end()) {
    const std::int64_t line = parser.line();
    std::vector<std::string> cells = parser.record();
    if (is_blank(cells) && !one_column) continue;
    if (cells.size() != table.header.size()) {
      fail(where, ":", line, ": ", cells.size(), " cells, expected ", table.header.size(),
           " as in the header");
    }
    table.rows.push_back(std::move(cells));
    table.line.push_back(line);
  }
  while (one_column && !table.rows.empty() && is_blank(table.rows.back())) {
    table.rows.pop_back();
    table.line.pop_back();
  }
  return table;
}

CsvTable read_csv(const std::filesystem::path& path) {
  return parse_csv(read_text(path), path.string());
}

std::size_t CsvTable::column(std::string_view name) const {
  const auto place = std::find(header.begin(), header.end(), name);
  if (place == header.end()) {
    const std::string near = nearest(name, header);
    fail_usage(where, ": no column '", name, "'; ",
               near.empty() ? concat("the columns are ", excerpt(join(header, ", "), 300))
                            : concat("did you mean '", near, "'?"));
  }
  if (std::find(place + 1, header.end(), name) != header.end()) {
    fail(where, ":1: two columns are named '", name, "'");
  }
  return static_cast<std::size_t>(place - header.begin());
}

std::string CsvTable::place(std::size_t row, std::size_t column) const {
  return concat(where, ":", line[row], ": column '", header[column], "'");
}

std::vector<std::size_t> content_order(const CsvTable& table) {
  std::vector<std::size_t> order(table.rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return table.rows[a] < table.rows[b]; });
  return order;
}

}  // namespace vrp
