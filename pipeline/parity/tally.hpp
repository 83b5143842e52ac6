#pragma once
// Comparing with a tolerance: what was compared, how far apart at worst, what is too far.
#include <cstddef>
#include <map>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace vrp::golden {

/// Largest |found - expected|; NaN counts as infinitely far, and so do unequal sizes.
struct Distance {
  double absolute = 0;
  double scale = 0;  ///< largest |expected|
  std::size_t at = 0;
};
Distance distance(std::span<const float> found, std::span<const float> expected);

/// Counts comparisons and remembers the largest distance of each quantity over all cases.
class Tally {
 public:
  /// |found - expected| <= tolerance (times the largest |expected| when `relative`).
  void close(const std::string& quantity, std::span<const float> found,
             std::span<const float> expected, double tolerance, bool relative = false);
  /// found == expected.
  template <class T>
  void equal(const std::string& quantity, const T& found, const T& expected) {
    exact(quantity, found == expected);
  }
  /// One line a quantity.
  void print(std::ostream& out) const;
  /// What was too far apart or not equal, one line each.
  const std::vector<std::string>& failures() const { return failures_; }
  void set_case(const std::string& name) { case_ = name; }

 private:
  void exact(const std::string& quantity, bool same);
  struct Entry {
    int count = 0;
    double worst = 0, tolerance = 0;
  };
  std::map<std::string, Entry> entries_;
  std::vector<std::string> failures_;
  std::string case_;
};

}  // namespace vrp::golden
