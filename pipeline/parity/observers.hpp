#pragma once
// What a comparison looks at and changes in a forward pass.
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/model/model.hpp"

namespace vrp::golden {

/// What the final norm multiplies by, read from the checkpoint by the test itself: [hidden].
std::vector<float> final_norm(const std::filesystem::path& checkpoint, const ModelSpec& spec);
/// weight * x / sqrt(mean(x^2) + eps), in fp64.
std::vector<float> normed(std::span<const float> x, const std::vector<float>& weight, double eps);

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
