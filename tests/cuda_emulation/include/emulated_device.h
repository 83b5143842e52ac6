#pragma once
// Device code: qualifiers, built-in types and variables, intrinsics.
#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

#include "tests/cuda_emulation/grid.hpp"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __grid_constant__
#define __restrict__ __restrict
#define __align__(n) alignas(n)
// One block runs at a time. The tag names the variables in the symbol table, so that they can be
// filled with NaNs before each block; "used" keeps the compiler from knowing better.
#define __shared__ static __attribute__((used, abi_tag("vrp_cuda_shared")))

struct uint3 {
  unsigned x, y, z;
};
struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
};
extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;
constexpr int warpSize = 32;

#define VRP_VECTOR_TYPES(T, name)                                   \
  struct alignas(2 * sizeof(T)) name##2 {                           \
    T x, y;                                                         \
  };                                                                \
  struct alignas(4 * sizeof(T) > 16 ? 16 : 4 * sizeof(T)) name##4 { \
    T x, y, z, w;                                                   \
  };                                                                \
  inline name##2 make_##name##2(T x, T y) { return {x, y}; }        \
  inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }
VRP_VECTOR_TYPES(float, float)
VRP_VECTOR_TYPES(double, double)
VRP_VECTOR_TYPES(int, int)
VRP_VECTOR_TYPES(unsigned, uint)
VRP_VECTOR_TYPES(unsigned short, ushort)
#undef VRP_VECTOR_TYPES

// Barriers and collectives. `where` is the line of the call, for messages and to tell two apart.
using VrpWhere = std::source_location;
inline void __syncthreads(VrpWhere where = VrpWhere::current()) {
  vrp::emulation::block_barrier(false, where);
}
inline int __syncthreads_count(int vote, VrpWhere where = VrpWhere::current()) {
  return vrp::emulation::block_barrier(vote != 0, where);
}
inline int __syncthreads_or(int vote, VrpWhere where = VrpWhere::current()) {
  return vrp::emulation::block_barrier(vote != 0, where) > 0;
}
inline int __syncthreads_and(int vote, VrpWhere where = VrpWhere::current()) {
  return vrp::emulation::block_barrier(vote == 0, where) == 0;
}
inline void __syncwarp(unsigned mask = 0xffffffffu, VrpWhere where = VrpWhere::current()) {
  vrp::emulation::warp_collective(vrp::emulation::Collective::sync_warp, mask, 0, 0, 32, where);
}
inline unsigned __ballot_sync(unsigned mask, int vote, VrpWhere where = VrpWhere::current()) {
  return static_cast<unsigned>(vrp::emulation::warp_collective(
      vrp::emulation::Collective::ballot, mask, vote != 0 ? 1 : 0, 0, 32, where));
}
inline int __any_sync(unsigned mask, int vote, VrpWhere where = VrpWhere::current()) {
  return __ballot_sync(mask, vote, where) != 0;
}
inline int __all_sync(unsigned mask, int vote, VrpWhere where = VrpWhere::current()) {
  return __ballot_sync(mask, vote == 0, where) == 0;
}

namespace vrp::emulation {
template <class T>
T shuffle(Collective what, unsigned mask, T value, int argument, int width, const VrpWhere& where) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = warp_collective(what, mask, bits, argument, width, where);
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}
}  // namespace vrp::emulation
template <class T>
T __shfl_sync(unsigned mask, T value, int lane, int width = 32,
              VrpWhere where = VrpWhere::current()) {
  return vrp::emulation::shuffle(vrp::emulation::Collective::shuffle, mask, value, lane, width,
                                 where);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32,
                 VrpWhere where = VrpWhere::current()) {
  return vrp::emulation::shuffle(vrp::emulation::Collective::shuffle_up, mask, value,
                                 static_cast<int>(by), width, where);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32,
                   VrpWhere where = VrpWhere::current()) {
  return vrp::emulation::shuffle(vrp::emulation::Collective::shuffle_down, mask, value,
                                 static_cast<int>(by), width, where);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32,
                  VrpWhere where = VrpWhere::current()) {
  return vrp::emulation::shuffle(vrp::emulation::Collective::shuffle_xor, mask, value, lanes, width,
                                 where);
}

// Atomics on integers. A fiber is interrupted before an atomic operation, never in it.
namespace vrp::emulation {
template <class T>
concept AtomicInteger = std::integral<T> && sizeof(T) >= 4;
template <class T, class Change>
T exchange(T* at, Change change) {
  before_atomic();
  const T old = *at;
  *at = static_cast<T>(change(old));
  return old;
}
}  // namespace vrp::emulation
template <vrp::emulation::AtomicInteger T>
T atomicAdd(T* at, std::type_identity_t<T> value) {
  return vrp::emulation::exchange(at, [=](T old) {
    using U = std::make_unsigned_t<T>;
    return static_cast<U>(old) + static_cast<U>(value);
  });
}
template <vrp::emulation::AtomicInteger T>
T atomicMin(T* at, std::type_identity_t<T> value) {
  return vrp::emulation::exchange(at, [=](T old) { return std::min(old, value); });
}
template <vrp::emulation::AtomicInteger T>
T atomicMax(T* at, std::type_identity_t<T> value) {
  return vrp::emulation::exchange(at, [=](T old) { return std::max(old, value); });
}
template <vrp::emulation::AtomicInteger T>
T atomicOr(T* at, std::type_identity_t<T> value) {
  return vrp::emulation::exchange(at, [=](T old) { return old | value; });
}
template <vrp::emulation::AtomicInteger T>
T atomicAnd(T* at, std::type_identity_t<T> value) {
  return vrp::emulation::exchange(at, [=](T old) { return old & value; });
}
template <vrp::emulation::AtomicInteger T>
T atomicExch(T* at, std::type_identity_t<T> value) {
  return vrp::emulation::exchange(at, [=](T) { return value; });
}
template <vrp::emulation::AtomicInteger T>
T atomicCAS(T* at, std::type_identity_t<T> compare, std::type_identity_t<T> value) {
  return vrp::emulation::exchange(at, [=](T old) { return old == compare ? value : old; });
}
inline void __threadfence() {}
inline void __threadfence_block() {}

template <class T>
T __ldg(const T* at) {
  return *at;
}

// Bits.
inline int __popc(unsigned x) { return std::popcount(x); }
inline int __popcll(unsigned long long x) { return std::popcount(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return std::countl_zero(static_cast<unsigned long long>(x)); }
inline int __ffs(int x) { return x == 0 ? 0 : 1 + std::countr_zero(static_cast<unsigned>(x)); }
inline int __ffsll(long long x) {
  return x == 0 ? 0 : 1 + std::countr_zero(static_cast<unsigned long long>(x));
}
inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline int __float_as_int(float x) { return std::bit_cast<int>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
inline float __int_as_float(int x) { return std::bit_cast<float>(x); }
inline long long __double_as_longlong(double x) { return std::bit_cast<long long>(x); }
inline double __longlong_as_double(long long x) { return std::bit_cast<double>(x); }

// Arithmetic that is rounded once, and is never contracted.
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fsqrt_rn(float a) { return std::sqrt(a); }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __dsqrt_rn(double a) { return std::sqrt(a); }
inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
inline int __float2int_rn(float x) { return static_cast<int>(std::nearbyint(x)); }
inline int __double2int_rn(double x) { return static_cast<int>(std::nearbyint(x)); }
inline float __expf(float x) { return std::exp(x); }
inline float __logf(float x) { return std::log(x); }
inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
inline double rsqrt(double x) { return 1.0 / std::sqrt(x); }
using std::isfinite;
using std::isinf;
using std::isnan;
using std::max;
using std::min;
