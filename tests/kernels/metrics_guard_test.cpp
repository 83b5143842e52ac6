#include <limits>
#include <stdexcept>

#include "kernels/attention_guard.hpp"
#include "metrics_maps.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

struct Item {
  std::vector<float> maps{0.1f, 0.2f, 0.1f, 0.0f, 0.05f, 0.05f, 0.3f, 0.2f};  // 2 layers, 4 cells
  std::vector<double> shares{0.4, 0.6};
  std::int64_t expected = 4;
  AttentionVerdict verdict(double slack = 1e-3) const {
    const auto layers = static_cast<std::int64_t>(shares.size());
    return attention_guard({maps.data(), layers, static_cast<std::int64_t>(maps.size()) / layers},
                           shares, expected, slack);
  }
};

}  // namespace

TEST_CASE("a sound map passes", "[kernels][guard]") {
  CHECK(Item().verdict().ok());
  CHECK(Item().verdict().reason.empty());
}

TEST_CASE("a map with another number of columns than image tokens is refused", "[kernels][guard]") {
  Item item;
  item.expected = 5;
  CHECK(item.verdict().fault == AttentionFault::token_count);
  CHECK_THAT(item.verdict().reason, Catch::Contains("4 image columns") && Catch::Contains("5"));
  item = Item();
  item.expected = 0;
  CHECK(item.verdict().fault == AttentionFault::token_count);
}

TEST_CASE("values that are not finite are refused, with layer and cell", "[kernels][guard]") {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Item item;
    item.maps[6] = bad;
    CHECK(item.verdict().fault == AttentionFault::non_finite);
    CHECK_THAT(item.verdict().reason, Catch::Contains("layer 1, cell 2"));
  }
  Item item;
  item.shares[1] = std::nan("");
  CHECK(item.verdict().fault == AttentionFault::non_finite);
}

TEST_CASE("negative weights are refused", "[kernels][guard]") {
  Item item;
  item.maps[3] = -1e-4f;
  CHECK(item.verdict().fault == AttentionFault::negative);
  CHECK_THAT(item.verdict().reason, Catch::Contains("layer 0, cell 3"));
}

TEST_CASE("a row that carries more than all of the mass is refused", "[kernels][guard]") {
  Item item;
  item.maps = {0.5f, 0.5f, 0.3f, 0.0f, 0.05f, 0.05f, 0.3f, 0.2f};
  item.shares = {1.3, 0.6};
  CHECK(item.verdict().fault == AttentionFault::row_mass);
  CHECK_THAT(item.verdict().reason, Catch::Contains("layer 0 is 1.3"));
  item.shares = {-0.2, 0.6};
  CHECK(item.verdict().fault == AttentionFault::row_mass);
  item.maps = {0.5f, 0.5f, 0.0005f, 0.0f, 0.05f, 0.05f, 0.3f, 0.2f};
  item.shares = {1.0005, 0.6};
  CHECK(item.verdict().ok());  // rounding
  CHECK(item.verdict(1e-6).fault == AttentionFault::row_mass);
}

TEST_CASE("a map that does not sum to the mass of its rows is refused", "[kernels][guard]") {
  Item item;
  item.shares[0] = 0.45;
  CHECK(item.verdict().fault == AttentionFault::row_mass);
  CHECK_THAT(item.verdict().reason, Catch::Contains("map of layer 0"));
}

TEST_CASE("a map without any mass is refused, a single empty layer is not", "[kernels][guard]") {
  Item item;
  item.maps.assign(8, 0.0f);
  item.shares = {0, 0};
  CHECK(item.verdict().fault == AttentionFault::zero_mass);
  item.maps = {0, 0, 0, 0, 0.05f, 0.05f, 0.3f, 0.2f};
  item.shares = {0, 0.6};
  CHECK(item.verdict().ok());
}

TEST_CASE("a map that is constant in all layers is refused, in some layers is not",
          "[kernels][guard]") {
  Item item;
  item.maps = {0.1f, 0.1f, 0.1f, 0.1f, 0.2f, 0.2f, 0.2f, 0.2f};
  item.shares = {0.4, 0.8};
  CHECK(item.verdict().fault == AttentionFault::constant);
  item.maps[5] = 0.1999999f;  // within rounding of flat
  CHECK(item.verdict().fault == AttentionFault::constant);
  item.maps[5] = 0.201f;
  item.shares[1] = 0.801;
  CHECK(item.verdict().ok());
}

TEST_CASE("one image token makes a constant map, and a sound one", "[kernels][guard]") {
  Item item;
  item.maps = {0.4f, 0.6f};
  item.expected = 1;
  CHECK(item.verdict().ok());
}

TEST_CASE("the guard refuses masses of another length and a negative slack", "[kernels][guard]") {
  const Item item;
  const Maps<float> maps{item.maps.data(), 2, 4};
  const std::vector<double> one{0.4};
  CHECK_THROWS_AS(attention_guard(maps, one, 4), std::invalid_argument);
  CHECK_THROWS_AS(attention_guard(maps, item.shares, 4, -1.0), std::invalid_argument);
}
