#include "pipeline/driver/unit_name.hpp"

#include <cstdio>

namespace vrp {

std::string unit_name(std::int64_t index, std::int64_t items, std::int64_t full) {
  char text[64];
  if (items == full) {
    std::snprintf(text, sizeof text, "unit-%06lld.h5", static_cast<long long>(index));
  } else {
    std::snprintf(text, sizeof text, "unit-%06lld.n%lld.h5", static_cast<long long>(index),
                  static_cast<long long>(items));
  }
  return text;
}

}  // namespace vrp
