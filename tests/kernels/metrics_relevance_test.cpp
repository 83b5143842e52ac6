#include <limits>
#include <stdexcept>

#include "kernels/relevance.hpp"
#include "kernels/spatial_entropy.hpp"
#include "metrics_maps.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

Relevance measure(const std::vector<double>& map, const std::vector<double>& f, Grid grid,
                  RelevanceOptions options = {}) {
  Relevance row;
  relevance(Device::cpu, view(map), view(f), grid, options, {&row, 1});
  return row;
}

std::vector<const double*> all_but_area(const Relevance& r) {
  return {&r.mass, &r.lift,      &r.log_lift, &r.iou, &r.precision, &r.recall, &r.pointing,
          &r.h_in, &r.h_in_norm, &r.h_out,    &r.h_b, &r.h_rel,     &r.c_in,   &r.c_out};
}

}  // namespace

TEST_CASE("a uniform map has lift 1 on any region", "[kernels][relevance]") {
  const std::vector<double> map(24, 0.5);
  const auto f = draw({"......", ".##...", ".##...", "......"});
  const Relevance r = measure(map, f, {4, 6});
  near(r.area, 4.0 / 24, 1e-15);
  near(r.mass, 4.0 / 24, 1e-15);
  near(r.lift, 1, 1e-14);
  near(r.log_lift, 0, 1e-14);
  near(r.h_in, std::log(4.0), 1e-7);
  near(r.h_in_norm, 1, 1e-7);
  near(r.h_out, std::log(20.0), 1e-7);
}

TEST_CASE("a worked example of every relevance metric", "[kernels][relevance]") {
  // Total 20. Top 30 % (6 of 20) = the 4 and one 2 (index 9, the first of them): Q = {5, 9}.
  const auto map = draw({"1111", "1411", "1211", "0211"});
  const auto f = draw({"....", ".#..", ".#..", "...."});
  const Relevance r = measure(map, f, {4, 4});
  near(r.area, 2.0 / 16, 1e-15);
  near(r.mass, 6.0 / 20, 1e-15);
  near(r.lift, 2.4, 1e-14);
  near(r.log_lift, std::log(2.4), 1e-14);
  near(r.iou, 1, 0);
  near(r.precision, 1, 0);
  near(r.recall, 1, 0);
  near(r.pointing, 1, 0);
  near(r.c_in, 1, 0);
  near(r.c_out, 0, 0);
  near(r.h_in, -(2.0 / 3 * std::log(2.0 / 3) + 1.0 / 3 * std::log(1.0 / 3)), 1e-8);
  near(r.h_b, -(0.3 * std::log(0.3) + 0.7 * std::log(0.7)), 1e-12);
  near(r.h_rel, r.h_b + 0.7 * r.h_out, 1e-14);

  const auto elsewhere = draw({"##..", "....", "....", ".#.."});
  const Relevance miss = measure(map, elsewhere, {4, 4});
  near(miss.iou, 0, 0);
  near(miss.precision, 0, 0);
  near(miss.recall, 0, 0);
  near(miss.pointing, 0, 0);
  near(miss.c_in, 0, 0);
  near(miss.c_out, 1, 0);
  near(measure(map, elsewhere, {4, 4}, {0.3, 8, 1}).pointing, 1, 0);  // tolerance of one cell
}

TEST_CASE("partial overlap of top mask and region, two components", "[kernels][relevance]") {
  const auto map = draw({"9....", ".....", "....9", "....9"});
  const auto f = draw({".....", ".....", "...##", "....."});
  const Relevance r = measure(map, f, {4, 5}, {1.0, 8, 0});
  near(r.precision, 1.0 / 3, 1e-15);  // Q: three cells, one of them in g
  near(r.recall, 1.0 / 2, 1e-15);
  near(r.iou, 1.0 / 4, 1e-15);
  near(r.c_in, 1, 0);
  near(r.c_out, 1, 0);
}

TEST_CASE("entropy splits into inside, outside and the split, for regions of whole cells",
          "[kernels][relevance]") {
  const Grid grid{8, 9};
  for (std::uint32_t stream = 0; stream < 30; ++stream) {
    const auto map = random_map(stream, grid.cells());
    std::vector<double> f(map.size());
    for (std::size_t s = 0; s < f.size(); ++s)
      f[s] = uniform(1000 + stream, static_cast<std::uint32_t>(s)) < 0.3 ? 1 : 0;
    double h = 0;
    spatial_entropy(Device::cpu, view(map), {&h, 1});
    const Relevance r = measure(map, f, grid);
    near(r.h_b + r.mass * r.h_in + (1 - r.mass) * r.h_out, h, 2e-7);
    near(r.h_rel + r.mass * r.h_in, h, 2e-7);
  }
}

TEST_CASE("no mass inside: H_in undefined; no mass outside: H_out counts as 0",
          "[kernels][relevance]") {
  const auto f = draw({"##.."});
  const Relevance outside = measure(draw({"..12"}), f, {1, 4});
  near(outside.mass, 0, 0);
  near(outside.lift, 0, 0);
  CHECK(std::isnan(outside.log_lift));
  CHECK(std::isnan(outside.h_in));
  CHECK(std::isnan(outside.h_in_norm));
  near(outside.h_b, 0, 0);
  near(outside.h_rel, outside.h_out, 0);
  const Relevance inside = measure(draw({"12.."}), f, {1, 4});
  near(inside.mass, 1, 0);
  near(inside.h_out, 0, 0);
  near(inside.h_b, 0, 0);
  near(inside.h_rel, 0, 0);
}

TEST_CASE("a region of one cell has normalised inner entropy 0", "[kernels][relevance]") {
  near(measure(draw({"1234"}), draw({"..#."}), {1, 4}).h_in_norm, 0, 0);
}

TEST_CASE("a region below half of every cell is its most covered cell", "[kernels][relevance]") {
  const std::vector<double> f{0.1, 0.4, 0.4, 0};
  const Relevance r = measure(draw({".9.."}), f, {1, 4});
  near(r.iou, 1, 0);  // g = {1}, the first of the tied cells; Q = {1}
  near(r.recall, 1, 0);
  near(r.area, 0.225, 1e-15);
  near(r.mass, 0.4, 1e-15);
}

TEST_CASE("a cell covered by exactly half belongs to the region mask", "[kernels][relevance]") {
  const std::vector<double> f{0.5, 0.9, 0.49, 0};
  near(measure(draw({"9..."}), f, {1, 4}).iou, 0.5, 0);  // Q = {0}, g = {0, 1}
}

TEST_CASE("a half-covered cell is shared between inside and outside", "[kernels][relevance]") {
  // M = (0.2, 0.4, 0.4), f = (1, 0.5, 0): inside 0.2 + 0.2, outside 0.2 + 0.4.
  const std::vector<double> f{1, 0.5, 0};
  const Relevance r = measure(draw({"122"}), f, {1, 3});
  near(r.mass, 0.4, 1e-15);
  near(r.lift, 0.8, 1e-15);
  near(r.h_in, std::log(2.0), 1e-8);
  near(r.h_in_norm, 1, 1e-8);
  near(r.h_out, -(1.0 / 3 * std::log(1.0 / 3) + 2.0 / 3 * std::log(2.0 / 3)), 1e-8);
  near(r.h_b, -(0.4 * std::log(0.4) + 0.6 * std::log(0.6)), 1e-12);
  near(r.h_rel, r.h_b + 0.6 * r.h_out, 1e-12);
}

TEST_CASE("pointing takes the first of tied cells", "[kernels][relevance]") {
  near(measure(draw({"5.5."}), draw({"..#."}), {1, 4}).pointing, 0, 0);
  near(measure(draw({"5.5."}), draw({"#..."}), {1, 4}).pointing, 1, 0);
}

TEST_CASE("without area or mass everything but the area is undefined", "[kernels][relevance]") {
  const std::vector<double> none(4, 0.0), half(4, 0.5);
  const double nan = std::nan("");
  for (const Relevance& r :
       {measure(draw({"1234"}), none, {2, 2}), measure(none, half, {2, 2}),
        measure({1, nan, 1, 1}, half, {2, 2}), measure({1, -1, 1, 1}, half, {2, 2})}) {
    CHECK_FALSE(std::isnan(r.area));
    for (const double* field : all_but_area(r)) CHECK(std::isnan(*field));
  }
}

TEST_CASE("relevance does not change when a map is scaled", "[kernels][relevance][metamorphic]") {
  const Grid grid{6, 7};
  for (std::uint32_t stream = 0; stream < 20; ++stream) {
    auto map = random_map(stream, grid.cells());
    auto f = random_map(500 + stream, grid.cells());
    const Relevance before = measure(map, f, grid);
    for (double& value : map) value *= 0.013;
    const Relevance after = measure(map, f, grid);
    const auto b = all_but_area(before), a = all_but_area(after);
    for (std::size_t k = 0; k < a.size(); ++k) near(*a[k], *b[k], 1e-12);
  }
}

TEST_CASE("one region under many maps, or one each; results agree", "[kernels][relevance]") {
  const std::vector<float> maps{1, 2, 3, 4, 4, 3, 2, 1, 0, 0, 0, 0};
  const std::vector<double> one{1, 0.5, 0, 0}, each{1, 0.5, 0, 0, 1, 0.5, 0, 0, 1, 0.5, 0, 0};
  std::vector<double> a(3), b(3);
  relevance_mass<float>(Device::cpu, {maps.data(), 3, 4}, {one.data(), 1, 4}, a);
  relevance_mass<float>(Device::cpu, {maps.data(), 3, 4}, {each.data(), 3, 4}, b);
  near(a[0], 0.2, 1e-15);
  near(a[1], 0.55, 1e-15);
  CHECK(std::isnan(a[2]));
  near(b[0], a[0], 0);
  near(b[1], a[1], 0);
}

TEST_CASE("relevance refuses wrong sizes, shares outside [0, 1] and options",
          "[kernels][relevance]") {
  const std::vector<double> map{1, 2, 3, 4}, f{1, 0, 0, 0}, shorter{1, 0}, over{1, 0, 0, 1.1},
      nan{1, 0, 0, std::nan("")};
  std::vector<Relevance> one(1), two(2);
  std::vector<double> mass(2);
  CHECK_THROWS_AS(relevance(Device::cpu, view(map), view(f), {2, 2}, {}, two),
                  std::invalid_argument);
  CHECK_THROWS_AS(relevance(Device::cpu, view(map), view(f), {2, 3}, {}, one),
                  std::invalid_argument);
  CHECK_THROWS_AS(relevance(Device::cpu, view(map), view(shorter), {2, 2}, {}, one),
                  std::invalid_argument);
  CHECK_THROWS_AS(relevance(Device::cpu, view(map), view(over), {2, 2}, {}, one),
                  std::invalid_argument);
  CHECK_THROWS_AS(relevance(Device::cpu, view(map), view(nan), {2, 2}, {}, one),
                  std::invalid_argument);
  CHECK_THROWS_AS(relevance(Device::cpu, view(map), view(f), {2, 2}, {0, 8, 0}, one),
                  std::invalid_argument);
  CHECK_THROWS_AS(relevance(Device::cpu, view(map), view(f), {2, 2}, {0.3, 5, 0}, one),
                  std::invalid_argument);
  CHECK_THROWS_AS(relevance(Device::cpu, view(map), view(f), {2, 2}, {0.3, 8, -1}, one),
                  std::invalid_argument);
  CHECK_THROWS_AS(relevance_mass(Device::cpu, view(map), view(f), mass), std::invalid_argument);
  CHECK_THROWS_AS(relevance_mass<double>(Device::cpu, {map.data(), 2, 2}, {f.data(), 4, 1}, mass),
                  std::invalid_argument);
}
