#pragma once
// Antialiased bicubic resize of 8-bit images, bit-exact with Pillow 12.2
// (Image.resize(size, BICUBIC)): a = -0.5, support 2 scaled by max(scale, 1), weights normalised in
// double and rounded to 22-bit fixed point; the horizontal pass first, rounded and clipped to
// bytes, then the vertical one; a pass that does not change its size is skipped. Images over 100
// times as high as wide that get lower have the vertical pass first.
#include <cstdint>
#include <span>
#include <vector>

namespace vrp {

/// A rectangle of output pixels: columns [left, left + width), rows [top, top + height).
struct Window {
  std::int64_t left = 0, top = 0, width = 0, height = 0;
};

/// Resizes `source` [height, width, 3] to `out_height` x `out_width` and returns the pixels of
/// `window`, [window.height, window.width, 3]. Only what the window needs is computed; its values
/// are those of the whole resized image. Throws Error when a size is not positive, the window
/// leaves the output, or `source` has another length.
std::vector<std::uint8_t> resize_bicubic(std::span<const std::uint8_t> source, std::int64_t width,
                                         std::int64_t height, std::int64_t out_width,
                                         std::int64_t out_height, const Window& window);

/// The whole resized image.
std::vector<std::uint8_t> resize_bicubic(std::span<const std::uint8_t> source, std::int64_t width,
                                         std::int64_t height, std::int64_t out_width,
                                         std::int64_t out_height);

}  // namespace vrp
