// One block per row. Probabilities are integers, so sums are exact and their order is free:
//   1. the largest logit; a histogram of mass over the logits' order gives the whole mass M;
//   2. the inner set, which the CPU certainly keeps, and the outer set, beyond which it certainly
//      keeps nothing: each the shortest prefix in descending order (ties: lowest id) whose mass
//      reaches top_p M less or plus the bound; found by histograms of 256 ever narrower bins, then
//      by counting ids among equal logits;
//   3. the token at which the inner set's running sum, by id, exceeds u of its mass; it is the
//      answer if it stays so with all of the outer set in front of it or behind it.
// Each warp owns one stretch of ids, so that stretches follow each other in the order of ids.
#include "kernels/launch_cuda.cuh"
#include "kernels/top_p_rows.hpp"
#include "kernels/vocab_key.hpp"

namespace vrp {
namespace {

constexpr const char* kKernel = "top_p_rows";
constexpr unsigned kMostThreads = 1024, kMostWarps = kMostThreads / kWarp, kBins = 256;
constexpr std::int64_t kFewLogits = 4096;   // up to here 128 threads have enough to do
constexpr double kUnit = 17592186044416.0;  // 2^44: mass of the largest logit
constexpr double kLowest = -31.25;          // e^-31.25 is below half a unit: no mass
constexpr double kNear = 5.7e-14;  // 2^-44: exponents this close may swap places by rounding

using Mass = unsigned long long;

struct Shared {
  Mass first[kBins];  ///< histogram over all logits that have a mass
  Mass bins[kBins];
  Mass inner[kMostWarps], outer[kMostWarps];  ///< by warp
  unsigned count[kMostWarps], key[kMostWarps];
  Mass above;
  unsigned found, bin, cut;
};

struct Row {
  const float* logits;
  unsigned vocab;
  float top;
  double temperature;
  unsigned low_key, top_key;  ///< of logits that may have a mass
  unsigned begin, end;        ///< the ids of this thread's warp
};

/// A prefix of the descending order: tokens with a larger key, and those with this key up to an id.
struct Prefix {
  unsigned key = 0, cut = 0;
  __device__ bool holds(unsigned other, unsigned id) const {
    return other > key || (other == key && id <= cut);
  }
};

__device__ unsigned lane() { return threadIdx.x % kWarp; }
__device__ unsigned warp() { return threadIdx.x / kWarp; }
__device__ unsigned warps() { return blockDim.x / kWarp; }
__device__ unsigned key_of(float logit) { return ordered_bits(__float_as_uint(logit)); }

__device__ Mass mass_of(const Row& row, float logit) {
  const double x = __ddiv_rn(static_cast<double>(logit) - row.top, row.temperature);
  return x < kLowest ? 0 : static_cast<Mass>(exp(x) * kUnit + 0.5);
}

/// Mass of the row's tokens by bins of `width` keys from `low` on, up to `high`.
__device__ void histogram(const Row& row, unsigned low, unsigned high, unsigned width, Mass* bins) {
  for (unsigned b = threadIdx.x; b < kBins; b += blockDim.x) bins[b] = 0;
  __syncthreads();
  for (unsigned id = threadIdx.x; id < row.vocab; id += blockDim.x) {
    const float logit = row.logits[id];
    const unsigned key = key_of(logit);
    if (key < low || key > high) continue;
    const Mass mass = mass_of(row, logit);
    if (mass > 0) atomicAdd(&bins[(key - low) / width], mass);
  }
  __syncthreads();
}

/// The bin, from the last one down, at which above + mass reaches `target`: s.found, s.bin and
/// s.above, the mass of all bins behind it. Every thread calls it.
__device__ void find_bin(const Mass* bins, Mass above, Mass target, Shared& s) {
  if (warp() == 0) {
    constexpr unsigned kPerLane = kBins / kWarp;
    const unsigned last = kBins - 1 - lane() * kPerLane;  // lane 0 has the last bins
    Mass own = 0;
    for (unsigned b = 0; b < kPerLane; ++b) own += bins[last - b];
    Mass sum = own;
    for (unsigned by = 1; by < kWarp; by *= 2) {
      const Mass before = __shfl_up_sync(kAllLanes, sum, by);
      if (lane() >= by) sum += before;
    }
    const unsigned reached = __ballot_sync(kAllLanes, above + sum >= target);
    if (lane() == 0) s.found = reached;
    if (reached != 0 && lane() == static_cast<unsigned>(__ffs(static_cast<int>(reached))) - 1) {
      Mass behind = above + sum - own;
      unsigned bin = last;
      while (behind + bins[bin] < target) behind += bins[bin--];
      s.bin = bin;
      s.above = behind;
    }
  }
  __syncthreads();
}

/// The largest key with mass(keys >= key) >= target > 0, and in `above` mass(keys > key); false
/// when the row has less mass.
__device__ bool select_key(const Row& row, Mass target, Shared& s, unsigned& key, Mass& above) {
  unsigned low = row.low_key, high = row.top_key;
  above = 0;
  for (bool first = true;; first = false) {
    const unsigned width = (high - low) / kBins + 1;
    if (!first) histogram(row, low, high, width, s.bins);
    find_bin(first ? s.first : s.bins, above, target, s);
    const bool found = s.found != 0;
    low += s.bin * width;
    above = s.above;
    __syncthreads();  // all have read what the next turn writes
    if (!found) return false;
    if (high - low >= width) high = low + width - 1;
    if (low == high) break;
  }
  key = low;
  return true;
}

/// The id of the n-th token, n >= 1, whose key this is, in s.cut; s.count holds the warps' counts.
__device__ void find_cut(const Row& row, unsigned key, Mass n, Shared& s) {
  Mass before = 0;
  for (unsigned w = 0; w < warp(); ++w) before += s.count[w];
  if (before < n && n <= before + s.count[warp()]) {  // in this warp's stretch
    for (unsigned at = row.begin; at < row.end; at += kWarp) {
      const unsigned id = at + lane();
      const bool equal = id < row.end && key_of(row.logits[id]) == key;
      const unsigned equals = __ballot_sync(kAllLanes, equal);
      const unsigned rank = static_cast<unsigned>(__popc(equals & ((2u << lane()) - 1)));
      if (equal && before + rank == n) s.cut = id;
      before += static_cast<unsigned>(__popc(equals));
    }
  }
  __syncthreads();
}

/// The shortest prefix whose mass is at least `target` > 0, all tokens when there is none. Returns
/// whether its order is certain: no logit so near the last one's that rounding may swap them.
__device__ bool select_prefix(const Row& row, Mass target, Shared& s, Prefix& prefix) {
  Mass above = 0;
  if (!select_key(row, target, s, prefix.key, above)) {
    prefix = Prefix();  // every key is larger than 0
    return true;
  }
  const float last = __uint_as_float(float_bits(prefix.key));
  const Mass each = mass_of(row, last);
  unsigned count = 0;
  bool near = false;
  for (unsigned at = row.begin; at < row.end; at += kWarp) {
    const unsigned id = at + lane();
    const float logit = id < row.end ? row.logits[id] : 0.0f;
    const bool equal = id < row.end && key_of(logit) == prefix.key;
    count += static_cast<unsigned>(__popc(__ballot_sync(kAllLanes, equal)));
    near = near || (id < row.end && !equal &&
                    fabs(static_cast<double>(logit) - last) < kNear * row.temperature);
  }
  if (lane() == 0) s.count[warp()] = count;
  near = __syncthreads_or(near) != 0;
  find_cut(row, prefix.key, (target - above + each - 1) / each, s);
  prefix.cut = s.cut;
  return !near;
}

/// Largest key of the row; 0 when a logit is not finite.
__device__ unsigned largest_key(const TopPRows& what, const float* logits, Shared& s) {
  unsigned top = 0;
  bool bad = false;
  for (long long id = threadIdx.x; id < what.vocab; id += blockDim.x) {
    bad = bad || !isfinite(logits[id]);
    const unsigned key = key_of(logits[id]);
    top = key > top ? key : top;
  }
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    const unsigned other = __shfl_xor_sync(kAllLanes, top, lanes);
    top = other > top ? other : top;
  }
  if (lane() == 0) s.key[warp()] = top;
  bad = __syncthreads_or(bad) != 0;
  for (unsigned w = 0; w < warps(); ++w) top = s.key[w] > top ? s.key[w] : top;
  return bad ? 0 : top;
}

__device__ Mass inclusive_sum(Mass value) {
  for (unsigned by = 1; by < kWarp; by *= 2) {
    const Mass before = __shfl_up_sync(kAllLanes, value, by);
    if (lane() >= by) value += before;
  }
  return value;
}

/// What lies in front of an id, and in all.
struct Running {
  Mass inner = 0, outer = 0;
  unsigned count = 0;  ///< tokens of the outer set
};

__device__ Running of_token(const Row& row, const Prefix& inner, const Prefix& outer, unsigned id) {
  Running token;
  if (id >= row.end) return token;
  const float logit = row.logits[id];
  const unsigned key = key_of(logit);
  if (!outer.holds(key, id)) return token;
  token.outer = mass_of(row, logit);
  token.inner = inner.holds(key, id) ? token.outer : 0;
  token.count = 1;
  return token;
}

/// Step 3: sums by warps, then the warp in whose stretch the token lies walks it. `error` in units.
__device__ void draw(const Row& row, const Prefix& inner, const Prefix& outer, double uniform,
                     double error, Shared& s, std::int32_t* token) {
  Running own;
  for (unsigned at = row.begin; at < row.end; at += kWarp) {
    const Running one = of_token(row, inner, outer, at + lane());
    own.inner += one.inner;
    own.outer += one.outer;
    own.count += one.count;
  }
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    own.inner += __shfl_xor_sync(kAllLanes, own.inner, lanes);
    own.outer += __shfl_xor_sync(kAllLanes, own.outer, lanes);
    own.count += __shfl_xor_sync(kAllLanes, own.count, lanes);
  }
  if (lane() == 0) {
    s.inner[warp()] = own.inner;
    s.outer[warp()] = own.outer;
    s.count[warp()] = own.count;
  }
  __syncthreads();
  Running before, all;
  for (unsigned w = 0; w < warps(); ++w) {
    if (w == warp()) before = all;
    all.inner += s.inner[w];
    all.outer += s.outer[w];
    all.count += s.count[w];
  }
  const double reach = uniform * static_cast<double>(all.inner);
  const auto exceeds = [reach](Mass sum) { return static_cast<double>(sum) > reach; };
  if (exceeds(before.inner) || !exceeds(before.inner + own.inner)) return;  // the whole warp
  for (unsigned at = row.begin; at < row.end; at += kWarp) {
    const Running one = of_token(row, inner, outer, at + lane());
    const Mass sum = before.inner + inclusive_sum(one.inner);
    const unsigned hits = __ballot_sync(kAllLanes, exceeds(sum));
    const Mass outer_sum = before.outer + inclusive_sum(one.outer);
    const Mass count = before.count + inclusive_sum(one.count);
    if (hits != 0) {
      if (lane() == static_cast<unsigned>(__ffs(static_cast<int>(hits))) - 1) {
        const double in_front = static_cast<double>(outer_sum - one.outer);
        const double least = static_cast<double>(all.inner) - error;
        const double most = static_cast<double>(all.outer) + error;
        const bool not_earlier = count == 1 || in_front + error <= uniform * least;
        const bool not_later =
            count == all.count || static_cast<double>(sum) - error > uniform * most;
        if (not_earlier && not_later) *token = static_cast<std::int32_t>(at + lane());
      }
      return;
    }
    before.inner = __shfl_sync(kAllLanes, sum, kWarp - 1);
    before.outer = __shfl_sync(kAllLanes, outer_sum, kWarp - 1);
    before.count = static_cast<unsigned>(__shfl_sync(kAllLanes, count, kWarp - 1));
  }
}

__device__ Row make_row(const TopPRows& what, const float* logits, unsigned top_key) {
  Row row;
  row.logits = logits;
  row.vocab = static_cast<unsigned>(what.vocab);
  row.top = __uint_as_float(float_bits(top_key));
  row.temperature = what.temperature;
  row.top_key = top_key;
  const double lowest = row.top - 32 * what.temperature;
  constexpr float kSmallest = -3.402823466e38f;
  row.low_key = key_of(lowest < kSmallest ? kSmallest : static_cast<float>(lowest));
  const unsigned stretch = (row.vocab + blockDim.x - 1) / blockDim.x * kWarp;
  row.begin = min(row.vocab, warp() * stretch);
  row.end = min(row.vocab, row.begin + stretch);
  return row;
}

/// Grid: [rows].
__global__ void __launch_bounds__(kMostThreads) top_p_kernel(TopPRows what) {
  __shared__ Mass storage[(sizeof(Shared) + sizeof(Mass) - 1) / sizeof(Mass)];
  Shared& s = *reinterpret_cast<Shared*>(storage);
  const float* logits = what.logits + blockIdx.x * what.stride;
  std::int32_t* token = what.tokens + blockIdx.x;
  const unsigned top_key = largest_key(what, logits, s);
  if (threadIdx.x == 0) *token = top_key == 0 ? kTopPNotFinite : kTopPUndecided;
  if (top_key == 0) return;  // the whole block
  const Row row = make_row(what, logits, top_key);
  histogram(row, row.low_key, row.top_key, (row.top_key - row.low_key) / kBins + 1, s.first);
  Mass mass = 0;
  for (unsigned b = 0; b < kBins; ++b) mass += s.first[b];
  // How far the CPU's sums of doubles may be from these: half a unit for each token, rounding of
  // probabilities, and a sum's V roundings. Twice that, and again in each comparison.
  const double total = static_cast<double>(mass), vocab = row.vocab;
  const double error = 2 * (2 * vocab + total * vocab * 8.9e-16 + 4);
  const double inner_target = what.top_p * total - error, outer_target = what.top_p * total + error;
  Prefix inner, outer;
  bool certain =
      select_prefix(row, inner_target < 1 ? 1 : static_cast<Mass>(inner_target), s, inner);
  certain = select_prefix(row, static_cast<Mass>(outer_target) + 1, s, outer) && certain;
  if (!certain) return;  // the whole block
  draw(row, inner, outer, what.uniform[blockIdx.x], error, s, token);
}

}  // namespace

void top_p_rows_cuda(const TopPRows& what) {
  launch(kKernel, top_p_kernel, static_cast<unsigned>(what.rows),
         what.vocab <= kFewLogits ? 128 : kMostThreads, 0, static_cast<cudaStream_t>(what.stream),
         what);
}

void copy_to_host_cuda(void* to, const void* from, std::size_t bytes, void* stream) {
  const auto on = static_cast<cudaStream_t>(stream);
  cuda_check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, on), kKernel);
  cuda_check(cudaStreamSynchronize(on), kKernel);
}

}  // namespace vrp
