#pragma once
// What a bicubic resize computes, in numbers that both of its twins follow. Internal to
// resize_bicubic.
#include <cstdint>
#include <vector>

#include "kernels/resize_bicubic.hpp"

namespace vrp {

constexpr int kPrecisionBits = 32 - 8 - 2;  ///< of the weights' fixed point, as Pillow's Resample.c

/// Weights of one axis for its outputs in the window: output i sums `size[i]` inputs from
/// `begin[i]` on, with weights[i * taps ...], fixed point with kPrecisionBits.
struct ResampleAxis {
  std::int64_t taps = 0;
  std::vector<std::int64_t> begin, size;
  std::vector<std::int32_t> weights;
};

/// The passes of one resize. An axis that keeps its size has no weights: its window is cut out.
struct ResizePlan {
  std::int64_t width = 0, height = 0;  ///< of the source
  Window window;                       ///< of the output
  bool across = false, down = false;   ///< the side changes
  bool down_first = false;             ///< the vertical pass comes first, over the whole width
  ResampleAxis columns, rows;
  std::int64_t first_row = 0, row_count = 0;  ///< source rows that the window needs
};

/// Of sizes and a window that fit (resize_bicubic checks them).
ResizePlan plan_resize(std::int64_t width, std::int64_t height, std::int64_t out_width,
                       std::int64_t out_height, const Window& window);

void resize_bicubic_cpu(const ResizePlan& plan, const std::uint8_t* source, std::uint8_t* pixels);
#ifdef VRP_CUDA
void resize_bicubic_cuda(const ResizePlan& plan, const std::uint8_t* source, std::uint8_t* pixels);
#endif

}  // namespace vrp
