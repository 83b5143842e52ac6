// Qwen2-VL: transformers' Qwen2VLImageProcessor (PIL backend).
#include <algorithm>
#include <cmath>

#include "kernels/resize_bicubic.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/model/image_processor.hpp"

namespace vrp {
namespace {

constexpr double kLargestRatio = 200;

}  // namespace

PictureSize smart_size(std::int64_t height, std::int64_t width, std::int64_t factor,
                       std::int64_t min_pixels, std::int64_t max_pixels) {
  const auto h = static_cast<double>(height), w = static_cast<double>(width);
  const auto f = static_cast<double>(factor);
  if (std::max(h, w) / std::min(h, w) > kLargestRatio) {
    fail("image of ", width, " x ", height, " pixels is too thin: one side is ",
         std::max(h, w) / std::min(h, w), " times the other, expected at most ", kLargestRatio);
  }
  // The order of the operations is the source's: each division rounds.
  const auto times_factor = [&](double steps) { return static_cast<std::int64_t>(steps) * factor; };
  PictureSize size{times_factor(std::nearbyint(h / f)),
                   times_factor(std::nearbyint(w / f))};  // half: even
  if (size.height * size.width > max_pixels) {
    const double shrink = std::sqrt(h * w / static_cast<double>(max_pixels));
    size.height = std::max(factor, times_factor(std::floor(h / shrink / f)));
    size.width = std::max(factor, times_factor(std::floor(w / shrink / f)));
  } else if (size.height * size.width < min_pixels) {
    const double grow = std::sqrt(static_cast<double>(min_pixels) / (h * w));
    size.height = times_factor(std::ceil(h * grow / f));
    size.width = times_factor(std::ceil(w * grow / f));
  }
  return size;
}

std::vector<float> block_patches(const RgbImage& image, const VisionSpec& vision,
                                 const LevelTable& table) {
  const int p = vision.patch, block = p * vision.merge;
  std::vector<float> out;
  out.reserve(image.rgb.size() * static_cast<std::size_t>(vision.frames));
  const auto patch_at = [&](int top, int left) {
    for (std::size_t colour = 0; colour < 3; ++colour) {
      for (int frame = 0; frame < vision.frames; ++frame) {
        for (int y = top; y < top + p; ++y) {
          const std::uint8_t* pixel =
              image.rgb.data() + (std::int64_t{y} * image.width + left) * 3 + colour;
          for (int x = 0; x < p; ++x, pixel += 3) out.push_back(table[colour][*pixel]);
        }
      }
    }
  };
  for (int top = 0; top < image.height; top += block) {
    for (int left = 0; left < image.width; left += block) {
      for (int y = top; y < top + block; y += p) {
        for (int x = left; x < left + block; x += p) patch_at(y, x);
      }
    }
  }
  return out;
}

PreparedImage prepare_smart(const RgbImage& image, const ModelSpec& spec) {
  const int factor = spec.vision.patch * spec.vision.merge;
  const PictureSize size =
      smart_size(image.height, image.width, factor, spec.image.min_pixels, spec.image.max_pixels);
  PreparedImage out;
  out.resized.width = static_cast<int>(size.width);
  out.resized.height = static_cast<int>(size.height);
  out.resized.rgb = resize_bicubic(image.rgb, image.width, image.height, size.width, size.height);
  out.pixels = block_patches(out.resized, spec.vision, level_table(spec.image));
  out.geometry = whole_picture(image, out.resized);
  set_cells(out.geometry, out.resized, factor);
  return out;
}

}  // namespace vrp
