#pragma once
// Philox4x32-10 counter-based random numbers: the same bits on CPU and GPU.
// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011; constants and
// known answers as in the Random123 distribution (kat_vectors).
#include <array>
#include <cstdint>

#if defined(__CUDACC__)
#define VRP_HOST_DEVICE __host__ __device__
#else
#define VRP_HOST_DEVICE
#endif

namespace vrp {

struct PhiloxKey {
  std::uint32_t k0 = 0, k1 = 0;
};
struct PhiloxCounter {
  std::uint32_t c0 = 0, c1 = 0, c2 = 0, c3 = 0;
};

/// Ten rounds of Philox4x32: four independent 32-bit words for each (counter, key).
VRP_HOST_DEVICE inline PhiloxCounter philox4x32_10(PhiloxCounter c, PhiloxKey k) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c.c0;
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * c.c2;
    c = PhiloxCounter{
        static_cast<std::uint32_t>(p1 >> 32) ^ c.c1 ^ k.k0, static_cast<std::uint32_t>(p1),
        static_cast<std::uint32_t>(p0 >> 32) ^ c.c3 ^ k.k1, static_cast<std::uint32_t>(p0)};
    k.k0 += 0x9E3779B9u;
    k.k1 += 0xBB67AE85u;
  }
  return c;
}

/// Uniform double in [0, 1) from two words: 53 bits, the upper word first.
VRP_HOST_DEVICE inline double uniform53(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (std::uint64_t{high} << 21) ^ (low >> 11);
  return static_cast<double>(bits) * (1.0 / 9007199254740992.0);
}

}  // namespace vrp
