// Qwen2-VL's image processor: sizes, patches in block order, geometry, bounds.
#include <catch2/catch.hpp>
#include <cmath>

#include "kernels/resize_bicubic.hpp"
#include "pipeline/model/image_processor.hpp"
#include "tests/unit/model_front/front_support.hpp"

using namespace vrp;
using namespace vrp::test;
using std::int64_t;

namespace {

/// Every byte another value, as far as bytes go.
RgbImage speckled(int width, int height) {
  RgbImage image;
  image.width = width;
  image.height = height;
  std::uint32_t state = 7;
  for (int i = 0; i < width * height * 3; ++i) {
    state = state * 1664525u + 1013904223u;
    image.rgb.push_back(static_cast<std::uint8_t>(state >> 24));
  }
  return image;
}

ModelSpec processor(int patch, int merge, int frames, int64_t min_pixels, int64_t max_pixels) {
  ModelSpec spec;
  spec.family = "qwen2_vl";
  spec.vision.patch = patch;
  spec.vision.merge = merge;
  spec.vision.frames = frames;
  spec.image.method = ImageResize::smart;
  spec.image.min_pixels = min_pixels;
  spec.image.max_pixels = max_pixels;
  spec.image.mean = {0.5, 0.25, 0.0};
  spec.image.std = {0.5, 1.0, 2.0};
  return spec;
}

std::pair<int64_t, int64_t> sides(int64_t height, int64_t width, int64_t factor, int64_t low,
                                  int64_t high) {
  const auto size = smart_size(height, width, factor, low, high);
  return {size.height, size.width};
}

/// Largest k with k * factor * sqrt(other) <= sqrt(side * area), or with `up` the smallest with >=:
/// the side that keeps the ratio at this area, in steps of `factor`. All in integers; -1 where it
/// is a step exactly and rounding decides.
int64_t steps_at_area(int64_t side, int64_t other, int64_t area, int64_t factor, bool up) {
  const auto reaches = [&](int64_t k) {  // the sign of (k factor)^2 other - side area
    const int64_t difference = k * factor * k * factor * other - side * area;
    return difference > 0 ? 1 : difference < 0 ? -1 : 0;
  };
  int64_t k = 0;
  while (reaches(k) < 0) ++k;
  if (reaches(k) == 0) return -1;
  return up ? k : k - 1;
}

/// Halves go to the even step.
int64_t nearest_step(int64_t side, int64_t factor) {
  const int64_t below = side / factor, twice = 2 * (side % factor);
  return twice > factor || (twice == factor && below % 2 == 1) ? below + 1 : below;
}

}  // namespace

TEST_CASE("sides go to the nearest multiple, halves to the even one", "[model][image]") {
  constexpr int64_t kLow = 3136, kHigh = 12845056;
  CHECK(sides(70, 126, 28, kLow, kHigh) == std::pair<int64_t, int64_t>{56, 112});
  CHECK(sides(98, 98, 28, kLow, kHigh) == std::pair<int64_t, int64_t>{112, 112});
  CHECK(sides(70, 70, 28, kLow, kHigh) == std::pair<int64_t, int64_t>{56, 56});
  CHECK(sides(84, 84, 28, kLow, kHigh) == std::pair<int64_t, int64_t>{84, 84});
  CHECK(sides(480, 640, 28, kLow, kHigh) == std::pair<int64_t, int64_t>{476, 644});
  // too large: 4000 x 3000 within the library's bound, and within the hub's
  CHECK(sides(3000, 4000, 28, kLow, 1003520) == std::pair<int64_t, int64_t>{840, 1148});
  CHECK(sides(3000, 4000, 28, kLow, kHigh) == std::pair<int64_t, int64_t>{2996, 4004});
  // too small
  CHECK(sides(1, 1, 28, kLow, kHigh) == std::pair<int64_t, int64_t>{56, 56});
  CHECK(sides(3, 5, 28, kLow, kHigh) == std::pair<int64_t, int64_t>{56, 84});
  // a thin picture's short side rounds to nothing first; it is at least one step in the end, and
  // the area may then be over the bound
  CHECK(sides(150, 1, 28, kLow, 31360) == std::pair<int64_t, int64_t>{700, 28});
  CHECK(sides(1, 180, 28, kLow, 31360) == std::pair<int64_t, int64_t>{28, 756});
  CHECK(sides(10, 2000, 28, kLow, 31360) == std::pair<int64_t, int64_t>{28, 812});
  CHECK(sides(30, 6000, 28, kLow, 31360) == std::pair<int64_t, int64_t>{28, 2492});
  CHECK(sides(15, 3000, 28, 784, 100000) == std::pair<int64_t, int64_t>{28, 2996});
}

TEST_CASE("sizes are those of an integer formulation", "[model][image]") {
  int nearest = 0, shrunk = 0, grown = 0, undecided = 0;
  for (const int64_t factor : {28, 12, 32}) {
    for (int64_t height = 1; height < 420; height += 7) {
      for (int64_t width = 1; width < 420; width += 5) {
        if (std::max(height, width) > 200 * std::min(height, width)) continue;
        const int64_t low = 4 * factor * factor, high = 40 * factor * factor;
        int64_t rows = nearest_step(height, factor), cols = nearest_step(width, factor);
        const int64_t area = rows * cols * factor * factor;
        if (area > high || area < low) {
          const int64_t bound = area > high ? high : low;
          rows = steps_at_area(height, width, bound, factor, area < low);
          cols = steps_at_area(width, height, bound, factor, area < low);
          if (rows < 0 || cols < 0) {
            ++undecided;
            continue;
          }
          if (area > high) rows = std::max<int64_t>(rows, 1), cols = std::max<int64_t>(cols, 1);
          ++(area > high ? shrunk : grown);
        } else {
          ++nearest;
        }
        const auto found = sides(height, width, factor, low, high);
        if (found != std::pair{rows * factor, cols * factor}) {
          FAIL(height << " x " << width << " in steps of " << factor << ": " << found.first << " x "
                      << found.second << ", expected " << rows * factor << " x " << cols * factor);
        }
      }
    }
  }
  CHECK(nearest > 1000);
  CHECK(shrunk > 1000);
  CHECK(grown > 1000);
  CHECK(undecided < 300);
}

TEST_CASE("a side more than 200 times the other is refused", "[model][image]") {
  CHECK(sides(200, 1, 28, 3136, 31360).second == 28);
  expect_error([] { smart_size(201, 1, 28, 3136, 31360); }, {"1 x 201", "too thin", "201", "200"});
  expect_error([] { prepare_image(speckled(1005, 5), processor(14, 2, 2, 3136, 31360)); },
               {"1005 x 5", "too thin"});
}

TEST_CASE("patches come block by block, colour, time, row and column inside", "[model][image]") {
  struct Layout {
    int patch, merge, frames;
  };
  for (const Layout& layout :
       {Layout{2, 2, 2}, Layout{3, 1, 1}, Layout{2, 3, 3}, Layout{1, 2, 1}}) {
    const int p = layout.patch, m = layout.merge, side = p * m;
    const auto image = speckled(3 * side, 2 * side);
    const auto spec = processor(p, m, layout.frames, 1, 1 << 20);
    const auto prepared = prepare_image(image, spec);
    CHECK(prepared.resized.rgb == image.rgb);  // a size that fits stays
    const int grid = 3 * m, length = 3 * layout.frames * p * p;
    REQUIRE(static_cast<int>(prepared.pixels.size()) == 2 * m * grid * length);
    for (int i = 0; i < static_cast<int>(prepared.pixels.size()); ++i) {
      // which patch, and where it is in the picture
      const int n = i / length, block = n / (m * m), inside = n % (m * m);
      const int row = block / 3 * m + inside / m, col = block % 3 * m + inside % m;
      // which value of the patch: [colour, time, y, x]
      const int v = i % length, x = v % p, y = v / p % p, colour = v / (p * p * layout.frames);
      const int at = ((row * p + y) * image.width + col * p + x) * 3 + colour;
      const double level = image.rgb[static_cast<std::size_t>(at)] / 255.0;
      const auto c = static_cast<std::size_t>(colour);
      const double expected = (level - spec.image.mean[c]) / spec.image.std[c];
      const float found = prepared.pixels[static_cast<std::size_t>(i)];
      if (!(std::abs(found - expected) <= 1e-6)) {
        FAIL("patch " << n << ", value " << v << ": " << found << ", expected " << expected);
      }
    }
  }
}

TEST_CASE("a resized picture is the bicubic one, and boxes follow it", "[model][image]") {
  const auto image = speckled(100, 60);
  const auto prepared = prepare_image(image, processor(14, 2, 2, 3136, 31360));
  CHECK(prepared.resized.width == 112);  // 100 / 28 = 3.57
  CHECK(prepared.resized.height == 56);  // 60 / 28 = 2.14
  CHECK(prepared.resized.rgb == resize_bicubic(image.rgb, 100, 60, 112, 56));
  const Geometry& g = prepared.geometry;
  CHECK(g.source_width == 100);
  CHECK(g.source_height == 60);
  CHECK(g.scale_x == 1.12);
  CHECK(g.scale_y == Approx(56.0 / 60).epsilon(1e-15));
  CHECK(g.offset_x == 0);
  CHECK(g.offset_y == 0);
  CHECK(g.width == 112);
  CHECK(g.height == 56);
  CHECK(g.rows == 2);  // merged: one cell an image token
  CHECK(g.cols == 4);
  CHECK(prepared.pixels.size() == 4u * 8u * 3u * 2u * 14u * 14u);
}

TEST_CASE("pixel bounds move the size", "[model][image]") {
  const auto image = speckled(280, 280);
  CHECK(prepare_image(image, processor(14, 2, 2, 3136, 1 << 20)).geometry.rows == 10);
  CHECK(prepare_image(image, processor(14, 2, 2, 3136, 25 * 784)).geometry.rows == 5);
  CHECK(prepare_image(image, processor(14, 2, 2, 144 * 784, 1 << 20)).geometry.rows == 12);
}

TEST_CASE("transparent colours become white unless the processor leaves them", "[model][image]") {
  RgbImage grey;
  grey.width = grey.height = 28;
  grey.rgb.assign(28 * 28 * 3, 90);
  grey.transparent = {90, 90, 90};
  auto spec = processor(14, 2, 1, 784, 784);
  CHECK(prepare_image(grey, spec).resized.rgb == std::vector<std::uint8_t>(28 * 28 * 3, 255));
  spec.image.white_transparency = false;
  CHECK(prepare_image(grey, spec).resized.rgb == grey.rgb);
}
