#include "kernels/panel_product.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/panel_kernels.hpp"

namespace vrp {
namespace {

/// Rows of x that are kept in the second-level cache while panels pass: 8 blocks of 12.
constexpr std::int64_t kBlocksAtOnce = 8;

template <class From, class To>
void pack(const From* source, std::int64_t count, std::int64_t cols, std::int64_t first,
          To* panels) {
  // Columns in strips, so that the strip of a panel stays in cache while its rows are read.
  constexpr std::int64_t kStrip = 64;
  for (std::int64_t k0 = 0; k0 < cols; k0 += kStrip) {
    const std::int64_t k1 = std::min(cols, k0 + kStrip);
    for (std::int64_t r = 0; r < count; ++r) {
      const std::int64_t n = first + r;
      To* to = panels + (n / kPanelRows) * cols * kPanelRows + n % kPanelRows;
      const From* from = source + r * cols;
      for (std::int64_t k = k0; k < k1; ++k) {
        if constexpr (sizeof(From) == sizeof(To)) {
          std::memcpy(to + k * kPanelRows, from + k, sizeof(To));
        } else {
          to[k * kPanelRows] = panel::to_float(from[k]);
        }
      }
    }
  }
}

template <class Number>
void unpack(const void* data, std::int64_t cols, std::int64_t stride, float* out) {
  const Number* from = static_cast<const Number*>(data);
  for (std::int64_t k = 0; k < cols; ++k) out[k] = panel::to_float(from[k * stride]);
}

}  // namespace

Instructions best_instructions() {
  static const Instructions best = [] {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return Instructions::avx512;
    // Every processor with these has F16C, the conversion of halves, too.
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
      return Instructions::avx2;
    }
#endif
    return Instructions::plain;
  }();
  return best;
}

std::int64_t packed_elements(std::int64_t rows, std::int64_t cols) {
  return (rows + kPanelRows - 1) / kPanelRows * kPanelRows * cols;
}

PanelMatrix packed_matrix(const void* data, Stored type, std::int64_t rows, std::int64_t cols) {
  return {data, type, rows, cols, cols * kPanelRows, kPanelRows};
}

void pack_panels(const void* source, Stored from, std::int64_t count, std::int64_t cols,
                 std::int64_t first, void* panels, Stored to) {
  // A tensor's bytes in a file need not be aligned to its type: panel::Unaligned reads anyhow.
  if (from == Stored::f32) {
    pack(static_cast<const panel::UnalignedF32*>(source), count, cols, first,
         static_cast<float*>(panels));
  } else if (from == Stored::f16 && to == Stored::f16) {
    pack(static_cast<const panel::F16*>(source), count, cols, first,
         static_cast<panel::F16*>(panels));
  } else if (from == Stored::bf16 && to == Stored::bf16) {
    pack(static_cast<const panel::BF16*>(source), count, cols, first,
         static_cast<panel::BF16*>(panels));
  } else if (from == Stored::f16) {
    pack(static_cast<const panel::F16*>(source), count, cols, first, static_cast<float*>(panels));
  } else {
    pack(static_cast<const panel::BF16*>(source), count, cols, first, static_cast<float*>(panels));
  }
}

void unpack_row(const PanelMatrix& w, std::int64_t n, float* out) {
  const std::int64_t at = (n / kPanelRows) * w.panel_stride + n % kPanelRows;
  const char* first = static_cast<const char*>(w.data) + at * stored_bytes(w.type);
  if (w.type == Stored::f32) {
    unpack<panel::UnalignedF32>(first, w.cols, w.term_stride, out);
  } else if (w.type == Stored::f16) {
    unpack<panel::F16>(first, w.cols, w.term_stride, out);
  } else {
    unpack<panel::BF16>(first, w.cols, w.term_stride, out);
  }
}

RowBlocks::RowBlocks(const float* x, std::int64_t rows, std::int64_t cols, std::int64_t stride)
    : rows_(rows), cols_(cols), data_(static_cast<std::size_t>(rows * cols)) {
  float* to = data_.data();
  for (std::int64_t r0 = 0; r0 < rows; r0 += kRows) {
    const std::int64_t count = std::min(kRows, rows - r0);
    for (std::int64_t r = 0; r < count; ++r) {
      const float* from = x + (r0 + r) * stride;
      for (std::int64_t k = 0; k < cols; ++k) to[k * count + r] = from[k];
    }
    to += count * cols;
  }
}

std::int64_t RowBlocks::rows_of(std::int64_t b) const { return std::min(kRows, rows_ - b * kRows); }

const float* RowBlocks::block(std::int64_t b, std::int64_t k0) const {
  return data_.data() + b * kRows * cols_ + k0 * rows_of(b);
}

void panel_product(const RowBlocks& x, const PanelMatrix& w, std::int64_t begin, std::int64_t end,
                   const float* bias, float* y, std::int64_t stride, Instructions instructions) {
  const std::int64_t blocks = (x.rows() + RowBlocks::kRows - 1) / RowBlocks::kRows;
  const panel::Kernels& kernels = panel::kernels_for(w.type, instructions);
  const char* data = static_cast<const char*>(w.data);
  const std::int64_t bytes = stored_bytes(w.type);
  for (std::int64_t k0 = 0; k0 < w.cols; k0 += kSumBlock) {
    const std::int64_t terms = std::min(kSumBlock, w.cols - k0);
    const bool last = k0 + terms == w.cols;
    for (std::int64_t b0 = 0; b0 < blocks; b0 += kBlocksAtOnce) {
      const std::int64_t b1 = std::min(blocks, b0 + kBlocksAtOnce);
      for (std::int64_t p = begin; p < end; ++p) {
        const std::int64_t n = p * kPanelRows, width = std::min(kPanelRows, w.rows - n);
        panel::Tile tile;
        tile.terms = terms;
        tile.w = data + (p * w.panel_stride + k0 * w.term_stride) * bytes;
        tile.w_stride = w.term_stride;
        tile.add_to_y = k0 > 0;
        for (std::int64_t b = b0; b < b1; ++b) {
          tile.x = x.block(b, k0);
          tile.rows = x.rows_of(b);
          tile.y = y + b * RowBlocks::kRows * stride + n;
          tile.y_stride = stride;
          tile.bias = last && bias ? bias + n : nullptr;
          panel::run(kernels, tile, width);
        }
      }
    }
  }
}

}  // namespace vrp
