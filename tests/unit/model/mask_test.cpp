// Masked cells against masking by hand, in the layouts of the three image processors.
#include <catch2/catch.hpp>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/model/image.hpp"
#include "tests/unit/model/tiny_checkpoint.hpp"

using namespace vrp;
using Catch::Contains;
using vrp::test::noise_image;

namespace {

ModelSpec processor(ImageResize method) {
  ModelSpec spec;
  spec.vision.patch = 4;
  spec.image.method = method;
  spec.image.shortest_edge = spec.image.crop_height = spec.image.crop_width = 18;  // 2 are no cell
  spec.image.height = 16;
  spec.image.width = 24;
  spec.image.mean = {0.5, 0.25, 0.125};
  spec.image.std = {0.5, 1.0, 2.0};
  if (method == ImageResize::smart) {
    spec.vision.merge = 2;
    spec.vision.frames = 2;
    spec.image.min_pixels = 64;
    spec.image.max_pixels = 600;
  }
  return spec;
}

/// Grey 128, scaled and normalised.
float grey(const ModelSpec& spec, std::size_t colour) {
  const auto value = static_cast<float>(128 * spec.image.rescale);
  return (value - static_cast<float>(spec.image.mean[colour])) /
         static_cast<float>(spec.image.std[colour]);
}

}  // namespace

TEST_CASE("masked cells of planes are grey, all else is as it was", "[model][image][mask]") {
  for (const ImageResize method : {ImageResize::shortest_edge, ImageResize::fixed}) {
    const ModelSpec spec = processor(method);
    const PreparedImage plain = prepare_image(noise_image(31, 23, 3), spec);
    const std::vector<std::int64_t> cells = {0, 5, 7};
    const PreparedImage masked = mask_cells(plain, spec, cells);
    const int width = plain.resized.width, height = plain.resized.height;
    REQUIRE(plain.geometry.cols == (method == ImageResize::fixed ? 6 : 4));
    int changed = 0;
    for (std::size_t colour = 0; colour < 3; ++colour) {
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          const std::size_t at =
              (colour * static_cast<std::size_t>(height) + static_cast<std::size_t>(y)) *
                  static_cast<std::size_t>(width) +
              static_cast<std::size_t>(x);
          const bool in_grid = x / 4 < plain.geometry.cols && y / 4 < plain.geometry.rows;
          const int cell = y / 4 * plain.geometry.cols + x / 4;
          const bool hidden = in_grid && std::set<int>{0, 5, 7}.count(cell) > 0;
          CHECK(masked.pixels[at] == (hidden ? grey(spec, colour) : plain.pixels[at]));
          changed += hidden ? 1 : 0;
        }
      }
    }
    CHECK(changed == 3 * 3 * 16);
    CHECK(masked.geometry.rows == plain.geometry.rows);
    CHECK(masked.geometry.offset_x == plain.geometry.offset_x);
  }
}

TEST_CASE("masked cells of patches are all patches of their blocks", "[model][image][mask]") {
  const ModelSpec spec = processor(ImageResize::smart);
  const PreparedImage plain = prepare_image(noise_image(31, 23, 3), spec);
  REQUIRE(plain.geometry.rows * plain.geometry.cols >= 6);
  const std::vector<std::int64_t> cells = {1, 4};
  const PreparedImage masked = mask_cells(plain, spec, cells);
  // Four patches of a cell follow each other; in a patch colour, frame, 4 x 4 pixels.
  const std::size_t patch = 3 * 2 * 16;
  REQUIRE(plain.pixels.size() ==
          static_cast<std::size_t>(plain.geometry.rows * plain.geometry.cols) * 4 * patch);
  for (std::size_t i = 0; i < plain.pixels.size(); ++i) {
    const std::size_t cell = i / (4 * patch), colour = i % patch / 32;
    const bool hidden = cell == 1 || cell == 4;
    CHECK(masked.pixels[i] == (hidden ? grey(spec, colour) : plain.pixels[i]));
  }
}

TEST_CASE("masking nothing changes nothing, masking what is not there is refused",
          "[model][image][mask]") {
  for (const ImageResize method :
       {ImageResize::shortest_edge, ImageResize::fixed, ImageResize::smart}) {
    const ModelSpec spec = processor(method);
    const PreparedImage plain = prepare_image(noise_image(31, 23, 3), spec);
    CHECK(mask_cells(plain, spec, {}).pixels == plain.pixels);
    const std::int64_t cells = plain.geometry.rows * plain.geometry.cols;
    for (const std::int64_t outside : {std::int64_t{-1}, cells}) {
      try {
        mask_cells(plain, spec, std::vector<std::int64_t>{0, outside});
        FAIL("no error");
      } catch (const Error& error) {
        CHECK(error.code() == ExitCode::usage);
        CHECK_THAT(error.what(),
                   Contains(concat("masked cell ", outside, ", expected 0 to ", cells - 1)));
      }
    }
  }
  ModelSpec other = processor(ImageResize::fixed);
  const PreparedImage plain = prepare_image(noise_image(31, 23, 3), other);
  other.vision.patch = 8;
  CHECK_THROWS_WITH(mask_cells(plain, other, {}), Contains("do not fit"));
}
