// Which family a checkpoint is of. Its reader is in spec_llava.cpp, spec_paligemma.cpp or
// spec_qwen2_vl.cpp.
#include "pipeline/model/spec.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/fields.hpp"
#include "pipeline/model/spec_parts.hpp"

namespace vrp {

const std::vector<std::string>& supported_families() {
  static const std::vector<std::string> families{"llava", "paligemma", "qwen2_vl"};
  return families;
}

ModelSpec read_model_spec(const std::filesystem::path& checkpoint) {
  const auto path = checkpoint / "config.json";
  if (!std::filesystem::is_directory(checkpoint)) {
    fail(checkpoint.string(), ": is no folder, expected a checkpoint with config.json");
  }
  const Fields config = Fields::file(path);
  const std::string family = config.text("model_type", std::nullopt);
  if (family == "llava") return read_llava(checkpoint, config);
  if (family == "paligemma") return read_paligemma(checkpoint, config);
  if (family == "qwen2_vl") return read_qwen2_vl(checkpoint, config);
  fail(path.string(), ": model family '", excerpt(family),
       "' is not supported; supported: ", join(supported_families(), ", "));
}

void set_pixel_bounds(ModelSpec& spec, std::int64_t min_pixels, std::int64_t max_pixels) {
  if (min_pixels == 0 && max_pixels == 0) return;
  if (spec.image.method != ImageResize::smart) {
    fail_usage("min_pixels or max_pixels is set, but pictures for ", spec.family,
               " always have one size; expected 0 for both");
  }
  const std::int64_t side = std::int64_t{spec.vision.patch} * spec.vision.merge;
  const std::int64_t low = min_pixels == 0 ? spec.image.min_pixels : min_pixels;
  const std::int64_t high = max_pixels == 0 ? spec.image.max_pixels : max_pixels;
  if (low < 1) fail_usage("min_pixels is ", low, ", expected at least 1");
  if (high < side * side || high > kMaxPixels) {
    fail_usage("max_pixels is ", high, ", expected one image token of ", side, " x ", side, " = ",
               side * side, " to ", kMaxPixels);
  }
  if (low > high) fail_usage("min_pixels is ", low, ", expected at most max_pixels = ", high);
  spec.image.min_pixels = low;
  spec.image.max_pixels = high;
}

}  // namespace vrp
