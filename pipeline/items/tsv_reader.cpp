#include "pipeline/items/tsv_reader.hpp"

#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

bool is_blank(const TsvRow& row) { return row.cells.size() == 1 && row.cells[0].empty(); }

}  // namespace

TsvReader::TsvReader(std::istream& in, std::string name)
    : in_(in), name_(std::move(name)), buffer_(kBufferBytes) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (peek() != kEnd && std::string_view(buffer_.data(), filled_).starts_with(kMark)) {
    at_ = kMark.size();
  }
}

std::string TsvReader::where(const TsvRow& row) const { return concat(name_, ":", row.line); }

int TsvReader::peek() {
  if (at_ == filled_) {
    in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    if (in_.bad()) fail(name_, ": read error near line ", line_);
    filled_ = static_cast<std::size_t>(in_.gcount());
    at_ = 0;
    if (filled_ == 0) return kEnd;
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

int TsvReader::get() {
  const int c = peek();
  if (c != kEnd) ++at_;
  if (c == '\n') ++line_;
  return c;
}

void TsvReader::append(std::string& cell, int c) {
  if (cell.size() == kMostCellBytes) {
    fail(name_, ": a cell that reaches line ", line_, " has over ", kMostCellBytes,
         " bytes, is a closing quote missing? It begins '", excerpt(cell, 40), "'");
  }
  cell += static_cast<char>(c);
}

/// Behind the opening quote; ends behind the closing one.
void TsvReader::read_quoted(std::string& cell) {
  const std::size_t opened = line_;
  while (true) {
    const int c = get();
    if (c == kEnd) {
      fail(name_, ":", opened, ": unclosed quote: the cell '\"", excerpt(cell, 40),
           "' runs to the end of the file");
    }
    if (c == '"') {
      if (peek() != '"') return;
      get();
    }
    append(cell, c);
  }
}

/// Returns what ended the cell: a tab, a line feed (a CR before it is left out), or the end.
int TsvReader::read_cell(std::string& cell) {
  if (peek() == '"') {
    get();
    read_quoted(cell);
  }
  while (true) {
    const int c = get();
    if (c == '\t' || c == '\n' || c == kEnd) return c;
    if (c == '\r' && peek() == '\n') return get();
    append(cell, c);
  }
}

bool TsvReader::read_line_row(TsvRow& row) {
  row.cells.clear();
  row.line = line_;
  if (peek() == kEnd) return false;
  int ended = '\t';
  while (ended == '\t') {
    row.cells.emplace_back();
    ended = read_cell(row.cells.back());
  }
  return true;
}

bool TsvReader::next(TsvRow& row) {
  if (blanks_ == 0 && !has_behind_) {
    if (!read_line_row(row)) return false;
    if (!is_blank(row)) return true;
    pending_blank_ = row.line;
    // Empty lines are rows only when another row follows.
    for (blanks_ = 1; (has_behind_ = read_line_row(behind_)) && is_blank(behind_);) ++blanks_;
    if (!has_behind_) {
      blanks_ = 0;
      return false;
    }
  }
  if (blanks_ > 0) {
    row.cells.assign(1, "");
    row.line = pending_blank_++;
    --blanks_;
    return true;
  }
  has_behind_ = false;
  std::swap(row, behind_);
  return true;
}

}  // namespace vrp
