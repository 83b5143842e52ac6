#pragma once
// Antialiased bicubic resize of 8-bit images, bit-exact with Pillow 12.2
// (Image.resize(size, BICUBIC)): a = -0.5, support 2 scaled by max(scale, 1), weights normalised in
// double and rounded to 22-bit fixed point; the horizontal pass first, rounded and clipped to
// bytes, then the vertical one; a pass that does not change its size is skipped. Images over 100
// times as high as wide that get lower have the vertical pass first.
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/maps.hpp"

namespace vrp {

/// A rectangle of output pixels: columns [left, left + width), rows [top, top + height).
struct Window {
  std::int64_t left = 0, top = 0, width = 0, height = 0;
};

/// Resizes `source` [height, width, 3] to `out_height` x `out_width` and writes the pixels of
/// `window`, [window.height, window.width, 3], to `pixels`. Both live on `device`. Only what the
/// window needs is computed; its values are those of the whole resized image. Whole numbers: either
/// device gives the same bytes. Throws std::invalid_argument when a size is not in 1..2^31-1, the
/// window leaves the output, `source` or `pixels` has another length, or the build has no CUDA;
/// std::runtime_error with CUDA's text.
void resize_bicubic(Device device, std::span<const std::uint8_t> source, std::int64_t width,
                    std::int64_t height, std::int64_t out_width, std::int64_t out_height,
                    const Window& window, std::span<std::uint8_t> pixels);

/// The same on the CPU, as new memory.
std::vector<std::uint8_t> resize_bicubic(std::span<const std::uint8_t> source, std::int64_t width,
                                         std::int64_t height, std::int64_t out_width,
                                         std::int64_t out_height, const Window& window);

/// The whole resized image.
std::vector<std::uint8_t> resize_bicubic(std::span<const std::uint8_t> source, std::int64_t width,
                                         std::int64_t height, std::int64_t out_width,
                                         std::int64_t out_height);

}  // namespace vrp
