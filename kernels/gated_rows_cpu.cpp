// The specification: plain loops, fp64.
#include <cmath>
#include <numbers>

#include "kernels/gated_rows.hpp"

namespace vrp {
namespace {

double gate_of(Gate gate, double x) {
  if (gate == Gate::silu) return x / (1 + std::exp(-x));
  const double inner = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
  return x / 2 * (1 + std::tanh(inner));
}

}  // namespace

template <class T>
void gated_rows_cpu(const GatedRows<T>& what) {
  for (std::int64_t r = 0; r < what.rows; ++r) {
    const T* gates = what.x + 2 * r * what.width;
    const T* values = gates + what.width;
    for (std::int64_t i = 0; i < what.width; ++i) {
      const double value = gate_of(what.gate, load(gates[i])) * load(values[i]);
      what.out[r * what.width + i] = store<T>(static_cast<float>(value));
    }
  }
}

template void gated_rows_cpu(const GatedRows<float>&);
template void gated_rows_cpu(const GatedRows<HalfFloat>&);
template void gated_rows_cpu(const GatedRows<BrainFloat>&);

}  // namespace vrp
