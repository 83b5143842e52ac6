#include "kernels/maps.hpp"

#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace vrp {
namespace {

template <class T>
double mass_of(const T* map, std::int64_t cells) {
  double mass = 0;
  for (std::int64_t s = 0; s < cells; ++s) {
    if (!(map[s] >= 0)) return std::numeric_limits<double>::quiet_NaN();
    mass += static_cast<double>(map[s]);
  }
  return mass > 0 && std::isfinite(mass) ? mass : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

void require_size(const char* kernel, const char* what, std::int64_t found, std::int64_t expected) {
  if (found == expected) return;
  std::ostringstream out;
  out << kernel << ": " << what << " is " << found << ", expected " << expected;
  throw std::invalid_argument(out.str());
}

void require_grid(const char* kernel, Grid grid, std::int64_t cells) {
  if (grid.rows > 0 && grid.cols > 0 && grid.cells() == cells) return;
  std::ostringstream out;
  out << kernel << ": grid is " << grid.rows << " x " << grid.cols << ", expected " << cells
      << " cells";
  throw std::invalid_argument(out.str());
}

void reject(const char* kernel, const char* what, double found, const char* expected) {
  std::ostringstream out;
  out << kernel << ": " << what << " is " << found << ", expected " << expected;
  throw std::invalid_argument(out.str());
}

double map_mass(const float* map, std::int64_t cells) { return mass_of(map, cells); }
double map_mass(const double* map, std::int64_t cells) { return mass_of(map, cells); }

}  // namespace vrp
