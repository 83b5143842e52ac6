#pragma once
// H_s: how widely a map spreads.
#include <span>

#include "kernels/maps.hpp"

namespace vrp {

/// Keeps the logarithm finite in empty cells; part of the published definition.
constexpr double kLogFloor = 1e-9;

/// Entropy of attention maps: H[i] = -sum_s p ln(p + 1e-9), p = map[i,s] / sum_s map[i,s].
///   maps  float32 or float64 [M, S], >= 0      nats  float64 [M], -1e-9 (one cell) .. ln S
/// Both live on `device`. Sums are fp64, so that fp64 maps (means over layers) keep their ties. A
/// map without mass, or with a negative or non-finite value, gives NaN. Twins agree within 1e-10;
/// either repeats bit for bit. Throws std::invalid_argument when sizes disagree or the build has no
/// CUDA, std::runtime_error with CUDA's text. Source: methods 4, H_s; paper, definition of H_s.
template <class T>
void spatial_entropy(Device device, const Maps<T>& maps, std::span<double> nats);

/// H_n = H_s / ln S, comparable between grids; NaN for a single cell.
double normalised_entropy(double nats, std::int64_t cells);

template <class T>
void spatial_entropy_cpu(const Maps<T>& maps, double* nats);
#ifdef VRP_CUDA
template <class T>
void spatial_entropy_cuda(const Maps<T>& maps, double* nats);  ///< device memory; waits until done
#endif

}  // namespace vrp
