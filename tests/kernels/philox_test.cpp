// Known answers: kat_vectors of the Random123 distribution, lines "philox4x32 10".
#include "kernels/philox.hpp"

#include <catch2/catch.hpp>

using vrp::philox4x32_10;

namespace {
void check(vrp::PhiloxCounter counter, vrp::PhiloxKey key, vrp::PhiloxCounter expected) {
  const auto found = philox4x32_10(counter, key);
  CHECK(found.c0 == expected.c0);
  CHECK(found.c1 == expected.c1);
  CHECK(found.c2 == expected.c2);
  CHECK(found.c3 == expected.c3);
}
}  // namespace

TEST_CASE("Philox4x32-10 gives the published known answers", "[kernels][philox]") {
  check({0, 0, 0, 0}, {0, 0}, {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
  check({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
  check({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}, {0xa4093822u, 0x299f31d0u},
        {0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u});
}

TEST_CASE("uniforms fill [0, 1) from 53 bits, the upper word first", "[kernels][philox]") {
  CHECK(vrp::uniform53(0, 0) == 0.0);
  CHECK(vrp::uniform53(0x80000000u, 0) == 0.5);
  CHECK(vrp::uniform53(~0u, ~0u) == 1.0 - 1.0 / 9007199254740992.0);
  CHECK(vrp::uniform53(0, 1u << 11) == 1.0 / 9007199254740992.0);
  CHECK(vrp::uniform53(0, (1u << 11) - 1) == 0.0);  // the lowest 11 bits are not used
}

TEST_CASE("a million uniforms have the mean and variance of the uniform law", "[kernels][philox]") {
  constexpr int n = 1'000'000;
  double sum = 0, squares = 0;
  for (int i = 0; i < n; ++i) {
    const auto w = philox4x32_10({static_cast<std::uint32_t>(i), 7, 0, 0}, {1, 2});
    const double u = vrp::uniform53(w.c0, w.c1);
    sum += u;
    squares += u * u;
  }
  const double mean = sum / n, variance = squares / n - mean * mean;
  CHECK(mean == Approx(0.5).margin(5 * 0.2887 / 1000));  // five standard errors
  CHECK(variance == Approx(1.0 / 12).margin(5 * 0.0745 / 1000));
}
