#pragma once
// The one model that a rank's compute thread holds.
#include <memory>
#include <string>

#include "stages/job_weights.hpp"

namespace vrp {

class ModelHolder {
 public:
  /// Before the first get: where models come from.
  void use(std::shared_ptr<JobWeights> weights) { weights_ = std::move(weights); }

  /// The model of this name; another one that was held is let go first. FatalError: it cannot be
  /// loaded, here or elsewhere.
  const Model& get(const std::string& name);
  /// Where the tensors of a model lie in its files, as this rank sees them.
  std::string layout(const std::string& name) const { return weights_->layout(name); }
  /// Collective, on all ranks alike, before the job works: over the job's GPUs. Error as
  /// Model::load, or that of the devices.
  void preload(const std::string& name, DeviceBroadcast& devices);

 private:
  std::shared_ptr<JobWeights> weights_;
  std::string name_;
  std::unique_ptr<Model> model_;
};

}  // namespace vrp
