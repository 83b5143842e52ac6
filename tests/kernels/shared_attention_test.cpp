#include "kernels/shared_attention.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "kernels/philox.hpp"

using namespace vrp;

namespace {

std::vector<float> noise(std::uint32_t seed, std::int64_t count) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto w = philox4x32_10({static_cast<std::uint32_t>(i), seed, 0, 0}, {3, 9});
    values.push_back(static_cast<float>(4 * uniform53(w.c0, w.c1) - 2));
  }
  return values;
}

/// Sizes and arrays of one call; keys and values also in plain row-major form.
struct Setting {
  std::int64_t paths = 3, heads = 4, kv_heads = 2, width = 16, prompt = 70, own = 3, capacity = 5;
  std::vector<float> query = noise(1, paths* heads* width);
  std::vector<float> key = noise(2, kv_heads* prompt* width);
  std::vector<float> value = noise(3, kv_heads* prompt* width);
  std::vector<float> own_key = noise(4, paths* kv_heads* capacity* width);
  std::vector<float> own_value = noise(5, paths* kv_heads* capacity* width);
  std::vector<float> packed_key, padded_value;

  void pack() {
    packed_key.assign(static_cast<std::size_t>(kv_heads * packed_elements(prompt, width)), 0.0f);
    padded_value.assign(static_cast<std::size_t>(kv_heads * prompt * value_width(width)), 0.0f);
    for (std::int64_t j = 0; j < kv_heads; ++j) {
      pack_panels(key.data() + j * prompt * width, Stored::f32, prompt, width, 0,
                  packed_key.data() + j * packed_elements(prompt, width), Stored::f32);
    }
    for (std::int64_t row = 0; row < kv_heads * prompt; ++row) {
      for (std::int64_t i = 0; i < width; ++i) {
        padded_value[static_cast<std::size_t>(row * value_width(width) + i)] =
            value[static_cast<std::size_t>(row * width + i)];
      }
    }
  }

  SharedAttention call(std::vector<float>& out, std::vector<float>* weights) {
    pack();
    out.assign(static_cast<std::size_t>(paths * heads * width), -1.0f);
    if (weights) weights->assign(static_cast<std::size_t>(heads * (prompt + own)), -1.0f);
    return {paths,
            heads,
            kv_heads,
            width,
            prompt,
            own,
            query.data(),
            packed_key.data(),
            padded_value.data(),
            own_key.data(),
            own_value.data(),
            capacity,
            nullptr,
            out.data(),
            weights ? weights->data() : nullptr};
  }

  float at(const std::vector<float>& own_array, const std::vector<float>& prompt_array,
           std::int64_t slot, std::int64_t j, std::int64_t t, std::int64_t i) const {
    if (t < prompt) return prompt_array[static_cast<std::size_t>((j * prompt + t) * width + i)];
    return own_array[static_cast<std::size_t>(
        ((slot * kv_heads + j) * capacity + t - prompt) * width + i)];
  }

  /// Attention of one head of one path by its definition, in double: weights, then output.
  void expected(std::int64_t slot, std::int64_t h, const float* q, std::vector<double>& weights,
                std::vector<double>& out) const {
    const std::int64_t j = h / (heads / kv_heads), length = prompt + own;
    weights.assign(static_cast<std::size_t>(length), 0);
    out.assign(static_cast<std::size_t>(width), 0);
    double mass = 0;
    for (std::int64_t t = 0; t < length; ++t) {
      double score = 0;
      for (std::int64_t i = 0; i < width; ++i)
        score += double{q[i]} * at(own_key, key, slot, j, t, i);
      weights[static_cast<std::size_t>(t)] = std::exp(score / std::sqrt(double(width)));
      mass += weights[static_cast<std::size_t>(t)];
    }
    for (std::int64_t t = 0; t < length; ++t) {
      weights[static_cast<std::size_t>(t)] /= mass;
      for (std::int64_t i = 0; i < width; ++i) {
        out[static_cast<std::size_t>(i)] +=
            weights[static_cast<std::size_t>(t)] * at(own_value, value, slot, j, t, i);
      }
    }
  }
};

}  // namespace

TEST_CASE("attention over a shared prompt and own tokens is one softmax over both",
          "[kernels][shared_attention]") {
  for (const std::int64_t width : {8, 16, 32, 40}) {
    for (const std::int64_t kv_heads : {1, 2, 4}) {
      Setting s;
      s.width = width;
      s.kv_heads = kv_heads;
      s.query = noise(1, s.paths * s.heads * width);
      s.key = noise(2, kv_heads * s.prompt * width);
      s.value = noise(3, kv_heads * s.prompt * width);
      s.own_key = noise(4, s.paths * kv_heads * s.capacity * width);
      s.own_value = noise(5, s.paths * kv_heads * s.capacity * width);
      std::vector<float> out, weights;
      const SharedAttention call = s.call(out, &weights);
      shared_attention(call, 0, kv_heads);
      for (std::int64_t k = 0; k < s.paths; ++k) {
        for (std::int64_t h = 0; h < s.heads; ++h) {
          std::vector<double> want_weights, want;
          s.expected(k, h, s.query.data() + (k * s.heads + h) * width, want_weights, want);
          for (std::int64_t i = 0; i < width; ++i) {
            const double found = out[static_cast<std::size_t>((k * s.heads + h) * width + i)];
            INFO("width " << width << ", path " << k << ", head " << h << ", entry " << i << ": "
                          << found << ", expected " << want[static_cast<std::size_t>(i)]);
            REQUIRE(std::abs(found - want[static_cast<std::size_t>(i)]) <= 5e-6);
          }
          for (std::size_t t = 0; k == 0 && t < want_weights.size(); ++t) {
            const double found = weights[static_cast<std::size_t>(h) * want_weights.size() + t];
            REQUIRE(std::abs(found - want_weights[t]) <= 2e-6);
          }
        }
      }
    }
  }
}

TEST_CASE("a path's attention has the same bits alone, in its slot, and head by head",
          "[kernels][shared_attention]") {
  Setting s;
  std::vector<float> together, alone, piecewise;
  shared_attention(s.call(together, nullptr), 0, 2);
  const SharedAttention pieces = s.call(piecewise, nullptr);
  shared_attention(pieces, 1, 2);
  shared_attention(pieces, 0, 1);
  CHECK(piecewise == together);
  for (std::int64_t k = 0; k < s.paths; ++k) {
    SharedAttention one = s.call(alone, nullptr);
    one.paths = 1;
    one.slots = &k;
    one.query = s.query.data() + k * s.heads * s.width;
    shared_attention(one, 0, 2);
    const std::int64_t size = s.heads * s.width;
    INFO("path " << k);
    CHECK(std::equal(alone.begin(), alone.begin() + size, together.begin() + k * size));
  }
}
