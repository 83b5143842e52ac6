// The bicubic resize on the device against the CPU's, which is Pillow's: the same bytes.
#include "kernels/resize_bicubic.hpp"
#include "twin_maps.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes picture(std::uint32_t seed, std::int64_t width, std::int64_t height) {
  Bytes out;
  for (std::int64_t i = 0; i < width * height * 3; ++i) {
    // Hard edges among the noise, so that sums leave 0..255 and are clipped.
    const double u = draw(seed, 200, static_cast<std::uint32_t>(i));
    out.push_back(u < 0.3 ? 0 : u < 0.6 ? 255 : static_cast<std::uint8_t>(256 * u));
  }
  return out;
}

struct Case {
  std::int64_t width, height, out_width, out_height;
  Window window;
};

void check(const Case& c, std::uint32_t seed, int orders = 4) {
  INFO(c.width << " x " << c.height << " to " << c.out_width << " x " << c.out_height << ", window "
               << c.window.width << " x " << c.window.height << ", seed " << seed);
  const Bytes source = picture(seed, c.width, c.height);
  const Bytes want = resize_bicubic(source, c.width, c.height, c.out_width, c.out_height, c.window);
  DeviceArray<std::uint8_t> there(source);
  in_every_order(
      [&] {
        DeviceArray<std::uint8_t> pixels(want.size());
        resize_bicubic(Device::cuda, {there.get(), source.size()}, c.width, c.height, c.out_width,
                       c.out_height, c.window, pixels.span());
        same_numbers("pixels", pixels.read(), want, c.window.width * 3);
      },
      orders);
}

}  // namespace

TEST_CASE("a picture resized on the device has the bytes of the CPU", "[kernels][cuda][resize]") {
  const Case cases[] = {{5, 3, 7, 4, {0, 0, 7, 4}},        {16, 9, 5, 5, {0, 0, 5, 5}},
                        {33, 21, 33, 8, {0, 0, 33, 8}},    {33, 21, 50, 21, {0, 0, 50, 21}},
                        {20, 15, 20, 15, {0, 0, 20, 15}},  {1, 1, 6, 4, {0, 0, 6, 4}},
                        {2, 301, 3, 40, {0, 0, 3, 40}},    {301, 2, 40, 3, {0, 0, 40, 3}},
                        {3, 200, 9, 250, {0, 0, 9, 250}},  {2, 301, 2, 40, {0, 0, 2, 40}},
                        {40, 30, 1, 1, {0, 0, 1, 1}},      {90, 67, 48, 36, {6, 0, 36, 36}},
                        {37, 23, 60, 41, {11, 7, 20, 30}}, {37, 23, 37, 9, {5, 2, 30, 3}},
                        {37, 23, 12, 23, {0, 5, 12, 18}},  {2, 260, 9, 80, {3, 20, 4, 33}},
                        {20, 20, 20, 20, {4, 5, 6, 7}},    {90, 4, 200, 9, {199, 8, 1, 1}},
                        {2, 260, 2, 80, {1, 20, 1, 33}}};
  for (const Case& c : cases) {
    for (const std::uint32_t seed : {1u, 2u, 3u}) check(c, seed);
  }
}

TEST_CASE("pictures with more pixels than threads, and those of the models",
          "[kernels][cuda][resize]") {
  check({40, 30, 224, 224, {0, 0, 224, 224}}, 4, 1);
  check({500, 375, 448, 336, {56, 0, 336, 336}}, 5, 1);
  check({4, 3, 1100, 960, {0, 0, 1100, 960}}, 6, 1);  // 1,056,000 pixels
  check({1050, 4, 1050, 1001, {0, 0, 1050, 1001}}, 7, 1);
}

TEST_CASE("the device refuses the sizes that the CPU refuses", "[kernels][cuda][resize]") {
  const Bytes source = picture(1, 4, 3);
  DeviceArray<std::uint8_t> there(source), pixels(12);
  const Case cases[] = {{4, 4, 2, 2, {0, 0, 2, 2}},
                        {4, 3, 0, 2, {0, 0, 1, 1}},
                        {4, 3, 8, 6, {7, 0, 2, 1}},
                        {4, 3, 2, 3, {0, 0, 2, 3}}};  // a result of 18 bytes, not 12
  for (const Case& c : cases) {
    Bytes out(12);
    const std::string cpu = refusal([&] {
      resize_bicubic(Device::cpu, source, c.width, c.height, c.out_width, c.out_height, c.window,
                     out);
    });
    CHECK(cpu.starts_with("resize_bicubic: "));
    CHECK(refusal([&] {
            resize_bicubic(Device::cuda, {there.get(), source.size()}, c.width, c.height,
                           c.out_width, c.out_height, c.window, pixels.span());
          }) == cpu);
  }
}
