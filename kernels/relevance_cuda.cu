// The top mask and its components by their own twins; then one warp per map, lanes stride over
// cells in a fixed order, fp64 sums.
#include <algorithm>

#include "kernels/components.hpp"
#include "kernels/device_scratch_cuda.cuh"
#include "kernels/relevance.hpp"
#include "kernels/spatial_entropy.hpp"
#include "kernels/warp_sum_cuda.cuh"

namespace vrp {
namespace {

struct BadShare {
  __host__ __device__ bool operator()(double f) const { return !(f >= 0 && f <= 1); }
};

/// What a warp reads of its map. Lanes take cells lane, lane + 32, ...
struct MapView {
  const double *map, *f;
  const std::int32_t* labels;  ///< components of Q; 0 = not in Q
  std::int32_t* touched;       ///< [cells] zeros
  Grid grid;
  int cells, lane;
};

__device__ int warp_count(int value) {
  for (unsigned distance = kWarp / 2; distance > 0; distance /= 2)
    value += __shfl_down_sync(kAllLanes, value, distance);
  return __shfl_sync(kAllLanes, value, 0);
}

/// Index of the largest value, the lowest on ties. No NaN among the values.
__device__ int warp_argmax(const double* values, int cells, int lane) {
  int best = min(lane, cells - 1);
  for (int s = lane; s < cells; s += static_cast<int>(kWarp)) {
    if (values[s] > values[best]) best = s;
  }
  for (unsigned distance = kWarp / 2; distance > 0; distance /= 2) {
    const int other = __shfl_down_sync(kAllLanes, best, distance);
    if (values[other] > values[best] || (values[other] == values[best] && other < best))
      best = other;
  }
  return __shfl_sync(kAllLanes, best, 0);
}

/// Entropy of p = map * weight / mass, weight = f or 1 - f.
__device__ double part_entropy(const MapView& v, bool inside, double mass) {
  double sum = 0;
  for (int s = v.lane; s < v.cells; s += static_cast<int>(kWarp)) {
    const double p = v.map[s] * (inside ? v.f[s] : 1 - v.f[s]) / mass;
    sum += p * log(p + kLogFloor);
  }
  return -warp_sum(sum);
}

__device__ double plogp(double p) { return p > 0 ? p * log(p) : 0.0; }

__device__ void split_entropy(const MapView& v, double inside, double outside, Relevance& r) {
  int covered = 0;
  for (int s = v.lane; s < v.cells; s += static_cast<int>(kWarp)) covered += v.f[s] > 0;
  covered = warp_count(covered);
  const double h_in = part_entropy(v, true, inside), h_out = part_entropy(v, false, outside);
  const double total = inside + outside, b = inside / total, rest = outside / total;
  r.h_in = inside > 0 ? h_in : nan("");
  r.h_in_norm = covered == 1 ? 0.0 : r.h_in / log(static_cast<double>(covered));
  if (isnan(r.h_in)) r.h_in_norm = nan("");
  r.h_out = outside > 0 ? h_out : 0.0;
  r.h_b = -plogp(b) - plogp(rest);
  r.h_rel = r.h_b + rest * r.h_out;
}

__device__ void overlap(const MapView& v, int components, Relevance& r) {
  int half = 0;
  for (int s = v.lane; s < v.cells; s += static_cast<int>(kWarp)) half += v.f[s] >= 0.5;
  half = warp_count(half);
  const int single = half > 0 ? -1 : warp_argmax(v.f, v.cells, v.lane);
  int top = 0, both = 0, touching = 0;
  for (int s = v.lane; s < v.cells; s += static_cast<int>(kWarp)) {
    const int label = v.labels[s];
    if (label == 0) continue;
    ++top;
    if (half > 0 ? !(v.f[s] >= 0.5) : s != single) continue;
    ++both;
    touching += atomicExch(&v.touched[label - 1], 1) == 0;
  }
  top = warp_count(top);
  both = warp_count(both);
  touching = warp_count(touching);
  const int region = half > 0 ? half : 1;
  r.iou = static_cast<double>(both) / (top + region - both);
  r.precision = static_cast<double>(both) / top;
  r.recall = static_cast<double>(both) / region;
  r.c_in = touching;
  r.c_out = components - touching;
}

__device__ double points_at(const MapView& v, int tolerance) {
  const int best = warp_argmax(v.map, v.cells, v.lane);
  const int row = best / v.grid.cols, col = best % v.grid.cols;
  bool hit = false;
  for (int s = v.lane; s < v.cells; s += static_cast<int>(kWarp)) {
    const bool near =
        abs(s / v.grid.cols - row) <= tolerance && abs(s % v.grid.cols - col) <= tolerance;
    hit = hit || (near && v.f[s] > 0);
  }
  return __any_sync(kAllLanes, hit) ? 1 : 0;
}

__device__ Relevance undefined(double area) {
  Relevance r;
  r.area = area;
  r.mass = r.lift = r.log_lift = r.iou = r.precision = r.recall = r.pointing = nan("");
  r.h_in = r.h_in_norm = r.h_out = r.h_b = r.h_rel = r.c_in = r.c_out = nan("");
  return r;
}

__global__ void relevance_kernel(const double* maps, const double* coverage, bool shared_region,
                                 long long count, Grid grid, int tolerance,
                                 const std::int32_t* labels, const std::int32_t* components,
                                 std::int32_t* touched, Relevance* rows) {
  const long long i = static_cast<long long>(blockIdx.x) * kWarpsPerBlock + threadIdx.x / kWarp;
  if (i >= count) return;  // whole warps leave together
  const int lane = static_cast<int>(threadIdx.x % kWarp), cells = grid.rows * grid.cols;
  const MapView v{maps + i * cells,
                  coverage + (shared_region ? 0 : i * cells),
                  labels + i * cells,
                  touched + i * cells,
                  grid,
                  cells,
                  lane};
  double covered = 0, inside = 0, outside = 0;
  for (int s = lane; s < cells; s += static_cast<int>(kWarp)) {
    covered += v.f[s];
    inside += v.map[s] * v.f[s];
    outside += v.map[s] * (1 - v.f[s]);
  }
  covered = warp_sum(covered);
  inside = warp_sum(inside);
  outside = warp_sum(outside);
  const double mass = warp_mass(v.map, cells, lane);
  Relevance r = undefined(covered / cells);
  if (covered > 0 && !isnan(mass)) {
    r.mass = min(1.0, inside / mass);
    r.lift = r.mass / r.area;
    r.log_lift = r.mass > 0 ? log(r.lift) : nan("");
    split_entropy(v, inside, outside, r);
    overlap(v, components[i], r);
    r.pointing = points_at(v, tolerance);
  }
  if (lane == 0) rows[i] = r;
}

}  // namespace

void relevance_cuda(const Maps<double>& maps, const Maps<double>& coverage, Grid grid,
                    const RelevanceOptions& options, Relevance* rows, std::int64_t scratch_cells) {
  constexpr const char* kName = "relevance";
  refuse_first_bad(kName, coverage.data, coverage.count * coverage.cells, BadShare{},
                   [](double share) { reject_share(share); });
  const std::int64_t at_once = std::clamp<std::int64_t>(scratch_cells / maps.cells, 1,
                                                        std::max<std::int64_t>(1, maps.count));
  const auto places = static_cast<std::size_t>(at_once * maps.cells);
  DeviceScratch<std::uint8_t> mask(kName, places);
  DeviceScratch<std::int32_t> labels(kName, places), touched(kName, places);
  DeviceScratch<std::int32_t> components_of_map(kName, static_cast<std::size_t>(at_once));
  const bool shared_region = coverage.count == 1;
  for (std::int64_t first = 0; first < maps.count; first += at_once) {
    const std::int64_t here = std::min(at_once, maps.count - first);
    const Maps<double> part{maps.row(first), here, maps.cells};
    top_mass_mask_cuda(part, options.top_mass, mask.get());
    components_cuda(mask.get(), here, grid, options.neighbourhood, labels.get(),
                    components_of_map.get());
    touched.fill_bytes(0);
    launch(kName, relevance_kernel, blocks_for(here), kWarp * kWarpsPerBlock, 0, nullptr, part.data,
           coverage.row(shared_region ? 0 : first), shared_region, here, grid,
           options.pointing_tolerance, labels.get(), components_of_map.get(), touched.get(),
           rows + first);
    finish_kernel(kName);
  }
}

}  // namespace vrp
