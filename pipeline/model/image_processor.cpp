// The image processors of the families. LLaVA: transformers' CLIPImageProcessor (PIL backend).
#include <algorithm>
#include <array>

#include "kernels/resize_bicubic.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/model/image.hpp"

namespace vrp {
namespace {

/// The resized picture of which the crop shows [left, left + crop) x [top, top + crop); negative
/// where the picture is smaller than the crop and is padded with black.
struct Placement {
  std::int64_t width = 0, height = 0, left = 0, top = 0;
};

std::int64_t floor_half(std::int64_t value) { return (value - (value < 0 ? 1 : 0)) / 2; }

/// Shortest edge to S, the other to int(S * long / short); the crop at floor((side - crop) / 2).
Placement place(const RgbImage& image, const ImageProcessorSpec& spec) {
  Placement p{image.width, image.height, 0, 0};
  if (spec.resize) {
    const std::int64_t shorter = std::min(p.width, p.height), longer = std::max(p.width, p.height);
    const auto other = static_cast<std::int64_t>(static_cast<double>(spec.shortest_edge * longer) /
                                                 static_cast<double>(shorter));
    p.width = image.width <= image.height ? spec.shortest_edge : other;
    p.height = image.width <= image.height ? other : spec.shortest_edge;
  }
  p.left = floor_half(p.width - spec.crop_width);
  p.top = floor_half(p.height - spec.crop_height);
  return p;
}

/// Resizes and crops; only the pixels that the crop shows are computed.
RgbImage resize_and_crop(const RgbImage& image, const ImageProcessorSpec& spec,
                         const Placement& p) {
  RgbImage out;
  out.width = spec.crop_width;
  out.height = spec.crop_height;
  out.rgb.assign(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height) * 3, 0);
  Window shown{std::max<std::int64_t>(p.left, 0), std::max<std::int64_t>(p.top, 0), 0, 0};
  shown.width = std::min<std::int64_t>(p.left + out.width, p.width) - shown.left;
  shown.height = std::min<std::int64_t>(p.top + out.height, p.height) - shown.top;
  const auto pixels =
      resize_bicubic(image.rgb, image.width, image.height, p.width, p.height, shown);
  for (std::int64_t y = 0; y < shown.height; ++y) {
    const std::int64_t row = y + shown.top - p.top, column = shown.left - p.left;
    std::copy_n(pixels.data() + y * shown.width * 3, shown.width * 3,
                out.rgb.data() + (row * out.width + column) * 3);
  }
  return out;
}

/// [height, width, 3] bytes -> [3, height, width]: value * rescale in double, rounded to float32,
/// then (value - mean) / std in float32.
std::vector<float> normalised(const RgbImage& image, const ImageProcessorSpec& spec) {
  std::vector<float> out(image.rgb.size());
  const std::size_t cells = image.rgb.size() / 3;
  for (std::size_t colour = 0; colour < 3; ++colour) {
    const auto mean = static_cast<float>(spec.mean[colour]);
    const auto deviation = static_cast<float>(spec.std[colour]);
    std::array<float, 256> table{};
    for (std::size_t level = 0; level < table.size(); ++level) {
      const auto value = static_cast<float>(static_cast<double>(level) * spec.rescale);
      table[level] = spec.normalize ? (value - mean) / deviation : value;
    }
    for (std::size_t i = 0; i < cells; ++i) {
      out[colour * cells + i] = table[image.rgb[3 * i + colour]];
    }
  }
  return out;
}

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

PreparedImage prepare_llava(const RgbImage& image, const ModelSpec& spec) {
  const Placement placed = place(image, spec.image);
  if (placed.width > INT32_MAX || placed.height > INT32_MAX) {
    fail("image of ", image.width, " x ", image.height, " pixels is too thin: resized it would be ",
         placed.width, " x ", placed.height);
  }
  PreparedImage out;
  out.resized = resize_and_crop(image, spec.image, placed);
  out.pixels = normalised(out.resized, spec.image);
  Geometry& g = out.geometry;
  g.source_width = image.width;
  g.source_height = image.height;
  g.scale_x = static_cast<double>(placed.width) / image.width;
  g.scale_y = static_cast<double>(placed.height) / image.height;
  g.offset_x = static_cast<double>(placed.left);
  g.offset_y = static_cast<double>(placed.top);
  g.width = out.resized.width;
  g.height = out.resized.height;
  g.rows = g.height / spec.vision.patch;
  g.cols = g.width / spec.vision.patch;
  return out;
}

}  // namespace

PreparedImage prepare_image(const RgbImage& image, const ModelSpec& spec) {
  if (image.width < 1 || image.height < 1 ||
      image.rgb.size() !=
          static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3) {
    fail("image of ", image.width, " x ", image.height, " pixels with ", image.rgb.size(),
         " bytes, expected at least one pixel and 3 bytes a pixel");
  }
  if (image.transparent) return prepare_image(on_white(image), spec);
  if (spec.family == "llava") return prepare_llava(image, spec);
  fail("no image processor for the family '", spec.family, "'; supported: llava");
}

}  // namespace vrp
