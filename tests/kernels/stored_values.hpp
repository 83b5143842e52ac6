#pragma once
// Values for tests of kernels over the three stored types.
#include <vector>

#include "kernels/philox.hpp"
#include "kernels/stored_types.hpp"

namespace vrp {

/// `count` numbers within +-size, the same for each `seed`, rounded to T.
template <class T>
std::vector<T> stored_noise(std::uint32_t seed, std::int64_t count, double size = 2) {
  std::vector<T> values;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto w = philox4x32_10({static_cast<std::uint32_t>(i), seed, 0, 0}, {3, 9});
    values.push_back(store<T>(static_cast<float>(size * (2 * uniform53(w.c0, w.c1) - 1))));
  }
  return values;
}

template <class T>
const char* stored_name();
template <>
inline const char* stored_name<float>() {
  return "float";
}
template <>
inline const char* stored_name<HalfFloat>() {
  return "half";
}
template <>
inline const char* stored_name<BrainFloat>() {
  return "bfloat16";
}

/// Half a unit in the last place, relative.
template <class T>
double stored_rounding();
template <>
inline double stored_rounding<float>() {
  return 0x1p-24;
}
template <>
inline double stored_rounding<HalfFloat>() {
  return 0x1p-11;
}
template <>
inline double stored_rounding<BrainFloat>() {
  return 0x1p-8;
}

}  // namespace vrp
