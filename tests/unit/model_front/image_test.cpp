#include "pipeline/model/image.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "kernels/resize_bicubic.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "tests/unit/model_front/front_support.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

using Bytes = std::vector<unsigned char>;

Bytes golden(const std::string& name) { return read_bytes(golden_images() / name); }

RgbImage flat(int width, int height, std::uint8_t level) {
  RgbImage image;
  image.width = width;
  image.height = height;
  image.rgb.assign(static_cast<std::size_t>(width * height * 3), level);
  return image;
}

/// LLaVA's processor for a picture of side S cut into cells of `patch`.
ModelSpec processor(int side, int patch) {
  ModelSpec spec;
  spec.family = "llava";
  spec.vision.image_size = side;
  spec.vision.patch = patch;
  spec.image.shortest_edge = spec.image.crop_height = spec.image.crop_width = side;
  spec.image.mean = {0.5, 0.25, 0.0};
  spec.image.std = {0.5, 1.0, 2.0};
  return spec;
}

}  // namespace

TEST_CASE("what is no picture is refused by name", "[model][image]") {
  const auto decode = [](const std::string& text) {
    return [text] { decode_image(Bytes(text.begin(), text.end()), "pictures/x.jpg"); };
  };
  expect_error(decode(""), {"pictures/x.jpg", "empty"});
  expect_error(decode("GIF89a\x01"), {"pictures/x.jpg", "GIF89a.", "JPEG or PNG"});
  expect_error(decode("\xFF\xD8\xFF"), {"pictures/x.jpg", "JPEG"});
  expect_error(decode("\x89PNG\r\n\x1A\n"), {"pictures/x.jpg", "PNG"});
  expect_error(decode("\x89PNG\r\n\x1A\n" + std::string(60, 'x')), {"pictures/x.jpg", "PNG"});
  const TemporaryFolder folder;
  expect_error([&] { read_image(folder.path() / "none.png"); }, {"none.png"});
}

TEST_CASE("a picture that is cut off anywhere is damaged, not half a picture", "[model][image]") {
  for (const char* name : {"photo_progressive_420.jpg", "grey.jpg", "cmyk.jpg",
                           "rgb_interlaced.png", "palette_4_bit.png"}) {
    const Bytes whole = golden(name);
    const auto image = decode_image(whole, name);
    // A PNG is complete with its last IDAT: only the 12 bytes of IEND may be missing.
    const std::size_t needed = whole.size() - (std::string(name).ends_with(".png") ? 12 : 0);
    std::size_t refused = 0;
    for (std::size_t size = 0; size < needed; ++size) {
      try {
        decode_image(std::span(whole).first(size), name);
        FAIL_CHECK(name << " cut to " << size << " of " << whole.size() << " bytes was decoded");
      } catch (const Error&) {
        ++refused;
      }
    }
    CHECK(refused == needed);
    CHECK(decode_image(std::span(whole).first(needed), name).rgb == image.rgb);
  }
}

TEST_CASE("data missing before a marker makes a JPEG damaged", "[model][image]") {
  Bytes bytes = golden("photo_420.jpg");
  bytes.resize(bytes.size() / 2);
  bytes.insert(bytes.end(), {0xFF, 0xD9});  // end of image
  expect_error([&] { decode_image(bytes, "half.jpg"); }, {"half.jpg", "premature end"});
}

TEST_CASE("pictures over the limit are refused before they are decoded", "[model][image]") {
  const auto bytes = golden("rgb.png");
  const auto image = decode_image(bytes, "rgb.png");
  const std::int64_t pixels = std::int64_t{image.width} * image.height;
  CHECK(decode_image(bytes, "rgb.png", pixels).rgb == image.rgb);
  expect_error([&] { decode_image(bytes, "rgb.png", pixels - 1); },
               {"rgb.png", std::to_string(pixels - 1)});
  expect_error([&] { decode_image(golden("grey.jpg"), "grey.jpg", 100); }, {"grey.jpg", "100"});
  // A JPEG header may claim 65500 x 65500 pixels (twelve gigabytes) in a few hundred bytes.
  Bytes huge = golden("grey.jpg");
  const Bytes frame{0xFF, 0xC0};
  auto at = std::search(huge.begin(), huge.end(), frame.begin(), frame.end());
  REQUIRE(at != huge.end());
  for (const int i : {5, 7}) {
    at[i] = 0xFF;
    at[i + 1] = 0xDC;
  }
  expect_error([&] { decode_image(huge, "huge.jpg"); }, {"huge.jpg", "65500 x 65500"});
  for (const int i : {5, 6}) at[i] = 0;
  expect_error([&] { decode_image(huge, "flat.jpg"); }, {"flat.jpg"});
}

TEST_CASE("a damaged chunk is an error even where it could be skipped", "[model][image]") {
  Bytes bytes = golden("rgb_one_transparent.png");
  const Bytes name{'t', 'R', 'N', 'S'};
  auto at = std::search(bytes.begin(), bytes.end(), name.begin(), name.end());
  REQUIRE(at != bytes.end());
  at[5] ^= 1;
  expect_error([&] { decode_image(bytes, "x.png"); }, {"x.png", "CRC"});
}

TEST_CASE("an orientation tag does not turn the picture", "[model][image]") {
  const auto image = read_image(golden_images() / "turned_exif8.jpg");
  CHECK(image.width == 72);
  CHECK(image.height == 47);
}

TEST_CASE("a transparent colour is kept beside the pixels and painted white by the processor",
          "[model][image]") {
  const auto image = read_image(golden_images() / "rgb_one_transparent.png");
  REQUIRE(image.transparent.has_value());
  bool there = false;
  for (std::size_t i = 0; i < image.rgb.size(); i += 3) {
    there = there || std::equal(image.transparent->begin(), image.transparent->end(),
                                image.rgb.begin() + static_cast<std::ptrdiff_t>(i));
  }
  CHECK(there);
  CHECK(read_image(golden_images() / "palette_4_bit.png").transparent.has_value());
  CHECK_FALSE(read_image(golden_images() / "palette_8_bit.png").transparent.has_value());
  CHECK_FALSE(read_image(golden_images() / "rgba.png").transparent.has_value());

  RgbImage grey = flat(14, 14, 90);
  grey.transparent = {90, 90, 90};
  CHECK(prepare_image(grey, processor(14, 7)).resized.rgb == flat(14, 14, 255).rgb);
  grey.transparent = {90, 90, 91};
  CHECK(prepare_image(grey, processor(14, 7)).resized.rgb == flat(14, 14, 90).rgb);
}

TEST_CASE("pixels are scaled, shifted and divided channel by channel", "[model][image]") {
  const auto prepared = prepare_image(flat(28, 28, 102), processor(28, 14));
  REQUIRE(prepared.pixels.size() == 3 * 28 * 28);
  // 102 / 255 = 0.4; (0.4 - 0.5) / 0.5, (0.4 - 0.25) / 1, (0.4 - 0) / 2
  const double expected[] = {-0.2, 0.15, 0.2};
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < 28 * 28; ++i) {
      if (!(std::abs(prepared.pixels[c * 28 * 28 + i] - expected[c]) <= 1e-6)) {
        FAIL("channel " << c << ", pixel " << i << ": " << prepared.pixels[c * 28 * 28 + i]);
      }
    }
  }
}

TEST_CASE("the geometry leads from picture to model input", "[model][image]") {
  // 200 x 100: shortest edge to 56 gives 112 x 56, the crop begins at column 28.
  const auto wide = prepare_image(flat(200, 100, 7), processor(56, 14)).geometry;
  CHECK(wide.source_width == 200);
  CHECK(wide.source_height == 100);
  CHECK(wide.width == 56);
  CHECK(wide.height == 56);
  CHECK(wide.rows == 4);
  CHECK(wide.cols == 4);
  CHECK(wide.scale_x == Approx(0.56));
  CHECK(wide.scale_y == Approx(0.56));
  CHECK(wide.offset_x == 28);
  CHECK(wide.offset_y == 0);
  // The picture's centre is the input's centre.
  CHECK(100 * wide.scale_x - wide.offset_x == Approx(28));
  // int(56 * 31 / 30) = 57 is truncated from 57.87; (57 - 56) // 2 = 0
  const auto tall = prepare_image(flat(30, 31, 7), processor(56, 14)).geometry;
  CHECK(tall.scale_y == Approx(57.0 / 31));
  CHECK(tall.offset_y == 0);
}

TEST_CASE("a crop wider than the picture is filled with black", "[model][image]") {
  auto spec = processor(14, 7);
  spec.image.shortest_edge = 9;
  const auto prepared = prepare_image(flat(20, 20, 200), spec);
  // 9 of 14 pixels a side, from 3 on: floor((9 - 14) / 2) = -3
  CHECK(prepared.geometry.offset_x == -3);
  for (int y = 0; y < 14; ++y) {
    for (int x = 0; x < 14; ++x) {
      const bool inside_picture = x >= 3 && x < 12 && y >= 3 && y < 12;
      const auto found = prepared.resized.rgb[static_cast<std::size_t>((y * 14 + x) * 3)];
      if (found != (inside_picture ? 200 : 0))
        FAIL("row " << y << ", column " << x << ": " << +found);
    }
  }
  spec.image.resize = false;  // 20 x 20 stays, the middle 14 x 14 is cut out
  CHECK(prepare_image(flat(20, 20, 200), spec).geometry.offset_y == 3);
}

TEST_CASE("extreme ratios cost no more than the crop", "[model][image]") {
  const auto thin = prepare_image(flat(1, 20000, 33), processor(56, 14));
  CHECK(thin.resized.rgb == flat(56, 56, 33).rgb);
  expect_error([] { prepare_image(flat(1, 20000, 33), processor(1 << 18, 1 << 17)); },
               {"1 x 20000", "too thin"});
}

TEST_CASE("a picture without pixels is refused", "[model][image]") {
  expect_error([] { prepare_image(RgbImage{}, processor(14, 7)); }, {"0 x 0"});
  RgbImage short_one = flat(4, 4, 1);
  short_one.rgb.pop_back();
  expect_error([&] { prepare_image(short_one, processor(14, 7)); }, {"47 bytes"});
}

TEST_CASE("PaliGemma's picture fills the square, whatever its ratio", "[model][image]") {
  auto spec = processor(28, 14);
  spec.image.method = ImageResize::fixed;
  spec.image.width = spec.image.height = 28;
  RgbImage image = flat(40, 10, 0);
  for (int y = 0; y < 10; ++y) {  // the left half is bright
    for (int x = 0; x < 20; ++x) {
      std::fill_n(image.rgb.begin() + (y * 40 + x) * 3, 3, std::uint8_t{255});
    }
  }
  const auto prepared = prepare_image(image, spec);
  CHECK(prepared.resized.rgb == resize_bicubic(image.rgb, 40, 10, 28, 28));
  CHECK(prepared.resized.rgb[0] == 255);
  CHECK(prepared.resized.rgb[27 * 3] == 0);
  REQUIRE(prepared.pixels.size() == 3 * 28 * 28);
  CHECK(prepared.pixels[0] == 1.0f);              // red: (1 - 0.5) / 0.5
  CHECK(prepared.pixels[28 * 28] == 0.75f);       // green: (1 - 0.25) / 1
  CHECK(prepared.pixels[2 * 28 * 28 + 27] == 0);  // blue, right end of the first row
  const Geometry& g = prepared.geometry;
  CHECK(g.scale_x == Approx(0.7));
  CHECK(g.scale_y == Approx(2.8));
  CHECK(g.offset_x == 0);
  CHECK(g.offset_y == 0);
  CHECK(g.width == 28);
  CHECK(g.height == 28);
  CHECK(g.rows == 2);
  CHECK(g.cols == 2);
  // a box at the picture's right border ends at the input's right border
  CHECK(40 * g.scale_x - g.offset_x == Approx(28));
}

TEST_CASE("cells are patches even where the input is no multiple of them", "[model][image]") {
  // A tower with patches of 14 leaves the last 6 of 48 pixels out.
  const auto g = prepare_image(flat(48, 48, 7), processor(48, 14)).geometry;
  CHECK(g.rows == 3);
  CHECK(g.cols == 3);
  CHECK(g.width == 42);
  CHECK(g.height == 42);
  CHECK(g.scale_x == 1.0);
}
