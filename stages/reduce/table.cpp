#include "stages/reduce/table.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "pipeline/base/error.hpp"
#include "pipeline/items/code_point.hpp"

namespace vrp {

void Table::add(std::vector<Cell> machine, std::vector<std::string> people) {
  if (machine.size() != columns.size())
    fail("table ", id, ": a row has ", machine.size(), " values, expected ", columns.size());
  if (!people.empty() && people.size() != headers.size())
    fail("table ", id, ": a row has ", people.size(), " cells, expected ", headers.size());
  rows.push_back(std::move(machine));
  if (!people.empty()) display.push_back(std::move(people));
}

std::string number_text(double value) {
  if (!std::isfinite(value)) return "";
  if (value == 0) value = 0;  // no negative zero
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

std::string fixed(double value, int decimals, bool plus) {
  if (!std::isfinite(value)) return "n/a";
  std::array<char, 400> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
  std::string text = buffer.data();
  const bool zero = text.find_first_of("123456789") == std::string::npos;
  if (zero && text.front() == '-') text.erase(0, 1);
  return plus && text.front() != '-' ? concat('+', text) : text;
}

std::string p_text(double p) {
  if (!std::isfinite(p)) return "n/a";
  return p < 0.001 ? "<0.001" : fixed(p, 3);
}

std::string interval_text(double low, double high, int decimals, bool plus) {
  if (!std::isfinite(low) || !std::isfinite(high)) return "n/a";
  return concat('[', fixed(low, decimals, plus), ", ", fixed(high, decimals, plus), ']');
}

namespace {

/// Text from items may hold any bytes; files hold valid UTF-8 without control characters. What is
/// neither becomes U+FFFD, tabs and line breaks stay.
std::string valid_text(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = code_point(text, at);
    const bool space = text[at] == '\t' || text[at] == '\n' || text[at] == '\r';
    const bool control =
        (point.value < 0x20 && !space) || (point.value >= 0x7F && point.value < 0xA0);
    const bool overlong =
        (point.bytes == 3 && point.value < 0x800) || (point.bytes == 4 && point.value < 0x10000);
    const bool lone = point.bytes == 1 && point.value >= 0x80;
    if (control || overlong || lone || !put_code_point(out, point.value))
      put_code_point(out, 0xFFFD);
    at += point.bytes;
  }
  return out;
}

std::vector<std::string> valid_texts(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const std::string& text : texts) out.push_back(valid_text(text));
  return out;
}

std::string csv_quote(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string cell_text(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return valid_text(*text);
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return std::to_string(*integer);
  return number_text(std::get<double>(cell));
}

Json cell_json(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return valid_text(*text);
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return *integer;
  const double value = std::get<double>(cell);
  return std::isfinite(value) ? Json(value == 0 ? 0.0 : value) : Json(nullptr);
}

}  // namespace

std::string to_csv(const Table& table) {
  std::string out;
  for (const std::string& column : table.columns) out += csv_quote(column) + ",";
  out += "partial\n";
  for (const auto& row : table.rows) {
    for (const Cell& cell : row) out += csv_quote(cell_text(cell)) + ",";
    out += table.partial.empty() ? "0\n" : "1\n";
  }
  return out;
}

Json to_json(const Table& table) {
  Json rows = Json::array();
  for (const auto& row : table.rows) {
    Json object = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) object[table.columns[i]] = cell_json(row[i]);
    rows.push_back(std::move(object));
  }
  Json display = Json::array();
  for (const auto& row : table.display) display.push_back(valid_texts(row));
  return {{"id", table.id},
          {"title", table.title},
          {"partial", valid_text(table.partial)},
          {"columns", table.columns},
          {"entity", table.entity},
          {"rows", rows},
          {"notes", valid_texts(table.notes)},
          {"headers", table.headers},
          {"numeric", table.numeric},
          {"display", display}};
}

std::string markdown_escape(std::string_view text) {
  const std::string valid = valid_text(std::string(text));
  const auto is_word = [&](std::size_t at) {
    const char c = at < valid.size() ? valid[at] : ' ';
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  std::string out;
  for (std::size_t i = 0; i < valid.size(); ++i) {
    const char c = valid[i];
    if (c == '\n' || c == '\r' || c == '\t') {
      out += ' ';
      continue;
    }
    // An underscore inside a word ("demo_pope") is no emphasis and stays readable.
    const bool emphasis = c == '_' && !(i > 0 && is_word(i - 1) && is_word(i + 1));
    if (emphasis || std::string_view("\\|<>*`[]&~$#").find(c) != std::string_view::npos)
      out += '\\';
    out += c;
  }
  return out;
}

std::string to_markdown(const Table& table) {
  std::string out = "# " + markdown_escape(table.title) + "\n\n";
  if (!table.partial.empty()) out += "**PARTIAL:** " + markdown_escape(table.partial) + "\n\n";
  if (table.display.empty()) {
    out += "No rows.\n";
  } else {
    out += "|";
    for (const std::string& header : table.headers)
      out += concat(' ', markdown_escape(header), " |");
    out += "\n|";
    for (const bool numeric : table.numeric) out += numeric ? " ---: |" : " :--- |";
    out += "\n";
    for (const auto& row : table.display) {
      out += "|";
      for (const std::string& cell : row) out += concat(' ', markdown_escape(cell), " |");
      out += "\n";
    }
  }
  for (const std::string& note : table.notes) out += "\n- " + markdown_escape(note);
  return out + (table.notes.empty() ? "" : "\n");
}

}  // namespace vrp
