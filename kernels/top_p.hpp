#pragma once
// From a row of logits to a token: top-p sampling and the statistics of the distribution. All sums
// in double, in a fixed order, so that a row gives the same token on any machine.
#include <cstdint>
#include <span>
#include <vector>

namespace vrp {

/// The distribution that top-p sampling draws from: p = softmax(logits / temperature); tokens in
/// descending p (ties: lowest id first) are kept up to and with the one at which the running sum
/// reaches top_p, at least one; the kept ones are divided by their sum. Returns p [V] by id, 0 for
/// tokens that are not kept.
///   logits       float32 [V], V >= 1; temperature > 0; 0 < top_p <= 1
/// Throws std::invalid_argument for anything outside of that and for logits that are not finite.
/// Source: Holtzman et al., "The curious case of neural text degeneration", ICLR 2020, section 3.1.
std::vector<double> top_p_distribution(std::span<const float> logits, double temperature,
                                       double top_p);

/// Inverse CDF in ascending id order: the first id whose running sum of that distribution exceeds
/// u, u in [0, 1).
std::int32_t top_p_token(std::span<const float> logits, double temperature, double top_p, double u);

/// Index of the largest logit, the lowest one on ties. Throws std::invalid_argument for logits that
/// are not finite.
std::int32_t arg_max(std::span<const float> logits);

/// Statistics of softmax(logits) (temperature 1, nothing cut off) at `token`.
struct TokenStatistics {
  double logprob = 0;          ///< ln p(token)
  double entropy = 0;          ///< -sum p ln p, nats
  double max_probability = 0;  ///< max p
  float top1 = 0, top2 = 0;    ///< the two largest logits (equal when V = 1)
};
TokenStatistics token_statistics(std::span<const float> logits, std::int32_t token);

}  // namespace vrp
