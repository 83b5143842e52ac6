#include "kernels/top_p.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>
#include <stdexcept>

namespace vrp {
namespace {

template <class... Parts>
[[noreturn]] void reject(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  throw std::invalid_argument(out.str());
}

/// The largest logit; throws for an empty row or one with a value that is not finite.
float checked_max(std::span<const float> logits) {
  if (logits.empty()) reject("no logits, expected at least one");
  float top = logits[0];
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (!std::isfinite(logits[i])) {
      reject("non-finite logits: entry ", i, " of ", logits.size(), " is ", logits[i]);
    }
    top = std::max(top, logits[i]);
  }
  return top;
}

/// Kept tokens in ascending id order with their (not yet renormalised) probabilities.
struct Kept {
  std::vector<std::int32_t> ids;
  std::vector<double> p;
  double sum = 0;  ///< of p, in ascending id order
};

Kept keep_top_p(std::span<const float> logits, double temperature, double top_p) {
  if (!(temperature > 0) || !std::isfinite(temperature)) {
    reject("top_p: temperature is ", temperature, ", expected a finite value > 0");
  }
  if (!(top_p > 0 && top_p <= 1))
    reject("top_p: mass to keep is ", top_p, ", expected a value in (0, 1]");
  const double top = checked_max(logits);
  std::vector<double> p(logits.size());
  double mass = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    p[i] = std::exp((static_cast<double>(logits[i]) - top) / temperature);
    mass += p[i];
  }
  std::vector<std::int32_t> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  const auto before = [&](std::int32_t a, std::int32_t b) {
    const double pa = p[static_cast<std::size_t>(a)], pb = p[static_cast<std::size_t>(b)];
    return pa != pb ? pa > pb : a < b;
  };
  // The prefix is usually short: sort 64 tokens, then four times as many until it is found.
  std::size_t kept = 0, sorted = 0;
  double cumulative = 0;
  for (std::size_t want = 64; kept == 0; want *= 4) {
    const std::size_t end = std::min(want, order.size());
    const auto from = order.begin() + static_cast<std::ptrdiff_t>(sorted);
    const auto to = order.begin() + static_cast<std::ptrdiff_t>(end);
    std::partial_sort(from, to, order.end(), before);
    for (; sorted < end && kept == 0; ++sorted) {
      cumulative += p[static_cast<std::size_t>(order[sorted])];
      if (cumulative / mass >= top_p || sorted + 1 == order.size()) kept = sorted + 1;
    }
  }
  Kept result;
  result.ids.assign(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept));
  std::sort(result.ids.begin(), result.ids.end());
  for (const std::int32_t id : result.ids) {
    result.p.push_back(p[static_cast<std::size_t>(id)]);
    result.sum += result.p.back();
  }
  return result;
}

}  // namespace

std::vector<double> top_p_distribution(std::span<const float> logits, double temperature,
                                       double top_p) {
  const Kept kept = keep_top_p(logits, temperature, top_p);
  std::vector<double> p(logits.size(), 0.0);
  for (std::size_t i = 0; i < kept.ids.size(); ++i) {
    p[static_cast<std::size_t>(kept.ids[i])] = kept.p[i] / kept.sum;
  }
  return p;
}

std::int32_t top_p_token(std::span<const float> logits, double temperature, double top_p,
                         double u) {
  if (!(u >= 0 && u < 1)) reject("top_p: uniform number is ", u, ", expected a value in [0, 1)");
  const Kept kept = keep_top_p(logits, temperature, top_p);
  double cumulative = 0;
  for (std::size_t i = 0; i < kept.ids.size(); ++i) {
    cumulative += kept.p[i];
    if (cumulative / kept.sum > u) return kept.ids[i];
  }
  return kept.ids.back();  // not reached: the last running sum is kept.sum, and u < 1
}

std::int32_t arg_max(std::span<const float> logits) {
  const float top = checked_max(logits);
  return static_cast<std::int32_t>(std::find(logits.begin(), logits.end(), top) - logits.begin());
}

TokenStatistics token_statistics(std::span<const float> logits, std::int32_t token) {
  const double top = checked_max(logits);
  if (token < 0 || static_cast<std::size_t>(token) >= logits.size()) {
    reject("token ", token, " is outside of the ", logits.size(), " logits");
  }
  TokenStatistics result;
  double mass = 0, weighted = 0;  // sum e^d, sum d e^d with d = logit - max
  std::size_t at_top = logits.size();
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double d = static_cast<double>(logits[i]) - top;
    const double e = std::exp(d);
    mass += e;
    weighted += d * e;
    if (at_top == logits.size() && d == 0) at_top = i;
  }
  result.logprob =
      (static_cast<double>(logits[static_cast<std::size_t>(token)]) - top) - std::log(mass);
  result.entropy = std::log(mass) - weighted / mass;
  result.max_probability = 1.0 / mass;
  result.top1 = result.top2 = logits[at_top];
  if (logits.size() > 1) {
    result.top2 = logits[at_top == 0 ? 1 : 0];
    for (std::size_t i = 0; i < logits.size(); ++i) {
      if (i != at_top) result.top2 = std::max(result.top2, logits[i]);
    }
  }
  return result;
}

}  // namespace vrp
