#pragma once
// Statistics as cells of tables for people, with the reason where there is no number.
#include <string>

#include "stages/reduce/people.hpp"
#include "stages/reduce/tables.hpp"

namespace vrp {

/// Every function below gives "-" for a statistic that was not computed, and "n/a (a)" with its
/// reason for one that is not defined.
class StatCells {
 public:
  explicit StatCells(People& people) : people_(&people) {}

  /// R with a sign, shares in %, all others with three decimals. A constant signal is marked.
  std::string value(const Found& found) const;
  /// "[low, high]", in % for shares. Marked where more than 1 % of the resamples gave no value.
  std::string limits(const Found& found) const;
  std::string p(const Found& found) const;         ///< "-" also where nothing is tested
  std::string adjusted(const Found& found) const;  ///< "-" also where nothing is tested

 private:
  People* people_;
};

/// True for statistics that people read in %: accuracies, precisions, coverages, shares.
bool is_share(std::string_view statistic);

}  // namespace vrp
