#include <catch2/catch.hpp>

#include "pipeline/base/rng.hpp"
#include "pipeline/stats/calibration.hpp"
#include "pipeline/stats/risk_coverage.hpp"
#include "stages/reduce/weighted.hpp"

using namespace vrp;

namespace {

struct Sample {
  std::vector<double> x;
  std::vector<std::int8_t> y;
};

Sample draw(std::size_t n, int levels) {
  const Rng rng(3, "weighted");
  Sample out;
  for (std::size_t i = 0; i < n; ++i) {
    out.x.push_back(static_cast<double>(rng.below(static_cast<std::uint64_t>(levels), i)) / levels);
    out.y.push_back(rng.uniform(i, 1) < 0.6 ? 1 : 0);
  }
  return out;
}

}  // namespace

TEST_CASE("weight w of a row equals w copies of it", "[reduce][weighted]") {
  for (const int levels : {3, 1000}) {
    const Sample sample = draw(50, levels);
    const Rng rng(4, "weights");
    std::vector<std::uint32_t> weights;
    Sample copies;
    for (std::size_t i = 0; i < sample.x.size(); ++i) {
      weights.push_back(static_cast<std::uint32_t>(rng.below(4, i)));
      for (std::uint32_t k = 0; k < weights.back(); ++k) {
        copies.x.push_back(sample.x[i]);
        copies.y.push_back(sample.y[i]);
      }
    }
    const WeightedAurc aurc(sample.x, sample.y, 200);
    CHECK(aurc(weights) == Approx(*stats::risk_coverage(copies.x, copies.y).aurc).epsilon(1e-12));
    const stats::Calibration want = stats::calibration(copies.x, copies.y, 15);
    CHECK(WeightedEce(sample.x, sample.y, 15)(weights) == Approx(*want.ece.value).epsilon(1e-12));
    CHECK(WeightedBrier(sample.x, sample.y)(weights) == Approx(*want.brier.value).epsilon(1e-12));
  }
}

TEST_CASE("no weight at all leaves a weighted statistic undefined", "[reduce][weighted]") {
  const Sample sample = draw(5, 3);
  const std::vector<std::uint32_t> none(5, 0);
  CHECK(std::isnan(WeightedAurc(sample.x, sample.y, 5)(none)));
  CHECK(std::isnan(WeightedEce(sample.x, sample.y, 15)(none)));
  CHECK(std::isnan(WeightedBrier(sample.x, sample.y)(none)));
}
