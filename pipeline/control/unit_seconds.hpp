#pragma once
// How long the items of a stage take, from what finished units took (the journal) or from a
// calibration; and how long what is missing will take at that rate.
#include <map>
#include <string>
#include <vector>

#include "pipeline/driver/journal.hpp"
#include "pipeline/driver/manifest.hpp"

namespace vrp {

/// Mean seconds of one rank for one item of a stage on a model.
class UnitSeconds {
 public:
  /// Adds what units of `items` items together took.
  void add(const std::string& model, const std::string& stage, double items, double seconds);

  /// What a unit took apart from its items, for stages whose cost follows them only in part.
  void add_fixed(const std::string& model, const std::string& stage, double seconds);

  /// A unit of so many items, of this model; else the mean over the models that are known; negative
  /// when none is.
  double expected(const std::string& model, const std::string& stage, double items) const;
  bool known(const std::string& stage) const;
  bool empty() const { return of_.empty(); }

 private:
  struct Sum {
    double items = 0, seconds = 0, fixed = 0;
    double expected(double n) const { return fixed + (items > 0 ? seconds / items * n : 0); }
  };
  std::map<std::string, std::map<std::string, Sum>> of_;  ///< by stage, then model
};

/// From the entries that know their seconds.
UnitSeconds seconds_of(const Journal& journal, const std::vector<WorkEntry>& work);

}  // namespace vrp
