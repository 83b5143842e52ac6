#include "kernels/panel_product.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/philox.hpp"

using namespace vrp;

namespace {

/// Numbers in (-1, 1) with 8 significant bits, so that every stored type holds them exactly.
std::vector<float> noise(std::uint32_t seed, std::int64_t count) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto w = philox4x32_10({static_cast<std::uint32_t>(i), seed, 0, 0}, {1, 9});
    values.push_back(static_cast<float>(static_cast<int>(w.c0 & 255) - 128) / 128.0f);
  }
  return values;
}

std::vector<std::uint16_t> halves(const std::vector<float>& values, Stored type) {
  std::vector<std::uint16_t> bits;
  for (const float value : values) {
    if (type == Stored::f16) {
      const auto half = static_cast<_Float16>(value);
      std::uint16_t b;
      std::memcpy(&b, &half, 2);
      bits.push_back(b);
    } else {
      std::uint32_t b;
      std::memcpy(&b, &value, 4);
      bits.push_back(static_cast<std::uint16_t>(b >> 16));
    }
  }
  return bits;
}

struct Sizes {
  std::int64_t m, k, n;
};
// One row to several blocks of twelve; terms within one sum block and over two; panels whole,
// padded.
const std::vector<Sizes> kSizes = {{1, 7, 1},   {3, 64, 32},   {12, 33, 40},  {13, 20, 95},
                                   {25, 5, 64}, {2, 1025, 33}, {100, 40, 31}, {7, 2500, 96}};

std::vector<float> product(const std::vector<float>& x, const std::vector<float>& w, Sizes s,
                           Instructions instructions, Stored type = Stored::f32,
                           const float* bias = nullptr, std::int64_t parts = 1) {
  std::vector<char> panels(static_cast<std::size_t>(packed_elements(s.n, s.k)) * 4);
  if (type == Stored::f32) {
    pack_panels(w.data(), type, s.n, s.k, 0, panels.data(), type);
  } else {
    pack_panels(halves(w, type).data(), type, s.n, s.k, 0, panels.data(), type);
  }
  const PanelMatrix matrix = packed_matrix(panels.data(), type, s.n, s.k);
  std::vector<float> y(static_cast<std::size_t>(s.m * s.n),
                       std::numeric_limits<float>::quiet_NaN());
  const RowBlocks rows(x.data(), s.m, s.k, s.k);
  for (std::int64_t p = 0; p < parts; ++p) {
    panel_product(rows, matrix, matrix.panels() * p / parts, matrix.panels() * (p + 1) / parts,
                  bias, y.data(), s.n, instructions);
  }
  return y;
}

std::vector<Instructions> available() {
  std::vector<Instructions> all = {Instructions::plain};
  if (best_instructions() != Instructions::plain) all.push_back(Instructions::avx2);
  if (best_instructions() == Instructions::avx512) all.push_back(Instructions::avx512);
  return all;
}

}  // namespace

TEST_CASE("a product is the sum of products", "[kernels][panel_product]") {
  for (const Sizes s : kSizes) {
    const auto x = noise(1, s.m * s.k), w = noise(2, s.n * s.k), bias = noise(3, s.n);
    for (const Instructions instructions : available()) {
      const auto y = product(x, w, s, instructions, Stored::f32, bias.data());
      for (std::int64_t m = 0; m < s.m; ++m) {
        for (std::int64_t n = 0; n < s.n; ++n) {
          double sum = bias[static_cast<std::size_t>(n)], size = 1;
          for (std::int64_t k = 0; k < s.k; ++k) {
            const double term = double{x[static_cast<std::size_t>(m * s.k + k)]} *
                                w[static_cast<std::size_t>(n * s.k + k)];
            sum += term;
            size += std::abs(term);
          }
          const double found = y[static_cast<std::size_t>(m * s.n + n)];
          INFO(s.m << " x " << s.k << " x " << s.n << ", entry " << m << ", " << n << ": " << found
                   << ", expected " << sum);
          REQUIRE(std::abs(found - sum) <= 1e-6 * size);
        }
      }
    }
  }
}

TEST_CASE("every instruction set gives the bits of the plain loops", "[kernels][panel_product]") {
  for (const Sizes s : kSizes) {
    auto x = noise(4, s.m * s.k), w = noise(5, s.n * s.k);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] *= 1.0f + 1e-3f * static_cast<float>(i % 17);
    const auto bias = noise(6, s.n);
    for (const Stored type : {Stored::f32, Stored::f16, Stored::bf16}) {
      const auto plain = product(x, w, s, Instructions::plain, type, bias.data());
      CHECK(plain == product(x, w, s, Instructions::plain, Stored::f32, bias.data()));
      for (const Instructions instructions : available()) {
        INFO(s.m << " x " << s.k << " x " << s.n << ", type " << static_cast<int>(type)
                 << ", instructions " << static_cast<int>(instructions));
        CHECK(product(x, w, s, instructions, type, bias.data()) == plain);
      }
    }
  }
}

TEST_CASE("a row has the same bits alone, in any company, and however panels are shared out",
          "[kernels][panel_product]") {
  const Sizes s{31, 1500, 130};
  auto x = noise(7, s.m * s.k);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] *= 1.0f + 1e-4f * static_cast<float>(i % 13);
  const auto w = noise(8, s.n * s.k);
  const auto together = product(x, w, s, best_instructions());
  CHECK(product(x, w, s, best_instructions(), Stored::f32, nullptr, 3) == together);
  for (std::int64_t m = 0; m < s.m; ++m) {
    const std::vector<float> row(x.begin() + m * s.k, x.begin() + (m + 1) * s.k);
    const auto alone = product(row, w, {1, s.k, s.n}, best_instructions());
    INFO("row " << m);
    REQUIRE(std::equal(alone.begin(), alone.end(), together.begin() + m * s.n));
  }
}

TEST_CASE("rows can be packed one by one, from half precision into fp32 panels, and unaligned",
          "[kernels][panel_product]") {
  const std::int64_t rows = 70, cols = 9;
  const auto w = noise(9, rows * cols);
  std::vector<float> whole(static_cast<std::size_t>(packed_elements(rows, cols)), 0.0f);
  pack_panels(w.data(), Stored::f32, rows, cols, 0, whole.data(), Stored::f32);
  std::vector<float> pieces(whole.size(), 0.0f);
  std::vector<char> shifted(w.size() * 4 + 1);
  std::memcpy(shifted.data() + 1, w.data(), w.size() * 4);
  for (std::int64_t first = 0; first < rows; first += 7) {
    pack_panels(shifted.data() + 1 + first * cols * 4, Stored::f32, 7, cols, first, pieces.data(),
                Stored::f32);
  }
  CHECK(pieces == whole);
  for (const Stored type : {Stored::f16, Stored::bf16}) {
    std::vector<float> converted(whole.size(), 0.0f);
    pack_panels(halves(w, type).data(), type, rows, cols, 0, converted.data(), Stored::f32);
    CHECK(converted == whole);
  }
  // Entry (n, k) is where the header says.
  CHECK(whole[static_cast<std::size_t>((33 / 32) * cols * 32 + 4 * 32 + 33 % 32)] == w[33 * 9 + 4]);
}

TEST_CASE("values that are not finite stay in their row and column", "[kernels][panel_product]") {
  const Sizes s{3, 10, 40};
  const auto w = noise(10, s.n * s.k);
  auto x = noise(11, s.m * s.k);
  x[12] = std::numeric_limits<float>::quiet_NaN();  // row 1
  for (const Instructions instructions : available()) {
    const auto y = product(x, w, s, instructions);
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i / 40 == 1));
  }
}

TEST_CASE("every half is unpacked to its value", "[kernels][panel]") {
  std::vector<std::uint16_t> halves(1 << 16);
  for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<std::uint16_t>(i);
  // One row of 65,536 columns, packed and read back.
  std::vector<std::uint16_t> panels(static_cast<std::size_t>(packed_elements(1, 1 << 16)));
  pack_panels(halves.data(), Stored::f16, 1, 1 << 16, 0, panels.data(), Stored::f16);
  std::vector<float> out(halves.size());
  unpack_row(packed_matrix(panels.data(), Stored::f16, 1, 1 << 16), 0, out.data());
  int different = 0;
  for (std::size_t i = 0; i < halves.size(); ++i) {
    _Float16 half;
    std::memcpy(&half, &halves[i], 2);
    const auto expected = static_cast<float>(half);
    const bool same =
        std::isnan(expected) ? std::isnan(out[i]) : std::memcmp(&expected, &out[i], 4) == 0;
    different += same ? 0 : 1;
  }
  CHECK(different == 0);
}
