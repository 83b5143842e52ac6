#include "pipeline/items/set_fill.hpp"

#include <catch2/catch.hpp>

using namespace vrp;

namespace {

Stratum stratum(const std::string& name, std::int64_t wanted, const std::vector<Candidate>& c) {
  return {name, wanted, c};
}

}  // namespace

TEST_CASE("filling is greedy, one question per image, within the caps", "[items][sets]") {
  // tickets 1.. in order; images shared between strata
  const Filled filled =
      fill({stratum("a", 2,
                    {{1, "cup", 0.5, 1, 0, false},
                     {2, "cup", 0.5, 2, 1, false},
                     {3, "dog", 0.5, 3, 2, false}}),
            stratum("b", 1, {{1, "cup", 1, 1, 3, false}, {4, "cat", 1, 2, 4, false}})},
           {0.02, false});
  CHECK(filled.payloads[1] == std::vector<std::size_t>{3});     // fewer candidates: filled first
  CHECK(filled.payloads[0] == std::vector<std::size_t>{1, 2});  // image 1 is used
  CHECK(filled.log.empty());
  CHECK(filled.shortages.empty());
  CHECK(interleave(filled) == std::vector<std::size_t>{1, 3, 2});
}

TEST_CASE("caps rise by steps, logged, when a stratum cannot be filled", "[items][sets]") {
  std::vector<Candidate> cups;
  for (int i = 0; i < 10; ++i) {
    cups.push_back(
        {i, "cup", 0.2, static_cast<std::uint64_t>(i), static_cast<std::size_t>(i), false});
  }
  const Filled filled = fill({stratum("3", 10, cups)}, {0.1, false});
  CHECK(filled.payloads[0].size() == 10);
  REQUIRE(filled.log.size() == 8);  // 20 % -> 30 % ... 100 %
  CHECK_THAT(filled.log[0],
             Catch::Contains("stratum '3': 2 of 10") && Catch::Contains("20 % -> 30 % (cup)"));
  CHECK_THAT(filled.log[7], Catch::Contains("100 %"));
}

TEST_CASE("a cap can hold for the whole set", "[items][sets]") {
  const auto many = [](const char* cap, int from) {
    std::vector<Candidate> out;
    for (int i = 0; i < 4; ++i) {
      const std::string name = i < 2 ? cap : "other" + std::to_string(from + i);
      out.push_back({from + i, name, 0.25, static_cast<std::uint64_t>(i),
                     static_cast<std::size_t>(from + i), false});
    }
    return out;
  };
  // share 25 % of 2 -> at least 1 per stratum; of the set of 4 -> 1
  const Filled filled =
      fill({stratum("x", 2, many("pair", 0)), stratum("y", 2, many("pair", 10))}, {0.02, true});
  CHECK(filled.payloads[0] == std::vector<std::size_t>{0, 2});
  CHECK(filled.payloads[1] == std::vector<std::size_t>{12, 13});
}

TEST_CASE("a stratum without enough candidates is reported", "[items][sets]") {
  const Filled filled =
      fill({stratum("9", 3, {{1, "cup", 1, 1, 0, false}, {2, "cup", 1, 2, 1, true}})}, {});
  CHECK(filled.payloads[0] == std::vector<std::size_t>{0});
  REQUIRE(filled.shortages.size() == 1);
  CHECK_THAT(filled.shortages[0], Catch::Contains("stratum '9': 1 of 3"));
}
