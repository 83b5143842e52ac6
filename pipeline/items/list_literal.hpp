#pragma once
// Python list literals of strings, as tables hold them: parsed, never evaluated.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vrp {

/// Whether the text is meant as a list of strings: begins with [ and a quote after blanks.
bool looks_like_list(std::string_view text);

/// The strings of "['a', \"b\", 'it\\'s']": either quote, \\-escapes (\n \t \r \a \b \f \v \0..\777
/// \xHH \uHHHH \UHHHHHHHH \\ \' \" and an escaped line end; other backslashes stay), a trailing
/// comma, blanks and line ends between. Nothing for any other text: prefixes, adjacent strings,
/// numbers, nested lists, an escape that is no character.
std::optional<std::vector<std::string>> parse_list_literal(std::string_view text);

}  // namespace vrp
