// What stands between matrix products, and what is read from rows of logits.
#include <ATen/ATen.h>

#include <numeric>

#include "kernels/lens_statistics.hpp"
#include "kernels/row_ops.hpp"
#include "kernels/top_p.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/model/ops.hpp"
#include "tests/benchmarks/speed.hpp"

namespace vrp::speed {
namespace {

at::Tensor random(std::vector<std::int64_t> shape, std::uint64_t seed) {
  std::int64_t count = 1;
  for (const std::int64_t n : shape) count *= n;
  const std::vector<float> values = numbers(count, seed);
  return at::from_blob(const_cast<float*>(values.data()), shape).clone();
}

double bytes(const at::Tensor& x) { return static_cast<double>(x.nbytes()); }

/// Logits as a model's: a wide bell and a few that stand out.
std::vector<float> logits_of(std::int64_t vocabulary, std::uint64_t seed) {
  std::vector<float> out = numbers(vocabulary, seed);
  for (float& x : out) x *= 8;
  for (std::int64_t i = 0; i < 20; ++i) {
    out[static_cast<std::size_t>(i * 37 % vocabulary)] = 10 + 0.3f * static_cast<float>(i);
  }
  return out;
}

}  // namespace

std::vector<Case> row_operations(const Effort& effort) {
  const std::shared_ptr<Ops> ops = make_cpu_ops();
  const std::int64_t rows = effort.quick ? 16 : 595;
  const at::Tensor x = random({rows, 1024}, 1), weight = random({1024}, 2);
  const at::Tensor wide = random({rows, 5632}, 3), heads = random({rows, 48, 64}, 4);
  const at::Tensor angle = random({rows, 32}, 5), cos = at::cos(angle), sin = at::sin(angle);
  const at::Tensor vision = random({rows, 2048}, 6);
  const Norm norm{random({1024}, 7), random({1024}, 8)};
  const auto softmax = std::make_shared<std::vector<float>>(numbers(rows * rows, 9));
  const auto count = static_cast<double>(rows);
  std::vector<Case> cases{
      {"rms norm", [=] { ops->rms_norm(x, weight, 1e-5); }, 0, 0, 2 * bytes(x), count, "rows"},
      {"layer norm", [=] { layer_norm(x, norm, 1e-5); }, 0, 0, 2 * bytes(x), count, "rows"},
      {"gated silu", [=] { ops->gated(wide, "silu"); }, 0, 0, 1.5 * bytes(wide), count, "rows"},
      {"gated gelu", [=] { ops->gated(wide, "gelu_pytorch_tanh"); }, 0, 0, 1.5 * bytes(wide), count,
       "rows"},
      {"quick gelu", [=] { ops->activation(vision.clone(), "quick_gelu"); }, 0, 0,
       4 * bytes(vision), count, "rows"},
      {"rotary, 32 of 48 heads", [=] { ops->rotate(heads, 32, cos, sin); }, 0, 0,
       2 * bytes(heads) * 32 / 48, count, "rows"}};
  cases.push_back({.name = "softmax",
                   .call =
                       [=] {
                         for (std::int64_t r = 0; r < rows; ++r) {
                           softmax_row(softmax->data() + r * rows, rows, 1.0f);
                         }
                       },
                   .copied_bytes = 8.0 * static_cast<double>(rows * rows),
                   .count = count,
                   .what = "rows"});
  return cases;
}

std::vector<Case> vocabulary_rows(const Effort& effort) {
  std::vector<Case> cases;
  for (const std::int64_t whole : {32064, 152064, 257216}) {
    const std::int64_t vocabulary = effort.quick ? whole / 64 : whole;
    const auto row = std::make_shared<std::vector<float>>(logits_of(vocabulary, 11));
    cases.push_back({.name = concat("top-p token, V = ", whole),
                     .call = [=] { top_p_token(*row, 0.7, 0.9, 0.5); },
                     .read_bytes = 4.0 * static_cast<double>(vocabulary),
                     .count = 1,
                     .what = "tokens"});
    cases.push_back({.name = concat("token statistics, V = ", whole),
                     .call = [=] { token_statistics(*row, 3); },
                     .read_bytes = 4.0 * static_cast<double>(vocabulary),
                     .count = 1,
                     .what = "tokens"});
  }
  const std::int64_t vocabulary = effort.quick ? 512 : 32064, layers = 13;
  const auto logits = std::make_shared<std::vector<float>>();
  for (std::int64_t l = 0; l < layers; ++l) {
    const std::vector<float> row = logits_of(vocabulary, 20 + static_cast<std::uint64_t>(l));
    logits->insert(logits->end(), row.begin(), row.end());
  }
  const auto target = std::make_shared<std::vector<std::int32_t>>(std::vector<std::int32_t>{5, 99});
  for (const bool log_sum_exp : {false, true}) {
    const auto out = std::make_shared<std::vector<LensRow>>(static_cast<std::size_t>(layers));
    cases.push_back({.name = concat("lens statistics", log_sum_exp ? " with log-sum-exp" : "",
                                    ", 13 rows, V = 32064"),
                     .call =
                         [=] {
                           LensTokens tokens;
                           tokens.target = *target;
                           lens_statistics(*logits, vocabulary, tokens, log_sum_exp, *out);
                         },
                     .read_bytes = 4.0 * static_cast<double>(logits->size()),
                     .count = static_cast<double>(layers),
                     .what = "rows"});
  }
  return cases;
}

}  // namespace vrp::speed
