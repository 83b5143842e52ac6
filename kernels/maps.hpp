#pragma once
// The views that the metric kernels read: batches of maps over a grid of cells.
#include <cstddef>
#include <cstdint>
#include <span>

namespace vrp {

enum class Device { cpu, cuda };

/// `count` maps of `cells` numbers each, contiguous, row-major. Not owned.
template <class T>
struct Maps {
  const T* data = nullptr;
  std::int64_t count = 0;
  std::int64_t cells = 0;
  const T* row(std::int64_t i) const { return data + i * cells; }
};

/// Cells in reading order: cell = row * cols + column.
struct Grid {
  int rows = 0, cols = 0;
  std::int64_t cells() const { return std::int64_t{rows} * cols; }
};

/// The checks that every dispatching kernel makes before it touches memory. They throw
/// std::invalid_argument: "KERNEL: WHAT is FOUND, expected EXPECTED".
void require_size(const char* kernel, const char* what, std::int64_t found, std::int64_t expected);
void require_grid(const char* kernel, Grid grid, std::int64_t cells);
[[noreturn]] void reject(const char* kernel, const char* what, double found, const char* expected);

template <class T>
void require_maps(const char* kernel, const Maps<T>& maps) {
  if (maps.count < 0) reject(kernel, "number of maps", static_cast<double>(maps.count), ">= 0");
  if (maps.cells < 1) reject(kernel, "number of cells", static_cast<double>(maps.cells), ">= 1");
  if (maps.data == nullptr && maps.count > 0) reject(kernel, "data of the maps", 0, "memory");
}

/// Sum of one map in index order, fp64. NaN when a value is negative or not finite, or when the sum
/// is 0 or not finite: such a map has no metric, and callers pass the NaN on.
double map_mass(const float* map, std::int64_t cells);
double map_mass(const double* map, std::int64_t cells);

}  // namespace vrp
