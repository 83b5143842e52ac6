#pragma once
// Keyed random numbers: who draws (seed, stage, item, purpose) fixes the key, what is drawn
// (path, step) fixes the counter. No state, so no order of calls can change a number.
#include <cstdint>
#include <string_view>

#include "kernels/philox.hpp"

namespace vrp {

constexpr std::uint64_t kDefaultSeed = 20260617;

class Rng {
 public:
  /// Key from the hash of (seed, stage, model, item key, purpose).
  Rng(std::uint64_t seed, std::string_view stage, std::string_view model, std::string_view item,
      std::string_view purpose);
  /// Key from the hash of (seed, purpose), for draws that belong to no item.
  Rng(std::uint64_t seed, std::string_view purpose);

  /// Uniform in [0, 1), a function of (key, a, b).
  double uniform(std::uint64_t a, std::uint64_t b = 0) const;
  /// Four 32-bit words, a function of (key, a, b).
  PhiloxCounter words(std::uint64_t a, std::uint64_t b = 0) const;
  /// Uniform integer in [0, bound), a function of (key, a, b); bound < 2^32. Multiply-shift of the
  /// first 64 bits: bias below bound / 2^64.
  std::uint64_t below(std::uint64_t bound, std::uint64_t a, std::uint64_t b = 0) const;
  PhiloxKey key() const { return key_; }

 private:
  PhiloxKey key_;
};

}  // namespace vrp
