#pragma once
// What can be chosen about the statistics (methods, section 10).
#include <cstdint>
#include <string>

namespace vrp {

struct ReduceParams {
  int replicates = 10000;
  double level = 0.95;
  std::string resample = "auto";
  std::string tests = "cluster";
  std::string pooled = "pope,counting,spatial,llava_bench";
  bool pooled_classes = false;
  int ece_bins = 15;
  double equivalence = 0.1;
  int curve_points = 100;
  // How it is computed, not what.
  std::int64_t block_draws = 1000000000;

  template <class Visit>
  void fields(Visit&& visit) {
    visit("replicates", replicates, "bootstrap resamples, >= 100");
    visit("level", level, "coverage of every interval, in (0, 1)");
    visit("resample", resample,
          "auto | group | item: what the bootstrap draws; auto = images where an image has more "
          "than one item");
    visit(
        "tests", tests,
        "cluster | item: cluster = p allows for items of one image that go together, wherever the "
        "bootstrap draws images; item = every p takes items as independent");
    visit("pooled", pooled,
          "comma-separated names of the sets that form the pooled set of table T4; a benchmark "
          "belongs when the name is part of its own, one benchmark for each name");
    visit("pooled_classes", pooled_classes,
          "1: S_SC of sets whose answers are classed by likeness enters the pooled set too");
    visit("ece_bins", ece_bins, "equal-width bins of the calibration error, >= 2");
    visit("equivalence", equivalence, "|R| below this is called near zero (TOST), in (0, 1)");
    visit("curve_points", curve_points, "coverages at which risk is written for plots, >= 2");
    visit("block_draws", block_draws,
          "items x replicates that one unit resamples, >= 1; the replicates of a larger set are "
          "spread over ranks in blocks, with the same numbers");
  }
};

/// Error (usage) naming the field that is out of range.
void check(const ReduceParams& params);

}  // namespace vrp
