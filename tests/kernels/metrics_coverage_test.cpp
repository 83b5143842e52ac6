#include <limits>
#include <numeric>
#include <stdexcept>

#include "kernels/region_coverage.hpp"
#include "metrics_maps.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

std::vector<double> cover(const std::vector<Outline>& outlines, CellFrame frame) {
  std::vector<double> share(static_cast<std::size_t>(frame.grid.cells()), -1.0);
  region_coverage(outlines, frame, share);
  return share;
}

double total(const std::vector<double>& share) {
  return std::accumulate(share.begin(), share.end(), 0.0);
}

/// Twice the signed area of one outline.
double shoelace(const Outline& p) {
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); i += 2) {
    const std::size_t j = (i + 2) % p.size();
    sum += p[i] * p[j + 1] - p[j] * p[i + 1];
  }
  return std::abs(sum) / 2;
}

bool even_odd(const Outline& p, double x, double y) {
  bool in = false;
  for (std::size_t i = 0, j = p.size() - 2; i < p.size(); j = i, i += 2) {
    if ((p[i + 1] > y) != (p[j + 1] > y) &&
        x < (p[j] - p[i]) * (y - p[i + 1]) / (p[j + 1] - p[i + 1]) + p[i])
      in = !in;
  }
  return in;
}

/// A star-shaped polygon around (x, y) with corners at 0.3 r to r.
Outline star(std::uint32_t stream, double x, double y, double r, int points) {
  Outline out;
  for (int k = 0; k < points; ++k) {
    const double angle = 2 * 3.14159265358979 * k / points;
    const double radius = r * (0.3 + 0.7 * uniform(stream, static_cast<std::uint32_t>(k)));
    out.push_back(x + radius * std::cos(angle));
    out.push_back(y + radius * std::sin(angle));
  }
  return out;
}

}  // namespace

TEST_CASE("a box covers each cell by the product of its overlaps", "[kernels][coverage]") {
  const auto share = cover({box_outline(0.5, 0.25, 2.0, 1.0)}, {1, 1, 0, 0, {2, 4}});
  const double want[] = {0.375, 0.75, 0.375, 0, 0.125, 0.25, 0.125, 0};
  for (std::size_t s = 0; s < 8; ++s) near(share[s], want[s], 1e-12);
}

TEST_CASE("whole cells are covered by exactly 1, untouched ones by exactly 0",
          "[kernels][coverage]") {
  // pixels to cells of 28 after a scale of 336/480
  const double scale = 336.0 / 480 / 28;
  const auto share = cover({box_outline(80, 120, 200, 40)}, {scale, scale, 0, 0, {12, 12}});
  for (int r = 0; r < 12; ++r) {
    for (int c = 0; c < 12; ++c) {
      const bool in = r == 3 && c >= 2 && c < 7;
      CHECK(share[static_cast<std::size_t>(r * 12 + c)] == (in ? 1.0 : 0.0));
    }
  }
}

TEST_CASE("a triangle covers half of the cells on its diagonal", "[kernels][coverage]") {
  const auto share = cover({{0, 0, 3, 0, 0, 3}}, {1, 1, 0, 0, {3, 3}});
  const double want[] = {1, 1, 0.5, 1, 0.5, 0, 0.5, 0, 0};
  for (std::size_t s = 0; s < 9; ++s) near(share[s], want[s], 1e-12);
}

TEST_CASE("what lies outside the grid is cut off", "[kernels][coverage]") {
  near(total(cover({box_outline(-5, -5, 100, 100)}, {1, 1, 0, 0, {3, 4}})), 12, 1e-12);
  near(total(cover({box_outline(5, 0, 2, 2)}, {1, 1, 0, 0, {3, 4}})), 0, 0);
  near(total(cover({box_outline(0, -3, 2, 2)}, {1, 1, 0, 0, {3, 4}})), 0, 0);
  near(total(cover({box_outline(-1e8, 1, 2e8, 1)}, {1, 1, 0, 0, {3, 4}})), 4, 1e-12);
  near(total(cover({{-2, 1, 6, 1, 2, 5}}, {1, 1, 0, 0, {4, 4}})), 11, 1e-9);
}

TEST_CASE("overlapping outlines count once", "[kernels][coverage]") {
  const auto a = box_outline(0, 0, 2, 2), b = box_outline(1, 1, 2, 2);
  near(total(cover({a, b}, {1, 1, 0, 0, {4, 4}})), 7, 1e-12);
  near(total(cover({a, a, a}, {1, 1, 0, 0, {4, 4}})), 4, 1e-12);
  near(total(cover({a, box_outline(2, 0, 2, 2)}, {1, 1, 0, 0, {4, 4}})), 8, 1e-12);
}

TEST_CASE("a crossing outline fills by the even-odd rule", "[kernels][coverage]") {
  // a bow tie: two triangles of area 1 each
  near(total(cover({{0, 0, 2, 2, 2, 0, 0, 2}}, {1, 1, 0, 0, {2, 2}})), 2, 1e-12);
  // a square run round twice is empty
  near(total(cover({{0, 0, 2, 0, 2, 2, 0, 2, 0, 0, 2, 0, 2, 2, 0, 2}}, {1, 1, 0, 0, {2, 2}})), 0,
       0);
}

TEST_CASE("an outline without area covers nothing", "[kernels][coverage]") {
  near(total(cover({box_outline(1, 1, 0, 2)}, {1, 1, 0, 0, {3, 3}})), 0, 0);
  near(total(cover({{0, 0, 1, 1, 2, 2}}, {1, 1, 0, 0, {3, 3}})), 0, 0);
  near(total(cover({}, {1, 1, 0, 0, {3, 3}})), 0, 0);
}

TEST_CASE("the area of a polygon inside the grid is that of the shoelace formula",
          "[kernels][coverage]") {
  for (std::uint32_t stream = 0; stream < 50; ++stream) {
    const Outline p = star(stream, 6.1, 5.3, 5.0, 3 + static_cast<int>(stream));
    near(total(cover({p}, {1, 1, 0, 0, {11, 12}})), shoelace(p), 1e-9);
  }
}

TEST_CASE("coverage of a union agrees with sampled points", "[kernels][coverage]") {
  const CellFrame frame{0.05, 0.07, -0.4, -0.2, {9, 10}};
  for (std::uint32_t stream = 0; stream < 4; ++stream) {
    const std::vector<Outline> outlines{star(stream, 60, 50, 55, 17),
                                        star(stream + 90, 130, 90, 70, 9),
                                        box_outline(20, 60, 90, 25)};
    const auto share = cover(outlines, frame);
    const int side = 120;  // sampled points per cell and axis
    for (int cell = 0; cell < 90; ++cell) {
      int inside = 0;
      for (int i = 0; i < side * side; ++i) {
        const double x = (cell % 10 + (i % side + 0.5) / side - frame.offset_x) / frame.scale_x;
        const double y = (cell / 10 + (i / side + 0.5) / side - frame.offset_y) / frame.scale_y;
        bool in = false;
        for (const Outline& outline : outlines) in = in || even_odd(outline, x, y);
        inside += in;
      }
      near(share[static_cast<std::size_t>(cell)], static_cast<double>(inside) / (side * side),
           0.01);
    }
  }
}

TEST_CASE("coverage follows a shift and a scale of outline and frame alike",
          "[kernels][coverage][metamorphic]") {
  const Outline p = star(5, 4, 4, 3.5, 12);
  const auto share = cover({p}, {1, 1, 0, 0, {8, 8}});
  Outline moved;
  for (std::size_t i = 0; i < p.size(); i += 2) {
    moved.push_back(p[i] * 37 + 11);
    moved.push_back(p[i + 1] * 19 - 5);
  }
  const auto again = cover({moved}, {1.0 / 37, 1.0 / 19, -11.0 / 37, 5.0 / 19, {8, 8}});
  for (std::size_t s = 0; s < share.size(); ++s) near(again[s], share[s], 1e-9);
}

TEST_CASE("coverage refuses bad outlines, frames and sizes", "[kernels][coverage]") {
  const CellFrame frame{1, 1, 0, 0, {2, 2}};
  const Outline box = box_outline(0, 0, 1, 1);
  CHECK_THROWS_AS(cover({{0, 0, 1, 1, 2}}, frame), std::invalid_argument);
  CHECK_THROWS_AS(cover({{0, 0, 1, 1}}, frame), std::invalid_argument);
  CHECK_THROWS_AS(cover({{}}, frame), std::invalid_argument);
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  for (const double bad : {nan, inf, -inf, 1e300}) {
    CHECK_THROWS_AS(cover({{0, 0, 1, bad, 2, 0}}, frame), std::invalid_argument);
  }
  for (const double bad : {nan, inf, 0.0, -1.0}) {
    CHECK_THROWS_AS(cover({box}, {bad, 1, 0, 0, {2, 2}}), std::invalid_argument);
    CHECK_THROWS_AS(cover({box}, {1, bad, 0, 0, {2, 2}}), std::invalid_argument);
  }
  CHECK_THROWS_AS(cover({box}, {1, 1, nan, 0, {2, 2}}), std::invalid_argument);
  std::vector<double> share(3);
  const std::vector<Outline> one{box};
  CHECK_THROWS_AS(region_coverage(one, frame, share), std::invalid_argument);
  CHECK_THROWS_AS(region_coverage(one, {1, 1, 0, 0, {0, 2}}, {}), std::invalid_argument);
}
