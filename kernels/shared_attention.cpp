#include "kernels/shared_attention.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/row_ops.hpp"

namespace vrp {
namespace {

/// Sum of products in eight interleaved sums, in a fixed order.
float dot(const float* a, const float* b, std::int64_t count) {
  float lanes[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (int j = 0; j < 8; ++j) lanes[j] += a[i + j] * b[i + j];
  }
  for (; i < count; ++i) lanes[i % 8] += a[i] * b[i];
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
         ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

/// One key head: all paths' queries of its group as the rows of one product.
class Group {
 public:
  Group(const SharedAttention& what, std::int64_t head)
      : w_(what),
        head_(head),
        size_(what.heads / what.kv_heads),
        rows_(what.paths * size_),
        length_(what.prompt + what.own) {}

  void run() {
    std::vector<float> query(static_cast<std::size_t>(rows_ * w_.width));
    for (std::int64_t m = 0; m < rows_; ++m) {
      std::copy_n(w_.query + query_head(m) * w_.width, w_.width, query.data() + m * w_.width);
    }
    std::vector<float> scores(static_cast<std::size_t>(rows_ * length_));
    const PanelMatrix keys =
        packed_matrix(w_.prompt_key + head_ * packed_elements(w_.prompt, w_.width), Stored::f32,
                      w_.prompt, w_.width);
    panel_product({query.data(), rows_, w_.width, w_.width}, keys, 0, keys.panels(), nullptr,
                  scores.data(), length_);
    const float scale = 1.0f / std::sqrt(static_cast<float>(w_.width));
    for (std::int64_t m = 0; m < rows_; ++m) {
      float* row = scores.data() + m * length_;
      const float* own = w_.own_key + own_offset(m);
      for (std::int64_t t = 0; t < w_.own; ++t) {
        row[w_.prompt + t] = dot(query.data() + m * w_.width, own + t * w_.width, w_.width);
      }
      softmax_row(row, length_, scale);
      if (w_.weights && m < size_) {  // path 0
        std::copy_n(row, length_, w_.weights + (head_ * size_ + m) * length_);
      }
    }
    mix(scores);
  }

 private:
  /// out = weights times values.
  void mix(const std::vector<float>& weights) {
    const std::int64_t padded = value_width(w_.width);
    PanelMatrix values;
    values.data = w_.prompt_value + head_ * w_.prompt * padded;
    values.rows = w_.width;  // rows of the transposed matrix
    values.cols = w_.prompt;
    values.panel_stride = kPanelRows;
    values.term_stride = padded;
    std::vector<float> mixed(static_cast<std::size_t>(rows_ * w_.width));
    panel_product({weights.data(), rows_, w_.prompt, length_}, values, 0, values.panels(), nullptr,
                  mixed.data(), w_.width);
    for (std::int64_t m = 0; m < rows_; ++m) {
      float* out = w_.out + query_head(m) * w_.width;
      std::copy_n(mixed.data() + m * w_.width, w_.width, out);
      const float* own = w_.own_value + own_offset(m);
      for (std::int64_t t = 0; t < w_.own; ++t) {
        const float weight = weights[static_cast<std::size_t>(m * length_ + w_.prompt + t)];
        for (std::int64_t i = 0; i < w_.width; ++i) out[i] += weight * own[t * w_.width + i];
      }
    }
  }

  std::int64_t path(std::int64_t row) const { return row / size_; }
  /// Which of all K * H query heads a row is.
  std::int64_t query_head(std::int64_t row) const {
    return path(row) * w_.heads + head_ * size_ + row % size_;
  }
  std::int64_t own_offset(std::int64_t row) const {
    const std::int64_t slot = w_.slots ? w_.slots[path(row)] : path(row);
    return (slot * w_.kv_heads + head_) * w_.capacity * w_.width;
  }

  const SharedAttention& w_;
  std::int64_t head_, size_, rows_, length_;
};

}  // namespace

std::int64_t value_width(std::int64_t width) {
  return (width + kPanelRows - 1) / kPanelRows * kPanelRows;
}

void shared_attention(const SharedAttention& what, std::int64_t begin, std::int64_t end) {
  for (std::int64_t head = begin; head < end; ++head) Group(what, head).run();
}

}  // namespace vrp
