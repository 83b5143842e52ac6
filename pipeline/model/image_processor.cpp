// What the image processors share, and the choice among them.
#include "pipeline/model/image_processor.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

/// transformers' convert_to_rgb composes a transparent colour onto white.
RgbImage on_white(const RgbImage& image) {
  RgbImage out = image;
  for (std::size_t i = 0; i < out.rgb.size(); i += 3) {
    if (std::equal(image.transparent->begin(), image.transparent->end(), out.rgb.data() + i)) {
      std::fill_n(out.rgb.data() + i, 3, std::uint8_t{255});
    }
  }
  out.transparent.reset();
  return out;
}

}  // namespace

LevelTable level_table(const ImageProcessorSpec& spec) {
  LevelTable tables{};
  for (std::size_t colour = 0; colour < 3; ++colour) {
    const auto mean = static_cast<float>(spec.mean[colour]);
    const auto deviation = static_cast<float>(spec.std[colour]);
    for (std::size_t level = 0; level < 256; ++level) {
      const auto value = static_cast<float>(static_cast<double>(level) * spec.rescale);
      tables[colour][level] = spec.normalize ? (value - mean) / deviation : value;
    }
  }
  return tables;
}

std::vector<float> colour_planes(const RgbImage& image, const LevelTable& table) {
  std::vector<float> out(image.rgb.size());
  const std::size_t pixels = image.rgb.size() / 3;
  for (std::size_t colour = 0; colour < 3; ++colour) {
    for (std::size_t i = 0; i < pixels; ++i) {
      out[colour * pixels + i] = table[colour][image.rgb[3 * i + colour]];
    }
  }
  return out;
}

Geometry whole_picture(const RgbImage& image, const RgbImage& resized) {
  Geometry g;
  g.source_width = image.width;
  g.source_height = image.height;
  g.scale_x = static_cast<double>(resized.width) / image.width;
  g.scale_y = static_cast<double>(resized.height) / image.height;
  return g;
}

void set_cells(Geometry& geometry, const RgbImage& input, int side) {
  geometry.rows = input.height / side;
  geometry.cols = input.width / side;
  geometry.width = geometry.cols * side;
  geometry.height = geometry.rows * side;
}

PreparedImage prepare_image(const RgbImage& image, const ModelSpec& spec) {
  if (image.width < 1 || image.height < 1 ||
      image.rgb.size() !=
          static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3) {
    fail("image of ", image.width, " x ", image.height, " pixels with ", image.rgb.size(),
         " bytes, expected at least one pixel and 3 bytes a pixel");
  }
  if (image.transparent && spec.image.white_transparency) {
    return prepare_image(on_white(image), spec);
  }
  switch (spec.image.method) {
    case ImageResize::shortest_edge:
      return prepare_shortest_edge(image, spec);
    case ImageResize::fixed:
      return prepare_fixed(image, spec);
    case ImageResize::smart:
      break;
  }
  return prepare_smart(image, spec);
}

}  // namespace vrp
