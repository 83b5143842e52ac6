#pragma once
// What items are prepared with, by model, for a thread that has no weights.
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "pipeline/config/sweep.hpp"
#include "stages/capture/prepare_ahead.hpp"

namespace vrp {

class ModelFronts {
 public:
  /// `sweep` must outlive it.
  explicit ModelFronts(const Sweep& sweep) : sweep_(sweep) {}
  /// Of the model of this name, with the picture sizes that its configuration allows; read when
  /// first asked for. Null where it cannot be read: whoever loads the model is told why.
  /// Thread-safe.
  std::shared_ptr<const ModelFront> get(const std::string& model);

 private:
  const Sweep& sweep_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const ModelFront>> fronts_;
};

}  // namespace vrp
