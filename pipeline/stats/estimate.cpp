#include "pipeline/stats/estimate.hpp"

#include <array>
#include <utility>

#include "pipeline/base/text.hpp"

namespace vrp::stats {
namespace {

struct FlagText {
  Flag flag;
  const char* name;
  const char* reason;
};
constexpr std::array<FlagText, 11> kFlagTexts = {{
    {Flag::empty, "empty", "no row to use"},
    {Flag::single_class, "single_class", "one class only"},
    {Flag::constant, "constant", "the signal is constant"},
    {Flag::too_few, "too_few", "too few rows"},
    {Flag::zero_variance, "zero_variance", "variance is 0"},
    {Flag::no_pairs, "no_pairs", "no correct/incorrect pair of one type"},
    {Flag::skipped_replicates, "skipped_replicates", "over 1 % of the replicates are undefined"},
    {Flag::percentile_fallback, "percentile_fallback", "BCa is undefined, percentile given"},
    {Flag::out_of_range, "out_of_range", "a value is out of range"},
    {Flag::not_given, "not_given", "the column it needs was not given"},
    {Flag::skipped_strata, "skipped_strata", "strata without a value were left out"},
}};

}  // namespace

std::vector<std::string> flag_names(Flags flags) {
  std::vector<std::string> names;
  for (const FlagText& text : kFlagTexts) {
    if (flags.has(text.flag)) names.emplace_back(text.name);
  }
  return names;
}

std::string flag_reason(Flags flags) {
  std::vector<std::string> reasons;
  for (const FlagText& text : kFlagTexts) {
    if (flags.has(text.flag)) reasons.emplace_back(text.reason);
  }
  return join(reasons, "; ");
}

}  // namespace vrp::stats
