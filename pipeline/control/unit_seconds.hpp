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

  /// Of this model; else the mean over the models that are known; negative when none is.
  double per_item(const std::string& model, const std::string& stage) const;
  bool known(const std::string& stage) const;
  bool empty() const { return of_.empty(); }

 private:
  struct Sum {
    double items = 0, seconds = 0;
  };
  std::map<std::string, std::map<std::string, Sum>> of_;  ///< by stage, then model
};

/// From the entries that know their seconds.
UnitSeconds seconds_of(const Journal& journal, const std::vector<WorkEntry>& work);

}  // namespace vrp
