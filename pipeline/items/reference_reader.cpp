#include "pipeline/items/reference_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

/// Without blanks around it and without a plus sign (from_chars knows none).
std::string_view number_part(std::string_view cell) {
  const auto first = cell.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  cell = cell.substr(first, cell.find_last_not_of(' ') - first + 1);
  if (cell.size() > 1 && cell[0] == '+' && cell[1] != '-') cell.remove_prefix(1);
  return cell;
}

template <class Number>
std::optional<Number> parse_number(std::string_view cell) {
  const std::string_view text = number_part(cell);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// inf and infinity in any case are numbers; "nan" is a missing cell before it comes here.
std::optional<double> parse_float(std::string_view cell) {
  const std::string word = to_lower_ascii(number_part(cell));
  if (word.find("nan") != std::string::npos) return std::nullopt;
  return parse_number<double>(word);
}

std::optional<bool> parse_truth(std::string_view cell) {
  if (cell == "True" || cell == "TRUE" || cell == "true") return true;
  if (cell == "False" || cell == "FALSE" || cell == "false") return false;
  return std::nullopt;
}

}  // namespace

bool is_missing_cell(std::string_view cell) {
  constexpr std::array<std::string_view, 7> kMissing = {"",     "NA",   "N/A", "NaN",
                                                        "None", "null", "nan"};
  return std::find(kMissing.begin(), kMissing.end(), cell) != kMissing.end();
}

std::string python_float_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char text[64];
  const double size = std::abs(value);
  // repr: the shortest digits; an exponent below 1e-4 and from 1e16.
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto [end, error] = std::to_chars(text, text + sizeof text, value, format);
  std::string out(text, end);
  if (plain && out.find('.') == std::string::npos) out += ".0";
  return out;
}

void read_as_reference(std::vector<std::string*> column) {
  bool missing = false;
  std::erase_if(column, [&](std::string* cell) {
    if (!is_missing_cell(*cell)) return false;
    cell->clear();
    return missing = true;
  });
  if (column.empty()) return;
  const auto all = [&](const auto& parse) {
    return std::all_of(column.begin(), column.end(),
                       [&](const std::string* cell) { return parse(*cell).has_value(); });
  };
  if (!missing && all(parse_number<std::int64_t>)) {
    for (std::string* cell : column) *cell = std::to_string(*parse_number<std::int64_t>(*cell));
  } else if (all(parse_float)) {
    for (std::string* cell : column) *cell = python_float_text(*parse_float(*cell));
  } else if (all(parse_truth)) {
    for (std::string* cell : column) *cell = *parse_truth(*cell) ? "True" : "False";
  }
}

}  // namespace vrp
