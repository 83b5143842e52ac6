#pragma once
// A decoder in plain loops and fp64 over the tensors of a tiny checkpoint: whole sequence, no
// cache.
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/model/tiny_checkpoint.hpp"

namespace vrp::test {

class NaiveDecoder {
 public:
  NaiveDecoder(const TinySpec& spec, const TinyTensors& tensors) : spec_(spec), tensors_(tensors) {}

  /// Rows [P, D] of h(-1) to h(L-1); nobody attends to positions `hidden`.
  std::vector<std::vector<double>> run(std::vector<std::vector<double>> x,
                                       const std::set<std::int64_t>& hidden) const {
    for (int l = 0; l < spec_.layers; ++l) {
      const std::string at = "language_model.model.layers." + std::to_string(l) + ".";
      attend(at, x, hidden);
      for (auto& row : x) {
        const auto y = norm(row, at + "post_attention_layernorm.weight");
        auto gate = product(at + "mlp.gate_proj.weight", y);
        const auto up = product(at + "mlp.up_proj.weight", y);
        for (std::size_t i = 0; i < gate.size(); ++i) gate[i] *= up[i] / (1 + std::exp(-gate[i]));
        add(row, product(at + "mlp.down_proj.weight", gate));
      }
    }
    return x;
  }

  std::vector<double> logits(const std::vector<double>& state) const {
    return product("language_model.lm_head.weight",
                   norm(state, "language_model.model.norm.weight"));
  }

 private:
  using Row = std::vector<double>;

  const std::vector<float>& values(const std::string& name) const {
    return tensors_.at(name).values;
  }
  static void add(Row& to, const Row& what) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += what[i];
  }
  Row product(const std::string& name, const Row& x) const {
    const auto& w = values(name);
    Row out(w.size() / x.size(), 0.0);
    for (std::size_t r = 0; r < out.size(); ++r) {
      for (std::size_t c = 0; c < x.size(); ++c) out[r] += double{w[r * x.size() + c]} * x[c];
    }
    return out;
  }
  Row norm(const Row& x, const std::string& name) const {
    double squares = 0;
    for (const double value : x) squares += value * value;
    const double scale = 1 / std::sqrt(squares / static_cast<double>(x.size()) + 1e-5);
    Row out;
    for (std::size_t i = 0; i < x.size(); ++i)
      out.push_back(x[i] * scale * double{values(name)[i]});
    return out;
  }
  void rotate(Row& x, std::size_t position) const {
    const auto width = static_cast<std::size_t>(spec_.hidden / spec_.heads);
    for (std::size_t head = 0; head < x.size(); head += width) {
      for (std::size_t i = 0; i < width / 2; ++i) {
        const double angle =
            static_cast<double>(position) *
            std::pow(10000.0, -2.0 * static_cast<double>(i) / static_cast<double>(width));
        const double a = x[head + i], b = x[head + width / 2 + i];
        x[head + i] = a * std::cos(angle) - b * std::sin(angle);
        x[head + width / 2 + i] = b * std::cos(angle) + a * std::sin(angle);
      }
    }
  }

  void attend(const std::string& at, std::vector<Row>& x,
              const std::set<std::int64_t>& hidden) const {
    std::vector<Row> q, k, v;
    for (std::size_t p = 0; p < x.size(); ++p) {
      const Row y = norm(x[p], at + "input_layernorm.weight");
      q.push_back(product(at + "self_attn.q_proj.weight", y));
      k.push_back(product(at + "self_attn.k_proj.weight", y));
      v.push_back(product(at + "self_attn.v_proj.weight", y));
      rotate(q.back(), p);
      rotate(k.back(), p);
    }
    const auto width = static_cast<std::size_t>(spec_.hidden / spec_.heads);
    const auto group = static_cast<std::size_t>(spec_.heads / spec_.kv_heads);
    for (std::size_t p = 0; p < x.size(); ++p) {
      Row out(static_cast<std::size_t>(spec_.hidden), 0.0);
      for (std::size_t h = 0; h < static_cast<std::size_t>(spec_.heads); ++h) {
        const std::size_t own = h * width, shared = h / group * width;
        Row weight(p + 1, 0.0);
        double total = 0;
        for (std::size_t s = 0; s <= p; ++s) {
          if (hidden.count(static_cast<std::int64_t>(s)) > 0) continue;
          double score = 0;
          for (std::size_t i = 0; i < width; ++i) score += q[p][own + i] * k[s][shared + i];
          total += weight[s] = std::exp(score / std::sqrt(static_cast<double>(width)));
        }
        for (std::size_t s = 0; s <= p; ++s) {
          for (std::size_t i = 0; i < width; ++i) {
            out[own + i] += weight[s] / total * v[s][shared + i];
          }
        }
      }
      add(x[p], product(at + "self_attn.o_proj.weight", out));
    }
  }

  const TinySpec& spec_;
  const TinyTensors& tensors_;
};

}  // namespace vrp::test
