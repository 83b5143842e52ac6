#pragma once
// How long a simulated unit takes: a mean for its kind of stage, spread as measured or as a
// lognormal distribution. The same unit takes the same time on any rank and in any order.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pipeline/driver/plan.hpp"

namespace vrp::scale {

/// A number in (0, 1) that depends on the keys alone.
double uniform(std::uint64_t seed, std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0);

struct SecondsParams {
  double unit = 10;      ///< mean of a unit of items with a model
  double metrics = 0.2;  ///< mean of a unit of items without one
  double whole = 60;     ///< mean of a unit of a whole cell
  double sigma = 0.3;    ///< of the logarithm, where nothing was measured
  std::uint64_t seed = 1;
};

class UnitSeconds {
 public:
  /// `times`: a journal of a run (units.journal), of which the spread within each stage and cell is
  /// taken, or lines "STAGE q0 q1 ... qn" of quantiles at equal distances, in any unit; # starts a
  /// comment. Empty = lognormal everywhere. Error when it cannot be read.
  UnitSeconds(const Plan& plan, SecondsParams params, const std::filesystem::path& times = {});

  double operator()(std::size_t unit) const;

  /// The measured spreads as such lines, each of mean 1.
  std::string lines(int quantiles) const;

 private:
  void read_quantiles(const std::filesystem::path& file);
  void read_spread(const std::filesystem::path& journal);

  const Plan& plan_;
  SecondsParams params_;
  std::map<std::string, std::vector<double>> spread_;  ///< by stage: ascending, of mean 1
  std::vector<const std::vector<double>*> of_stage_;   ///< nullptr = lognormal
};

}  // namespace vrp::scale
