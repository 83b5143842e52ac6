// LLaVA: transformers' CLIPImageProcessor (PIL backend).
#include <algorithm>

#include "kernels/resize_bicubic.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/model/image_processor.hpp"

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

}  // namespace

PreparedImage prepare_shortest_edge(const RgbImage& image, const ModelSpec& spec) {
  const Placement placed = place(image, spec.image);
  if (placed.width > INT32_MAX || placed.height > INT32_MAX) {
    fail("image of ", image.width, " x ", image.height, " pixels is too thin: resized it would be ",
         placed.width, " x ", placed.height);
  }
  PreparedImage out;
  out.resized = resize_and_crop(image, spec.image, placed);
  out.pixels = colour_planes(out.resized, level_table(spec.image));
  Geometry& g = out.geometry;
  g.source_width = image.width;
  g.source_height = image.height;
  g.scale_x = static_cast<double>(placed.width) / image.width;
  g.scale_y = static_cast<double>(placed.height) / image.height;
  g.offset_x = static_cast<double>(placed.left);
  g.offset_y = static_cast<double>(placed.top);
  set_cells(g, out.resized, spec.vision.patch);
  return out;
}

}  // namespace vrp
