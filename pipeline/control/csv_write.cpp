#include "pipeline/control/csv_write.hpp"

#include <charconv>
#include <cmath>

#include "pipeline/base/json.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {

std::string clean_utf8(std::string_view text) {
  if (valid_utf8(text)) return std::string(text);
  const std::string quoted =
      Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(quoted).get<std::string>();
}

std::string csv_cell(std::string_view text) {
  const std::string clean = clean_utf8(text);
  if (clean.find_first_of(",\"\r\n") == std::string::npos) return clean;
  std::string out = "\"";
  for (const char c : clean) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string exact_number(double value) {
  if (!std::isfinite(value)) return "";
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return {text, end};
}

std::string csv_line(const std::vector<std::string>& cells) { return join(cells, ",") + "\n"; }

}  // namespace vrp
