#include "stages/model_fronts.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"

namespace vrp {

std::shared_ptr<const ModelFront> ModelFronts::get(const std::string& model) {
  const std::lock_guard lock(mutex_);
  auto& front = fronts_[model];
  if (front != nullptr) return front;
  const auto named = std::ranges::find(sweep_.models, model, &NamedModel::name);
  const ModelConfig& config = named->config;
  try {
    ModelSpec spec = read_model_spec(config.checkpoint);
    if (config.min_pixels != 0 || config.max_pixels != 0) {
      set_pixel_bounds(spec, config.min_pixels, config.max_pixels);
    }
    front = std::make_shared<ModelFront>(std::move(spec), Tokenizer::load(config.checkpoint));
  } catch (const Error&) {
    return nullptr;
  }
  return front;
}

}  // namespace vrp
