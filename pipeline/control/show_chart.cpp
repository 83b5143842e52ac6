#include "pipeline/control/show_chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "pipeline/base/text.hpp"

namespace vrp {

Scale scale_of(const std::vector<Curve>& curves) {
  std::optional<Scale> out;
  for (const Curve& curve : curves)
    for (const auto& value : curve) {
      if (!value || !std::isfinite(*value)) continue;
      if (!out) out = {*value, *value};
      out->low = std::min(out->low, *value);
      out->high = std::max(out->high, *value);
    }
  return out.value_or(Scale{});
}

std::string spark(const Curve& curve, const Scale& scale, bool unicode) {
  constexpr std::array<const char*, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::string out;
  for (const auto& value : curve) {
    if (!value || !std::isfinite(*value)) {
      out += "?";
      continue;
    }
    const double span = scale.high - scale.low;
    const double share = span > 0 ? (*value - scale.low) / span : 0.5;
    const auto height = static_cast<std::size_t>(std::clamp(std::floor(share * 8), 0.0, 7.0));
    if (unicode)
      out += kBlocks[height];
    else
      out += static_cast<char>('1' + height);
  }
  return out;
}

bool unicode_terminal() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string text = to_lower_ascii(value);
    return text.find("utf-8") != std::string::npos || text.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace vrp
