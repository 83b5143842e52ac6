#pragma once
// Matrix products whose every entry is summed in one fixed order: y[m, n] = sum_k x[m, k] w[n, k],
// k ascending, one fused multiply-add each, in blocks of kSumBlock that are added to y in turn. So
// a row of y has the same bits whatever rows stand beside it, however the work is split over
// threads and wherever the arrays lie in memory: K answers decoded at once are the answers decoded
// one by one. Libraries promise none of that.
//
// w is kept in panels: 32 of its rows side by side, so that a panel streams through once for up to
// twelve rows of x.
#include <cstdint>
#include <vector>

namespace vrp {

constexpr std::int64_t kPanelRows = 32;   ///< rows of w in a panel
constexpr std::int64_t kSumBlock = 1024;  ///< terms summed before they are added to y

enum class Stored { f32, f16, bf16 };  ///< how w's numbers are kept; all convert exactly
inline std::int64_t stored_bytes(Stored type) { return type == Stored::f32 ? 4 : 2; }

/// Instructions to use. All give the same bits; `plain` is the specification in plain loops.
enum class Instructions { plain, avx2, avx512 };
Instructions best_instructions();  ///< of this machine

/// w [rows, cols]: entry (n, k) is element (n / 32) * panel_stride + k * term_stride + n % 32. The
/// last panel is padded to 32 rows, and its padding may be read but never shows.
struct PanelMatrix {
  const void* data = nullptr;
  Stored type = Stored::f32;
  std::int64_t rows = 0, cols = 0;
  std::int64_t panel_stride = 0, term_stride = kPanelRows;
  std::int64_t panels() const { return (rows + kPanelRows - 1) / kPanelRows; }
};

/// Elements that packed panels of a [rows, cols] matrix take, padding included.
std::int64_t packed_elements(std::int64_t rows, std::int64_t cols);
/// Packed panels at `data`.
PanelMatrix packed_matrix(const void* data, Stored type, std::int64_t rows, std::int64_t cols);
/// Writes `count` rows, row-major at `source` and of type `from`, to rows first .. of the packed
/// panels at `panels` with `cols` columns and type `to` (equal to `from`, or f32).
void pack_panels(const void* source, Stored from, std::int64_t count, std::int64_t cols,
                 std::int64_t first, void* panels, Stored to);

/// Row n of w as float32: `out` [w.cols].
void unpack_row(const PanelMatrix& w, std::int64_t n, float* out);

/// x [rows, cols] in blocks of up to twelve rows, the order in which the product reads it.
class RowBlocks {
 public:
  static constexpr std::int64_t kRows = 12;
  RowBlocks(const float* x, std::int64_t rows, std::int64_t cols, std::int64_t stride);
  std::int64_t rows() const { return rows_; }
  std::int64_t cols() const { return cols_; }
  /// Block b: terms k0 .. of its rows, [terms][rows of the block].
  const float* block(std::int64_t b, std::int64_t k0) const;
  std::int64_t rows_of(std::int64_t b) const;

 private:
  std::int64_t rows_, cols_;
  std::vector<float> data_;
};

/// y [M, w.rows] = x w^T + bias for the panels begin .. end - 1 of w (columns 32 begin ..); threads
/// share a product by panels. `bias` [w.rows] may be null. y has `stride` elements from row to row.
/// Sizes are the caller's promise: x.cols() == w.cols.
void panel_product(const RowBlocks& x, const PanelMatrix& w, std::int64_t begin, std::int64_t end,
                   const float* bias, float* y, std::int64_t stride,
                   Instructions instructions = best_instructions());

}  // namespace vrp
