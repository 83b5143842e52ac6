#pragma once
// Shared by the golden tests of the forward pass: comparing with a tolerance, recording what an
// observer sees, and ablating as the reference's hooks do.
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/model/model.hpp"

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
  /// CHECKs |found - expected| <= tolerance (times the largest |expected| when `relative`).
  void close(const std::string& quantity, std::span<const float> found,
             std::span<const float> expected, double tolerance, bool relative = false);
  /// CHECKs equality.
  template <class T>
  void equal(const std::string& quantity, const T& found, const T& expected) {
    exact(quantity, found == expected);
  }
  void print() const;

 private:
  void exact(const std::string& quantity, bool same);
  struct Entry {
    int count = 0;
    double worst = 0, tolerance = 0;
  };
  std::map<std::string, Entry> entries_;
};

/// Keeps every view it asked for, by (site, layer, step); pieces of a prompt are joined in order.
class Recorder : public Observer {
 public:
  explicit Recorder(std::vector<SiteRequest> wanted) : wanted_(std::move(wanted)) {}
  std::vector<SiteRequest> requests() const override { return wanted_; }
  void at(const SiteView& view) override;
  const std::vector<float>& get(Site site, int layer, int step = 0) const;
  bool has(Site site, int layer, int step = 0) const;
  int steps(Site site, int layer) const;  ///< 1 + the last step seen

 private:
  std::vector<SiteRequest> wanted_;
  std::map<std::tuple<Site, int, int>, std::vector<float>> seen_;
};

/// {"kind": mlp_neurons | residual | mlp_bypass | image_tokens, "layer", "idx", "value"}: columns
/// (or image rows) := value, at all positions and steps. Error for another kind.
class Ablation : public Observer {
 public:
  explicit Ablation(const Json& spec);
  std::vector<SiteRequest> requests() const override { return {request_}; }
  void at(const SiteView& view) override;

 private:
  SiteRequest request_;
  std::string kind_;
  std::vector<std::int64_t> idx_;
  float value_ = 0;
};

}  // namespace vrp::golden
