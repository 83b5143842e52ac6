// One block per row and chunk. A first walk over the row's part of the chunk finds the largest keys
// and counts, a second one, from cache, sums exponentials relative to the new largest logit; the
// block's totals then join the row's state. Nothing but keys, counts and two sums in a fixed order:
// the same bits every time.
#include "kernels/block_total_cuda.cuh"
#include "kernels/vocab_key.hpp"
#include "kernels/vocab_statistics.hpp"

namespace vrp {
namespace {

constexpr const char* kKernel = "vocab_statistics";

using Key = unsigned long long;

/// What one walk finds; `first`, `second` and `target` in the pass over targets, the rest else.
struct Found {
  Key target = 0, rival = 0, first = 0, second = 0, top1 = 0, top2 = 0;
  long long above = 0, bad = 0;
};

__device__ Key larger(Key a, Key b) { return a > b ? a : b; }
__device__ Key smaller(Key a, Key b) { return a > b ? b : a; }

__device__ void join(Found& a, const Found& b) {
  a.target = larger(a.target, b.target);
  a.rival = larger(a.rival, b.rival);
  a.first = larger(a.first, b.first);
  a.second = larger(a.second, b.second);
  // No key is in both, so the second largest is the smaller of the largest or one of the seconds.
  a.top2 = larger(smaller(a.top1, b.top1), larger(a.top2, b.top2));
  a.top1 = larger(a.top1, b.top1);
  a.above += b.above;
  a.bad += b.bad;
}

__device__ Found from_lane(const Found& mine, int lanes) {
  Found other;
  other.target = __shfl_xor_sync(kAllLanes, mine.target, lanes);
  other.rival = __shfl_xor_sync(kAllLanes, mine.rival, lanes);
  other.first = __shfl_xor_sync(kAllLanes, mine.first, lanes);
  other.second = __shfl_xor_sync(kAllLanes, mine.second, lanes);
  other.top1 = __shfl_xor_sync(kAllLanes, mine.top1, lanes);
  other.top2 = __shfl_xor_sync(kAllLanes, mine.top2, lanes);
  other.above = __shfl_xor_sync(kAllLanes, mine.above, lanes);
  other.bad = __shfl_xor_sync(kAllLanes, mine.bad, lanes);
  return other;
}

/// What all threads found, the same in each of them.
__device__ Found block_found(Found found, Found* scratch) {
  for (int lanes = 16; lanes > 0; lanes /= 2) join(found, from_lane(found, lanes));
  if (threadIdx.x % kWarp == 0) scratch[threadIdx.x / kWarp] = found;
  __syncthreads();
  Found all = scratch[0];
  for (unsigned w = 1; w < kBlockWarps; ++w) join(all, scratch[w]);
  return all;
}

__device__ float value_of(Key key) { return __uint_as_float(key_bits(key)); }

template <VocabPass kPass>
__device__ Found walk(const VocabChunk& chunk, const float* logits, Key target) {
  Found found;
  const int own_target = chunk.row_target ? chunk.row_target[blockIdx.x] : -1;
  for (long long i = threadIdx.x; i < chunk.count; i += kBlockThreads) {
    const float logit = logits[i];
    if (!isfinite(logit)) {
      ++found.bad;
      continue;
    }
    const long long token = chunk.first + i;
    const Key key = vocab_key(__float_as_uint(logit), static_cast<unsigned>(token));
    unsigned role = chunk.roles ? chunk.roles[token] : kVocabRival | kVocabCounted;
    if (token == own_target) role = (role & (kVocabFirst | kVocabSecond)) | kVocabTarget;
    if (kPass == VocabPass::targets) {
      if (role & kVocabTarget) found.target = larger(found.target, key);
      if (role & kVocabFirst) found.first = larger(found.first, key);
      if (role & kVocabSecond) found.second = larger(found.second, key);
      continue;
    }
    if (role & kVocabRival) found.rival = larger(found.rival, key);
    if ((role & kVocabCounted) && target != 0 && logit > value_of(target)) ++found.above;
    found.top2 = larger(found.top2, smaller(found.top1, key));
    found.top1 = larger(found.top1, key);
  }
  return found;
}

/// Grid: [rows].
template <VocabPass kPass>
__global__ void __launch_bounds__(kBlockThreads) fold_kernel(VocabChunk chunk) {
  __shared__ Key words[kBlockWarps * sizeof(Found) / sizeof(Key)];
  __shared__ double sums[kBlockWarps];
  const float* logits = chunk.logits + blockIdx.x * chunk.stride;
  VocabState state = chunk.states[blockIdx.x];
  const Found found =
      block_found(walk<kPass>(chunk, logits, state.target), reinterpret_cast<Found*>(words));
  const Key old_top = state.top1;
  state.bad += found.bad;
  state.target = larger(state.target, found.target);
  state.first = larger(state.first, found.first);
  state.second = larger(state.second, found.second);
  state.rival = larger(state.rival, found.rival);
  state.above += found.above;
  state.top2 = larger(smaller(state.top1, found.top1), larger(state.top2, found.top2));
  state.top1 = larger(state.top1, found.top1);
  if (kPass == VocabPass::statistics && found.bad == 0) {
    const double top = value_of(state.top1);
    double mass = 0, weighted = 0;
    for (long long i = threadIdx.x; i < chunk.count; i += kBlockThreads) {
      const double d = logits[i] - top, e = exp(d);
      mass += e;
      weighted += d * e;
    }
    mass = block_total(mass, sums);
    weighted = block_total(weighted, sums);
    if (old_top != 0) {
      const double shift = value_of(old_top) - top;
      weighted += exp(shift) * (state.weighted + shift * state.mass);
      mass += exp(shift) * state.mass;
    }
    state.mass = mass;
    state.weighted = weighted;
  }
  __syncthreads();  // all have read the old state
  if (threadIdx.x == 0) chunk.states[blockIdx.x] = state;
}

}  // namespace

void vocab_begin_cuda(VocabState* states, std::int64_t rows, void* stream) {
  if (rows == 0) return;
  cuda_check(cudaMemsetAsync(states, 0, static_cast<std::size_t>(rows) * sizeof(VocabState),
                             static_cast<cudaStream_t>(stream)),
             kKernel);
}

void vocab_fold_cuda(const VocabChunk& chunk, VocabPass pass) {
  launch(kKernel,
         pass == VocabPass::targets ? fold_kernel<VocabPass::targets>
                                    : fold_kernel<VocabPass::statistics>,
         static_cast<unsigned>(chunk.rows), kBlockThreads, 0,
         static_cast<cudaStream_t>(chunk.stream), chunk);
}

}  // namespace vrp
