#include "pipeline/parity/tally.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pipeline/base/error.hpp"

namespace vrp::golden {

Distance distance(std::span<const float> found, std::span<const float> expected) {
  Distance d;
  for (const float value : expected) d.scale = std::max(d.scale, std::abs(double{value}));
  if (found.size() != expected.size() || expected.empty()) {
    d.absolute = std::numeric_limits<double>::infinity();
    return d;
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double difference = std::abs(double{found[i]} - double{expected[i]});
    if (!(difference <= d.absolute)) {
      d.absolute = std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
      d.at = i;
    }
  }
  return d;
}

void Tally::close(const std::string& quantity, std::span<const float> found,
                  std::span<const float> expected, double tolerance, bool relative) {
  const Distance d = distance(found, expected);
  const double value = relative ? d.absolute / d.scale : d.absolute;
  if (!(value <= tolerance)) {
    failures_.push_back(concat(case_, quantity, ": ", value, " apart (", found.size(), " and ",
                               expected.size(), " values, worst at ", d.at, "), expected at most ",
                               tolerance));
  }
  Entry& entry = entries_[quantity];
  ++entry.count;
  entry.worst = std::max(entry.worst, value);
  entry.tolerance = tolerance;
}

void Tally::exact(const std::string& quantity, bool same) {
  if (!same) failures_.push_back(concat(case_, quantity, ": not equal"));
  Entry& entry = entries_[quantity];
  ++entry.count;
  if (!same) entry.worst = std::numeric_limits<double>::infinity();
}

void Tally::print(std::ostream& out) const {
  for (const auto& [name, entry] : entries_) {
    out << "  " << name << ": " << entry.count << " compared, worst " << entry.worst << ", allowed "
        << entry.tolerance << "\n";
  }
}

}  // namespace vrp::golden
