#include "kernels/resize_bicubic.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <stdexcept>
#include <vector>

using vrp::resize_bicubic;
using vrp::Window;
using Bytes = std::vector<std::uint8_t>;

namespace {

/// width x height x 3 bytes of a linear congruential generator.
Bytes noise(std::int64_t width, std::int64_t height) {
  std::uint64_t state = 12345;
  Bytes out;
  for (std::int64_t i = 0; i < width * height * 3; ++i) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    out.push_back(static_cast<std::uint8_t>(state >> 16));
  }
  return out;
}

/// FNV-1a, 64 bits.
std::uint64_t digest(const Bytes& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const auto byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

}  // namespace

TEST_CASE("two by two pixels widened to three are those of Pillow", "[kernels][resize]") {
  // numpy: Image.fromarray(a).resize((3, 2), Image.BICUBIC)
  const Bytes source{220, 4, 101, 170, 31, 173, 29, 90, 218, 229, 172, 27};
  const Bytes pillow{223, 2,  96,  195, 18,  137, 167, 33,  178,
                     16,  85, 231, 129, 131, 123, 242, 177, 14};
  CHECK(noise(2, 2) == source);
  CHECK(resize_bicubic(source, 2, 2, 3, 2) == pillow);
}

TEST_CASE("resized noise has the bytes that Pillow 12.2 computes", "[kernels][resize]") {
  struct Case {
    std::int64_t width, height, out_width, out_height;
    std::uint64_t pillow;  // digest of numpy.array(image.resize((out_width, out_height), BICUBIC))
  };
  const Case cases[] = {
      {5, 3, 7, 4, 0x20d0fb75117e9f80},       {16, 9, 5, 5, 0x13e320b690d1b872},
      {33, 21, 33, 8, 0x3148aad041d1b619},    {33, 21, 50, 21, 0xe7f3899c7c41bb71},
      {40, 30, 40, 30, 0xa14b46db875b4d2e},   {1, 1, 6, 4, 0x0e0b77a4fa7d304d},
      {2, 301, 3, 40, 0xdc16a5dc47371deb},    {301, 2, 40, 3, 0xbbfaccf632e7b70d},
      {64, 64, 224, 224, 0xc917b79b6f15305a}, {100, 75, 56, 42, 0x3c0188d6ee89125c},
      {3, 200, 9, 250, 0x5ca896ec4ba88efd},
  };
  for (const auto& c : cases) {
    INFO(c.width << " x " << c.height << " to " << c.out_width << " x " << c.out_height);
    const auto out =
        resize_bicubic(noise(c.width, c.height), c.width, c.height, c.out_width, c.out_height);
    CHECK(digest(out) == c.pillow);
  }
}

TEST_CASE("a window has the pixels of the whole resized image", "[kernels][resize]") {
  struct Case {
    std::int64_t width, height, out_width, out_height;
    Window window;
  };
  const Case cases[] = {{37, 23, 60, 41, {11, 7, 20, 30}}, {37, 23, 37, 9, {5, 2, 30, 3}},
                        {37, 23, 12, 23, {0, 5, 12, 18}},  {2, 260, 9, 80, {3, 20, 4, 33}},
                        {20, 20, 20, 20, {4, 5, 6, 7}},    {90, 4, 200, 9, {199, 8, 1, 1}}};
  for (const auto& c : cases) {
    INFO(c.width << " x " << c.height << " to " << c.out_width << " x " << c.out_height);
    const auto source = noise(c.width, c.height);
    const auto whole = resize_bicubic(source, c.width, c.height, c.out_width, c.out_height);
    Bytes expected;
    for (std::int64_t y = c.window.top; y < c.window.top + c.window.height; ++y) {
      const auto begin = whole.begin() + (y * c.out_width + c.window.left) * 3;
      expected.insert(expected.end(), begin, begin + c.window.width * 3);
    }
    CHECK(resize_bicubic(source, c.width, c.height, c.out_width, c.out_height, c.window) ==
          expected);
  }
}

TEST_CASE("a flat image stays flat at every size", "[kernels][resize]") {
  for (const int level : {0, 1, 128, 255}) {
    const Bytes flat(static_cast<std::size_t>(13 * 7 * 3), static_cast<std::uint8_t>(level));
    const auto out = resize_bicubic(flat, 13, 7, 29, 3);
    CHECK(out == Bytes(static_cast<std::size_t>(29 * 3 * 3), static_cast<std::uint8_t>(level)));
  }
}

TEST_CASE("sizes that do not fit are refused", "[kernels][resize]") {
  const auto source = noise(4, 3);
  CHECK_THROWS_AS(resize_bicubic(source, 4, 4, 2, 2), std::invalid_argument);
  CHECK_THROWS_AS(resize_bicubic(source, 0, 3, 2, 2), std::invalid_argument);
  CHECK_THROWS_AS(resize_bicubic(source, 4, 3, 0, 2), std::invalid_argument);
  CHECK_THROWS_AS(resize_bicubic(source, 4, 3, 2, -1), std::invalid_argument);
  CHECK_THROWS_AS(resize_bicubic(source, 4, 3, std::int64_t{1} << 31, 2), std::invalid_argument);
  for (const Window& window : {Window{0, 0, 0, 1}, Window{-1, 0, 1, 1}, Window{0, 0, 9, 1},
                               Window{7, 0, 2, 1}, Window{0, 5, 1, 2}}) {
    CHECK_THROWS_AS(resize_bicubic(source, 4, 3, 8, 6, window), std::invalid_argument);
  }
  Bytes pixels(8 * 6 * 3), shorter(11);
  const Window all{0, 0, 8, 6};
  resize_bicubic(vrp::Device::cpu, source, 4, 3, 8, 6, all, pixels);
  CHECK(pixels == resize_bicubic(source, 4, 3, 8, 6));
  CHECK_THROWS_AS(resize_bicubic(vrp::Device::cpu, source, 4, 3, 8, 6, all, shorter),
                  std::invalid_argument);
#ifndef VRP_CUDA
  CHECK_THROWS_WITH(resize_bicubic(vrp::Device::cuda, source, 4, 3, 8, 6, all, pixels),
                    "resize_bicubic: device is cuda, but this build has no CUDA");
#endif
}
