// The specification: plain loops, fp64.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/decode_attention.hpp"

namespace vrp {
namespace {

template <class T>
class Path {
 public:
  Path(const DecodeAttention<T>& what, std::int64_t path)
      : w_(what), prompt_(what.prompts[path / (what.paths / what.prompt_count)]), path_(path) {
    slot_ = w_.slots ? w_.slots[path] : path;
    length_ = prompt_.length + w_.own[path];
    query_ = w_.query + path * (w_.query_stride != 0 ? w_.query_stride : w_.heads * w_.width);
  }

  std::int64_t length() const { return length_; }

  /// softmax over all positions.
  std::vector<double> weights(std::int64_t head) const {
    std::vector<double> weights(static_cast<std::size_t>(length_));
    double top = -std::numeric_limits<double>::infinity(), mass = 0;
    const T* query = query_ + head * w_.width;
    for (std::int64_t t = 0; t < length_; ++t) {
      const T* key = row(prompt_.key, w_.own_key, head, t);
      double score = 0;
      for (std::int64_t i = 0; i < w_.width; ++i) score += double{load(query[i])} * load(key[i]);
      weights[static_cast<std::size_t>(t)] = score * w_.scale;
      top = std::max(top, score * w_.scale);
    }
    for (double& weight : weights) mass += weight = std::exp(weight - top);
    for (double& weight : weights) weight /= mass;
    return weights;
  }

  double mixed(const std::vector<double>& weights, std::int64_t head, std::int64_t i) const {
    if (length_ == 0) return std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (std::int64_t t = 0; t < length_; ++t) {
      sum +=
          weights[static_cast<std::size_t>(t)] * load(row(prompt_.value, w_.own_value, head, t)[i]);
    }
    return sum;
  }

 private:
  const T* row(const T* prompt, const T* own, std::int64_t head, std::int64_t t) const {
    const std::int64_t key_head = head / (w_.heads / w_.kv_heads);
    if (t < prompt_.length) return prompt + (key_head * prompt_.capacity + t) * w_.width;
    const std::int64_t entry = t - prompt_.length;
    return own + ((slot_ * w_.kv_heads + key_head) * w_.own_capacity + entry) * w_.width;
  }

  const DecodeAttention<T>& w_;
  const DecodePrompt<T>& prompt_;
  const T* query_ = nullptr;
  std::int64_t path_, slot_ = 0, length_ = 0;
};

}  // namespace

template <class T>
void decode_attention_cpu(const DecodeAttention<T>& what) {
  for (std::int64_t k = 0; k < what.paths; ++k) {
    const Path<T> path(what, k);
    for (std::int64_t h = 0; h < what.heads; ++h) {
      const std::vector<double> weights = path.weights(h);
      T* out = what.out + (k * what.heads + h) * what.width;
      for (std::int64_t i = 0; i < what.width; ++i) {
        out[i] = store<T>(static_cast<float>(path.mixed(weights, h, i)));
      }
    }
  }
  for (std::int64_t w = 0; w < what.wanted_paths; ++w) {
    const Path<T> path(what, what.wanted[w]);
    const std::int32_t* column = what.column + w * what.columns;
    for (std::int64_t h = 0; h < what.heads; ++h) {
      const std::vector<double> weights = path.weights(h);
      float* out = what.weights + (w * what.heads + h) * what.columns;
      for (std::int64_t c = 0; c < what.columns; ++c) {
        out[c] = static_cast<float>(weights[static_cast<std::size_t>(column[c])]);
      }
    }
  }
}

template void decode_attention_cpu(const DecodeAttention<float>&);
template void decode_attention_cpu(const DecodeAttention<HalfFloat>&);
template void decode_attention_cpu(const DecodeAttention<BrainFloat>&);

}  // namespace vrp
