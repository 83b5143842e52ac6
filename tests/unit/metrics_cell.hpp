#pragma once
// A cell made by hand: an item table and its capture record, for the tests of the metrics stage.
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/store/record.hpp"
#include "stages/metrics/metrics.hpp"

namespace vrp::test {

inline void near(double got, double want, double tolerance) {
  INFO("got " << got << ", expected " << want << " +- " << tolerance);
  CHECK(std::abs(got - want) <= tolerance);
}

/// One item; the defaults are a 640 x 480 picture, resized to 448 x 336, cut to 336 x 336, 6 x 6
/// cells of 56 pixels (80 source pixels; the crop starts at source column 80).
struct Item {
  std::string key, group;
  std::vector<Region> regions;
  std::string answer = "yes";
  std::string metadata = R"({"width": 640, "height": 480})";
  int status = 0;
  std::string reason;
  int answer_length = 2;
  int rows = 6, cols = 6;
  std::vector<double> geometry{640, 480, 0.7, 0.7, 56, 0, 336, 336};
  std::vector<std::vector<float>> maps;        ///< [L][S]; empty = no image tokens
  std::vector<std::vector<float>> maps_first;  ///< empty = as `maps`
};

struct Cell {
  std::string kind = "yes_no";
  int layers = 2;
  std::vector<Item> items;
  ItemTable table() const;
  Record capture(std::size_t first, std::size_t last) const;
  Record metrics(const MetricsParams& params = {}, std::uint64_t seed = 1) const;
};

Region box(double x, double y, double width, double height);

/// The same map in each of two layers.
std::vector<std::vector<float>> flat(double value, std::size_t cells = 36);
/// Two layers of 6 x 6: `rest` everywhere, `peak` at one cell.
std::vector<std::vector<float>> peak(std::size_t cell, double peak, double rest = 0.001);

/// N items with random maps and boxes in pictures of several sizes, some of them failed, invalid,
/// without region or with an empty answer.
Cell random_cell(std::size_t n);

double value(const Record& record, const std::string& name, std::size_t i);
std::string text(const Record& record, const std::string& name, std::size_t i);

}  // namespace vrp::test
