// Flash decoding with fixed splits. A block takes 64 positions of one key head and up to 32 query
// rows that look at them: for a prompt all its paths' heads of the group, so that its keys and
// values come from memory once (beyond 32 rows the next block over the same split finds them in the
// L2 cache); for an answer the heads of its group. It leaves, for each row, the largest score, the
// mass and the sum of values relative to it; a second kernel joins a row's splits in their order.
// Splits and every sum are in a fixed order that knows nothing of the other rows.
//
// The rows of the softmax at wanted columns come from a third pass over those keys alone, by the
// same sums, with the log-sum-exp of the second.
#include <algorithm>

#include "kernels/decode_attention.hpp"
#include "kernels/stored_cuda.cuh"

namespace vrp {
namespace {

constexpr const char* kKernel = "decode_attention";
constexpr int kSplit = 64, kRows = 32, kWarps = 8, kThreads = kWarps * 32;
constexpr int kRowsPerWarp = kRows / kWarps;  // row r of a block belongs to warp r % kWarps
constexpr int kPad = 4;                       // numbers: rows of a tile fall into different banks

/// Sizes and places as the kernels need them.
template <class T>
struct Plan {
  DecodeAttention<T> what;
  int group = 1, width = 0, prompt_splits = 0, parts = 0;  ///< prompt_splits: of the longest one
  long long prompt_paths = 0;                              ///< paths of each prompt
  float* log_mass = nullptr;                               ///< [K * H]
  float *top = nullptr, *mass = nullptr;                   ///< [K * H, parts]
  float* sums = nullptr;                                   ///< [K * H, parts, d], 16-byte aligned
};

/// Shared memory of a block: queries [32, d], one tile [64, d + 4] of keys, then of values, and
/// weights [32, 64].
template <class T>
struct Tiles {
  float* query;
  T* rows;
  float* weights;
};
template <class T>
std::size_t tile_bytes(std::int64_t width) {
  return static_cast<std::size_t>(kRows * width * 4 + kSplit * (width + kPad) * sizeof(T) +
                                  kRows * kSplit * 4);
}
template <class T>
__device__ Tiles<T> tiles_of(int width) {
  float* query = dynamic_shared<float>();
  float* weights = query + kRows * width;
  return {query, reinterpret_cast<T*>(weights + kRows * kSplit), weights};
}

/// Which rows a block works on: row r is query head `first + r` of the key head's heads of path
/// `path`, then of the next path, and so on.
struct Rows {
  long long path;
  int head, first, count, group;
  __device__ long long path_of(int r) const { return path + (first + r) / group; }
  __device__ int head_of(int r) const { return head * group + (first + r) % group; }
  /// Index among [K, H].
  __device__ long long index(int r, long long heads) const {
    return path_of(r) * heads + head_of(r);
  }
};

template <class T>
__device__ void load_queries(const Plan<T>& plan, const Rows& rows, float* to) {
  const int fours = plan.width / 4;
  for (int n = static_cast<int>(threadIdx.x); n < rows.count * fours; n += kThreads) {
    const int r = n / fours, i = n % fours * 4;
    const float4 q = load_four(plan.what.query + rows.path_of(r) * plan.what.query_stride +
                               rows.head_of(r) * plan.width + i);
    float* at = to + r * plan.width + i;
    at[0] = q.x * plan.what.scale;
    at[1] = q.y * plan.what.scale;
    at[2] = q.z * plan.what.scale;
    at[3] = q.w * plan.what.scale;
  }
}

/// `count` rows to the tile, zeros behind them; row t is from + t * d, or from + position[t] * d.
template <class T>
__device__ void load_rows(const T* from, const std::int32_t* position, int count, int width,
                          T* tile) {
  const int fours = width / 4;
  for (int n = static_cast<int>(threadIdx.x); n < kSplit * fours; n += kThreads) {
    const int t = n / fours, i = n % fours * 4;
    Four<T> four{};
    if (t < count) {
      const long long row = position ? position[t] : t;
      four = *reinterpret_cast<const Four<T>*>(from + row * width + i);
    }
    *reinterpret_cast<Four<T>*>(tile + t * (width + kPad) + i) = four;
  }
}

/// score[j][s] of this warp's row j with positions lane + 32 s. Sums run over d in order.
template <class T>
__device__ void scores_of(const Tiles<T>& tiles, int width, int count,
                          float (&score)[kRowsPerWarp][2]) {
  const int warp = static_cast<int>(threadIdx.x / kWarp),
            lane = static_cast<int>(threadIdx.x % kWarp);
  const T* first = tiles.rows + lane * (width + kPad);
  const T* second = first + 32 * (width + kPad);
  for (int j = 0; j < kRowsPerWarp; ++j) score[j][0] = score[j][1] = 0;
  for (int i = 0; i < width; i += 4) {
    const float4 a = load_four(first + i), b = load_four(second + i);
#pragma unroll
    for (int j = 0; j < kRowsPerWarp; ++j) {
      const int r = j * kWarps + warp;
      if (r >= count) break;
      const float4 q = *reinterpret_cast<const float4*>(tiles.query + r * width + i);
      score[j][0] = fmaf(q.w, a.w, fmaf(q.z, a.z, fmaf(q.y, a.y, fmaf(q.x, a.x, score[j][0]))));
      score[j][1] = fmaf(q.w, b.w, fmaf(q.z, b.z, fmaf(q.y, b.y, fmaf(q.x, b.x, score[j][1]))));
    }
  }
}

/// sums[c] of the row's weights times the values in columns 4 lane .. and 128 + 4 lane ..
template <class T>
__device__ void add_values(const Plan<T>& plan, const Tiles<T>& tiles, const Rows& rows, int count,
                           int part) {
  const int warp = static_cast<int>(threadIdx.x / kWarp),
            lane = static_cast<int>(threadIdx.x % kWarp);
  const int width = plan.width;
  for (int begin = 4 * lane; begin < width; begin += 128) {
    float4 sum[kRowsPerWarp];
    for (int j = 0; j < kRowsPerWarp; ++j) sum[j] = make_float4(0, 0, 0, 0);
    for (int t = 0; t < count; ++t) {
      const float4 v = load_four(tiles.rows + t * (width + kPad) + begin);
#pragma unroll
      for (int j = 0; j < kRowsPerWarp; ++j) {
        const int r = j * kWarps + warp;
        if (r >= rows.count) break;
        const float p = tiles.weights[r * kSplit + t];
        sum[j].x = fmaf(p, v.x, sum[j].x);
        sum[j].y = fmaf(p, v.y, sum[j].y);
        sum[j].z = fmaf(p, v.z, sum[j].z);
        sum[j].w = fmaf(p, v.w, sum[j].w);
      }
    }
    for (int j = 0; j < kRowsPerWarp; ++j) {
      const int r = j * kWarps + warp;
      if (r >= rows.count) break;
      const long long row = rows.index(r, plan.what.heads) * plan.parts + part;
      *reinterpret_cast<float4*>(plan.sums + row * width + begin) = sum[j];
    }
  }
}

/// One split: `count` positions from key, value on, as part `part` of each row.
template <class T>
__device__ void split_block(const Plan<T>& plan, const Rows& rows, const T* key, const T* value,
                            int count, int part) {
  const Tiles<T> tiles = tiles_of<T>(plan.width);
  const int warp = static_cast<int>(threadIdx.x / kWarp),
            lane = static_cast<int>(threadIdx.x % kWarp);
  load_queries(plan, rows, tiles.query);
  load_rows<T>(key, nullptr, count, plan.width, tiles.rows);
  __syncthreads();
  float score[kRowsPerWarp][2];
  scores_of(tiles, plan.width, rows.count, score);
  __syncthreads();  // all have read the keys
  load_rows<T>(value, nullptr, count, plan.width, tiles.rows);
  for (int j = 0; j < kRowsPerWarp; ++j) {
    const int r = j * kWarps + warp;
    if (r >= rows.count) break;  // the whole warp
    const float s0 = lane < count ? score[j][0] : -INFINITY;
    const float s1 = lane + 32 < count ? score[j][1] : -INFINITY;
    const float top = warp_max(fmaxf(s0, s1));
    const float p0 = expf(s0 - top), p1 = expf(s1 - top);
    tiles.weights[r * kSplit + lane] = p0;
    tiles.weights[r * kSplit + lane + 32] = p1;
    const float mass = warp_total(p0 + p1);
    if (lane == 0) {
      const long long row = rows.index(r, plan.what.heads) * plan.parts + part;
      plan.top[row] = top;
      plan.mass[row] = mass;
    }
  }
  __syncthreads();
  add_values(plan, tiles, rows, count, part);
}

/// A split without positions: no mass, which is all that a join reads of it.
template <class T>
__device__ void empty_block(const Plan<T>& plan, const Rows& rows, int part) {
  const int r = static_cast<int>(threadIdx.x);
  if (r < rows.count) plan.mass[rows.index(r, plan.what.heads) * plan.parts + part] = 0;
}

/// Grid: splits of the longest prompt, key heads, prompts times tiles of 32 of their paths' rows.
template <class T>
__global__ void __launch_bounds__(kThreads) prompt_kernel(const __grid_constant__ Plan<T> plan) {
  const int total = static_cast<int>(plan.prompt_paths) * plan.group;
  const int tiles = (total + kRows - 1) / kRows;
  const int number = static_cast<int>(blockIdx.z) / tiles, head = static_cast<int>(blockIdx.y);
  const int first = static_cast<int>(blockIdx.z) % tiles * kRows;
  const Rows rows{number * plan.prompt_paths, head, first, min(kRows, total - first), plan.group};
  const DecodePrompt<T>& prompt = plan.what.prompts[number];
  const int part = static_cast<int>(blockIdx.x);
  const long long begin = static_cast<long long>(part) * kSplit;
  const long long left = prompt.length - begin;
  if (left <= 0) return empty_block(plan, rows, part);  // the whole block
  const long long offset = (head * prompt.capacity + begin) * plan.width;
  split_block(plan, rows, prompt.key + offset, prompt.value + offset,
              static_cast<int>(min(static_cast<long long>(kSplit), left)), part);
}

/// Grid: splits of an answer, key heads, paths times tiles of 32 of a group's heads.
template <class T>
__global__ void __launch_bounds__(kThreads) own_kernel(const __grid_constant__ Plan<T> plan) {
  const int tiles = (plan.group + kRows - 1) / kRows;
  const int path = static_cast<int>(blockIdx.z) / tiles, head = static_cast<int>(blockIdx.y);
  const int first = static_cast<int>(blockIdx.z) % tiles * kRows;
  const Rows rows{path, head, first, min(kRows, plan.group - first), plan.group};
  const int begin = static_cast<int>(blockIdx.x) * kSplit;
  const int part = plan.prompt_splits + static_cast<int>(blockIdx.x);
  const int count = min(kSplit, plan.what.own[path] - begin);
  if (count <= 0) return empty_block(plan, rows, part);  // the whole block
  const long long slot = plan.what.slots ? plan.what.slots[path] : path;
  const long long offset =
      ((slot * plan.what.kv_heads + head) * plan.what.own_capacity + begin) * plan.width;
  split_block(plan, rows, plan.what.own_key + offset, plan.what.own_value + offset, count, part);
}

/// Grid: [K * H] rows. Joins the splits of a row in their order.
template <class T>
__global__ void join_kernel(const __grid_constant__ Plan<T> plan) {
  const long long row = blockIdx.x;
  const float *top = plan.top + row * plan.parts, *mass = plan.mass + row * plan.parts;
  float largest = -INFINITY, total = 0;  // a NaN of a score is in the mass, and so in the total
  for (int p = 0; p < plan.parts; ++p) {
    if (mass[p] > 0) largest = fmaxf(largest, top[p]);
  }
  for (int p = 0; p < plan.parts; ++p) {
    if (mass[p] != 0) total += mass[p] * expf(top[p] - largest);
  }
  if (threadIdx.x == 0) plan.log_mass[row] = largest + logf(total);
  for (int i = static_cast<int>(threadIdx.x); i < plan.width; i += static_cast<int>(blockDim.x)) {
    float sum = 0;
    for (int p = 0; p < plan.parts; ++p) {
      if (mass[p] != 0) {
        sum = fmaf(expf(top[p] - largest), plan.sums[(row * plan.parts + p) * plan.width + i], sum);
      }
    }
    plan.what.out[row * plan.width + i] = store_device<T>(sum / total);
  }
}

/// Grid: tiles of 64 columns, key heads, wanted paths times tiles of 32 of a group's heads.
template <class T>
__global__ void __launch_bounds__(kThreads) weights_kernel(const __grid_constant__ Plan<T> plan) {
  const Tiles<T> tiles = tiles_of<T>(plan.width);
  const int row_tiles = (plan.group + kRows - 1) / kRows;
  const int wanted = static_cast<int>(blockIdx.z) / row_tiles, head = static_cast<int>(blockIdx.y);
  const int first = static_cast<int>(blockIdx.z) % row_tiles * kRows;
  const Rows rows{plan.what.wanted[wanted], head, first, min(kRows, plan.group - first),
                  plan.group};
  const DecodePrompt<T>& prompt = plan.what.prompts[rows.path / plan.prompt_paths];
  const long long begin = static_cast<long long>(blockIdx.x) * kSplit;
  const long long columns = plan.what.columns;
  load_queries(plan, rows, tiles.query);
  load_rows<T>(prompt.key + head * prompt.capacity * plan.width,
               plan.what.column + wanted * columns + begin,
               static_cast<int>(min(static_cast<long long>(kSplit), columns - begin)), plan.width,
               tiles.rows);
  __syncthreads();
  float score[kRowsPerWarp][2];
  scores_of(tiles, plan.width, rows.count, score);
  const int warp = static_cast<int>(threadIdx.x / kWarp),
            lane = static_cast<int>(threadIdx.x % kWarp);
  for (int j = 0; j < kRowsPerWarp; ++j) {
    const int r = j * kWarps + warp;
    if (r >= rows.count) break;
    const float log_mass = plan.log_mass[rows.index(r, plan.what.heads)];
    float* out = plan.what.weights + (wanted * plan.what.heads + rows.head_of(r)) * columns + begin;
    for (int s = 0; s < 2; ++s) {
      if (begin + lane + 32 * s < columns) out[lane + 32 * s] = expf(score[j][s] - log_mass);
    }
  }
}

template <class T>
Plan<T> plan_for(const DecodeAttention<T>& what) {
  Plan<T> plan;
  plan.what = what;
  plan.group = static_cast<int>(what.heads / what.kv_heads);
  plan.width = static_cast<int>(what.width);
  plan.prompt_paths = what.paths / what.prompt_count;
  if (what.query_stride == 0) plan.what.query_stride = what.heads * what.width;
  std::int64_t longest = 0;
  for (std::int64_t p = 0; p < what.prompt_count; ++p) {
    longest = std::max(longest, what.prompts[p].length);
  }
  plan.prompt_splits = static_cast<int>((longest + kSplit - 1) / kSplit);
  plan.parts = plan.prompt_splits + static_cast<int>((what.own_capacity + kSplit - 1) / kSplit);
  const std::int64_t rows = what.paths * what.heads;
  plan.sums = what.workspace;
  plan.top = plan.sums + rows * plan.parts * what.width;
  plan.mass = plan.top + rows * plan.parts;
  plan.log_mass = plan.mass + rows * plan.parts;
  return plan;
}

}  // namespace

template <class T>
void decode_attention_cuda(const DecodeAttention<T>& what) {
  const Plan<T> plan = plan_for(what);
  const auto stream = static_cast<cudaStream_t>(what.stream);
  const std::size_t shared = tile_bytes<T>(what.width);
  const auto heads = static_cast<unsigned>(what.kv_heads);
  const auto group_tiles = static_cast<unsigned>((plan.group + kRows - 1) / kRows);
  if (plan.prompt_splits > 0) {
    const auto tiles = (plan.prompt_paths * plan.group + kRows - 1) / kRows;
    launch(kKernel, prompt_kernel<T>,
           dim3(static_cast<unsigned>(plan.prompt_splits), heads,
                static_cast<unsigned>(what.prompt_count * tiles)),
           kThreads, shared, stream, plan);
  }
  launch(kKernel, own_kernel<T>,
         dim3(static_cast<unsigned>(plan.parts - plan.prompt_splits), heads,
              static_cast<unsigned>(what.paths) * group_tiles),
         kThreads, shared, stream, plan);
  launch(kKernel, join_kernel<T>, static_cast<unsigned>(what.paths * what.heads), 128, 0, stream,
         plan);
  if (what.wanted_paths > 0 && what.columns > 0) {
    launch(kKernel, weights_kernel<T>,
           dim3(static_cast<unsigned>((what.columns + kSplit - 1) / kSplit), heads,
                static_cast<unsigned>(what.wanted_paths) * group_tiles),
           kThreads, shared, stream, plan);
  }
}

template void decode_attention_cuda(const DecodeAttention<float>&);
template void decode_attention_cuda(const DecodeAttention<HalfFloat>&);
template void decode_attention_cuda(const DecodeAttention<BrainFloat>&);

}  // namespace vrp
