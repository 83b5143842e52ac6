#include "kernels/lens_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "kernels/maps.hpp"

namespace vrp {
namespace {

constexpr const char* kKernel = "lens_statistics";

/// What a token is to the target.
enum Role : std::uint8_t { rival, bystander, ignored, target };

void mark(std::vector<std::uint8_t>& roles, std::span<const std::int32_t> ids, Role role) {
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= std::ssize(roles)) {
      reject(kKernel, "a token id", id, "one of the vocabulary");
    }
    roles[static_cast<std::size_t>(id)] = role;
  }
}

/// [vocab]: rivals compete for the margin; they and bystanders count in the rank.
std::vector<std::uint8_t> token_roles(std::int64_t vocab, const LensTokens& tokens) {
  const Role others = tokens.rivals.empty() ? rival : bystander;
  std::vector<std::uint8_t> roles(static_cast<std::size_t>(vocab), others);
  mark(roles, tokens.first, others);  // only checked
  mark(roles, tokens.second, others);
  mark(roles, tokens.rivals, rival);
  mark(roles, tokens.ignored, ignored);
  mark(roles, tokens.target, target);
  return roles;
}

/// The token of `ids` with the largest logit, the lowest id on ties; -1 when there is none.
std::int32_t best_of(const float* row, std::span<const std::int32_t> ids) {
  std::int32_t best = -1;
  for (const std::int32_t id : ids) {
    if (best < 0 || row[id] > row[best] || (row[id] == row[best] && id < best)) best = id;
  }
  return best;
}

void two_largest(const float* row, std::int64_t vocab, std::int64_t number, LensRow& out) {
  float top1 = -std::numeric_limits<float>::infinity(), top2 = top1;
  for (std::int64_t v = 0; v < vocab; ++v) {
    const float z = row[v];
    if (!std::isfinite(z)) {
      std::ostringstream text;
      text << kKernel << ": logit " << v << " of row " << number << " is " << z
           << ", expected a finite number";
      throw std::invalid_argument(text.str());
    }
    if (z > top1) {
      top2 = top1;
      top1 = z;
    } else if (z > top2) {
      top2 = z;
    }
  }
  out.top1 = top1;
  out.top2 = vocab > 1 ? top2 : top1;
}

void against_rivals(const float* row, const std::vector<std::uint8_t>& roles, LensRow& out) {
  std::int32_t best = -1, above = 0;
  for (std::size_t v = 0; v < roles.size(); ++v) {
    if (roles[v] > bystander) continue;
    if (row[v] > out.target) ++above;
    if (roles[v] == rival && (best < 0 || row[v] > row[best])) best = static_cast<std::int32_t>(v);
  }
  out.rank = 1 + above;
  out.rival_token = best;
  if (best >= 0) out.rival = row[best];
}

double log_sum(const float* row, std::int64_t vocab, float top) {
  double sum = 0;
  for (std::int64_t v = 0; v < vocab; ++v) sum += std::exp(double{row[v]} - double{top});
  return double{top} + std::log(sum);
}

}  // namespace

void lens_statistics(std::span<const float> logits, std::int64_t vocab, const LensTokens& tokens,
                     bool log_sum_exp, std::span<LensRow> out) {
  if (vocab < 1) reject(kKernel, "vocabulary", static_cast<double>(vocab), ">= 1");
  require_size(kKernel, "number of logits", std::ssize(logits), std::ssize(out) * vocab);
  const std::vector<std::uint8_t> roles = token_roles(vocab, tokens);
  for (std::int64_t r = 0; r < std::ssize(out); ++r) {
    const float* row = logits.data() + r * vocab;
    LensRow& now = out[static_cast<std::size_t>(r)];
    now = {};
    two_largest(row, vocab, r, now);
    now.target_token = best_of(row, tokens.target);
    if (now.target_token >= 0) {
      now.target = row[now.target_token];
      against_rivals(row, roles, now);
    }
    const std::int32_t first = best_of(row, tokens.first), second = best_of(row, tokens.second);
    if (first >= 0) now.first = row[first];
    if (second >= 0) now.second = row[second];
    if (log_sum_exp) now.log_sum_exp = log_sum(row, vocab, now.top1);
  }
}

}  // namespace vrp
