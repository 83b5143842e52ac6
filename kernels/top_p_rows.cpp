#include "kernels/top_p_rows.hpp"

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/top_p.hpp"

namespace vrp {
namespace {

constexpr const char* kKernel = "top_p_rows";

void require(bool right, const char* what, double found, const char* expected) {
  if (!right) reject(kKernel, what, found, expected);
}

void check(const TopPRows& what) {
  require(what.rows >= 0, "number of rows", static_cast<double>(what.rows), ">= 0");
  require(what.vocab >= 1 && what.vocab <= std::int64_t{1} << 26, "vocabulary",
          static_cast<double>(what.vocab), "1 .. 2^26");
  require(what.stride >= what.vocab, "distance of rows", static_cast<double>(what.stride),
          "at least the vocabulary");
  require(what.temperature > 0 && std::isfinite(what.temperature), "temperature", what.temperature,
          "finite and > 0");
  require(what.top_p > 0 && what.top_p <= 1, "mass to keep", what.top_p, "in (0, 1]");
  require(what.rows == 0 || (what.logits && what.uniform && what.tokens), "an array", 0, "memory");
}

}  // namespace

void top_p_rows(Device device, const TopPRows& what) {
  check(what);
  if (device == Device::cpu) {
    for (std::int64_t r = 0; r < what.rows; ++r) {
      what.tokens[r] =
          top_p_token({what.logits + r * what.stride, static_cast<std::size_t>(what.vocab)},
                      what.temperature, what.top_p, what.uniform[r]);
    }
    return;
  }
#ifdef VRP_CUDA
  if (what.rows > 0) top_p_rows_cuda(what);
#else
  throw std::invalid_argument("top_p_rows: device is cuda, but this build has no CUDA");
#endif
}

std::int64_t top_p_settle(const TopPRows& what, std::span<std::int32_t> tokens) {
  check(what);
  require_size(kKernel, "length of the result", std::ssize(tokens), what.rows);
#ifdef VRP_CUDA
  copy_to_host_cuda(tokens.data(), what.tokens, tokens.size_bytes(), what.stream);
  std::int64_t settled = 0;
  std::vector<float> logits(static_cast<std::size_t>(what.vocab));
  for (std::int64_t r = 0; r < what.rows; ++r) {
    std::int32_t& token = tokens[static_cast<std::size_t>(r)];
    if (token >= 0) continue;
    double uniform = 0;
    copy_to_host_cuda(logits.data(), what.logits + r * what.stride, logits.size() * sizeof(float),
                      what.stream);
    copy_to_host_cuda(&uniform, what.uniform + r, sizeof uniform, what.stream);
    token = top_p_token(logits, what.temperature, what.top_p, uniform);  // throws where not finite
    ++settled;
  }
  return settled;
#else
  throw std::invalid_argument("top_p_settle: this build has no CUDA");
#endif
}

}  // namespace vrp
