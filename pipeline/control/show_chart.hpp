#pragma once
// Line charts of one text line.
#include <optional>
#include <string>
#include <vector>

namespace vrp {

using Curve =
    std::vector<std::optional<double>>;  ///< one value for each block; nothing = undefined

struct Scale {
  double low = 0, high = 0;
};
/// Smallest and largest value of all curves; {0, 0} when none has a value.
Scale scale_of(const std::vector<Curve>& curves);

/// One character for each value, eight heights over the scale; "?" where there is none. `unicode`:
/// block elements, else the digits 1 .. 8.
///   spark({-1, 0, 3}, {-1, 3}, false) = "138"
std::string spark(const Curve& curve, const Scale& scale, bool unicode);

/// Whether the terminal's locale (LC_ALL, LC_CTYPE, LANG) is UTF-8.
bool unicode_terminal();

}  // namespace vrp
