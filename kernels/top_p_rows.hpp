#pragma once
// Top-p sampling of a token for each of K rows of logits, where the logits are.
#include <cstdint>
#include <span>

#include "kernels/maps.hpp"

namespace vrp {

constexpr std::int32_t kTopPUndecided = -1;  ///< the device left this row to the CPU
constexpr std::int32_t kTopPNotFinite = -2;  ///< a logit of the row is not finite

struct TopPRows {
  const float* logits = nullptr;  ///< [rows, stride], the first `vocab` of each row
  std::int64_t rows = 0, vocab = 0, stride = 0;
  const double* uniform = nullptr;  ///< [rows] in [0, 1): uniform53 of the run's Philox counters
  double temperature = 1, top_p = 1;
  std::int32_t* tokens = nullptr;  ///< [rows]
  void* stream = nullptr;          ///< CUDA's; top_p_rows does not wait for it
};

/// tokens[r] = top_p_token(row r, temperature, top_p, uniform[r]) (top_p.hpp, the specification),
/// or one of the two numbers above. All arrays live on `device`.
///
/// The CPU sums doubles one after another, which no device does in time. The device sums integers
/// (probabilities in units of 2^-44 of the largest), whose sums are exact in any order, and knows a
/// bound for how far the CPU's sums can be from them. It answers only where every value within the
/// bound gives the same token, which then is the CPU's; else the row is undecided. By estimate that
/// is one draw in 10^6 for a quarter of a million tokens, and draws that lie on a boundary by
/// construction. Top-p 1 is no exception. The same bits every time. Throws std::invalid_argument
/// for sizes and settings that do not fit and, on the CPU, as top_p_token does; std::runtime_error
/// with CUDA's text.
void top_p_rows(Device device, const TopPRows& what);

/// Waits for the device's tokens, copies them to `tokens` [rows] of the host, and has the CPU
/// decide the rows that were left to it. Returns how many those were. Throws std::invalid_argument
/// for a row with logits that are not finite.
std::int64_t top_p_settle(const TopPRows& what, std::span<std::int32_t> tokens);

#ifdef VRP_CUDA
void top_p_rows_cuda(const TopPRows& what);
void copy_to_host_cuda(void* to, const void* from, std::size_t bytes, void* stream);
#endif

}  // namespace vrp
