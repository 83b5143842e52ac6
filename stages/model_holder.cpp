#include "stages/model_holder.hpp"

#include "pipeline/driver/worker.hpp"

namespace vrp {

const Model& ModelHolder::get(const std::string& name) {
  if (model_ && name_ == name) return *model_;
  model_.reset();
  try {
    model_ = std::make_unique<Model>(weights_->load(name));
  } catch (const Error& error) {
    throw FatalError(error.code(), error.what());
  }
  name_ = name;
  return *model_;
}

void ModelHolder::preload(const std::string& name, DeviceBroadcast& devices) {
  model_ = std::make_unique<Model>(weights_->load(name, devices));
  name_ = name;
}

}  // namespace vrp
