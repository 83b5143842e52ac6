// Cells of a prepared picture hidden behind grey.
#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/model/image_processor.hpp"

namespace vrp {
namespace {

constexpr std::uint8_t kGrey = 128;

/// Normalised values of the picture, in the layout of the family's processor.
std::vector<float> pixels_of(const RgbImage& picture, const ModelSpec& spec) {
  const LevelTable table = level_table(spec.image);
  return spec.image.method == ImageResize::smart ? block_patches(picture, spec.vision, table)
                                                 : colour_planes(picture, table);
}

}  // namespace

PreparedImage mask_cells(const PreparedImage& image, const ModelSpec& spec,
                         std::span<const std::int64_t> cells) {
  const Geometry& grid = image.geometry;
  const int side =
      spec.vision.patch * (spec.image.method == ImageResize::smart ? spec.vision.merge : 1);
  if (grid.rows * side > image.resized.height || grid.cols * side > image.resized.width) {
    fail("prepared image of ", image.resized.width, " x ", image.resized.height,
         " pixels has a grid of ", grid.rows, " x ", grid.cols, " cells of ", side,
         " pixels, which do not fit; was it prepared for another model?");
  }
  PreparedImage out = image;
  for (const std::int64_t cell : cells) {
    if (cell < 0 || cell >= std::int64_t{grid.rows} * grid.cols) {
      fail_usage("masked cell ", cell, ", expected 0 to ", grid.rows * grid.cols - 1,
                 " for this image");
    }
    const std::int64_t top = cell / grid.cols * side, left = cell % grid.cols * side;
    for (std::int64_t y = top; y < top + side; ++y) {
      std::fill_n(out.resized.rgb.begin() + (y * out.resized.width + left) * 3, 3 * side, kGrey);
    }
  }
  out.pixels = pixels_of(out.resized, spec);
  if (out.pixels.size() != image.pixels.size()) {
    fail("prepared image has ", image.pixels.size(), " values, expected ", out.pixels.size(),
         "; was it prepared for another model?");
  }
  return out;
}

}  // namespace vrp
