#include "pipeline/base/rng.hpp"

#include "pipeline/base/hash.hpp"

namespace vrp {
namespace {
PhiloxKey key_of(const Hasher& hasher) {
  const Hash128 hash = hasher.finish();
  return {static_cast<std::uint32_t>(hash.low), static_cast<std::uint32_t>(hash.low >> 32)};
}
}  // namespace

Rng::Rng(std::uint64_t seed, std::string_view stage, std::string_view model, std::string_view item,
         std::string_view purpose) {
  Hasher hasher;
  hasher.add(static_cast<std::int64_t>(seed)).add(stage).add(model).add(item).add(purpose);
  key_ = key_of(hasher);
}

Rng::Rng(std::uint64_t seed, std::string_view purpose) : Rng(seed, "", "", "", purpose) {}

PhiloxCounter Rng::words(std::uint64_t a, std::uint64_t b) const {
  return philox4x32_10({static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(a >> 32),
                        static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(b >> 32)},
                       key_);
}

double Rng::uniform(std::uint64_t a, std::uint64_t b) const {
  const PhiloxCounter w = words(a, b);
  return uniform53(w.c0, w.c1);
}

std::uint64_t Rng::below(std::uint64_t bound, std::uint64_t a, std::uint64_t b) const {
  const PhiloxCounter w = words(a, b);
  // (64 random bits * bound) >> 64 in two halves, since bound < 2^32.
  const std::uint64_t low = (std::uint64_t{w.c1} * bound) >> 32;
  return (std::uint64_t{w.c0} * bound + low) >> 32;
}

}  // namespace vrp
