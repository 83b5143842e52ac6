#include "pipeline/model/spec_image.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/model/fields.hpp"

namespace vrp {
namespace {

constexpr std::int64_t kMaxSide = 1 << 14;
constexpr int kBicubic = 3;  // PIL.Image.Resampling.BICUBIC
constexpr std::array<double, 3> kClipMean{0.48145466, 0.4578275, 0.40821073};
constexpr std::array<double, 3> kClipStd{0.26862954, 0.26130258, 0.27577711};

int side(const Fields& fields, const char* field, std::optional<std::int64_t> fallback) {
  return static_cast<int>(fields.integer(field, fallback, 1, kMaxSide));
}

std::array<double, 3> three(const Fields& fields, const char* field,
                            const std::array<double, 3>& fallback, double low) {
  const auto values = fields.numbers(field, low, 1e6);
  if (!fields.has(field)) return fallback;
  if (values.size() != 3) fields.refuse(field, "three numbers, one per colour");
  return {values[0], values[1], values[2]};
}

ImageProcessorSpec read_fields(const Fields& fields, const VisionSpec& vision) {
  const std::string type = fields.text("image_processor_type", "CLIPImageProcessor");
  if (!type.starts_with("CLIPImageProcessor") && !type.starts_with("LlavaImageProcessor")) {
    fields.refuse("image_processor_type", "CLIPImageProcessor or LlavaImageProcessor");
  }
  if (fields.flag("do_pad", false)) fields.refuse("do_pad", "false (nothing else is supported)");
  ImageProcessorSpec image;
  image.resize = fields.flag("do_resize", true);
  image.center_crop = fields.flag("do_center_crop", true);
  image.normalize = fields.flag("do_normalize", true);
  image.rescale = fields.flag("do_rescale", true)
                      ? fields.number("rescale_factor", 1.0 / 255.0, 1e-9, 1e3)
                      : 1.0;
  if (fields.has("size") && fields.raw("size").is_number()) {
    image.shortest_edge = side(fields, "size", std::nullopt);
  } else {
    const Fields size = fields.object("size");
    const bool given = fields.has("size");
    image.shortest_edge =
        side(size, "shortest_edge", given ? std::nullopt : std::optional<std::int64_t>(224));
    if (size.has("longest_edge")) size.refuse("longest_edge", "no such field (not supported)");
  }
  if (fields.has("crop_size") && fields.raw("crop_size").is_number()) {
    image.crop_height = image.crop_width = side(fields, "crop_size", std::nullopt);
  } else {
    const Fields crop = fields.object("crop_size");
    const auto fallback = fields.has("crop_size") ? std::nullopt : std::optional<std::int64_t>(224);
    image.crop_height = side(crop, "height", fallback);
    image.crop_width = side(crop, "width", fallback);
  }
  if (fields.integer("resample", kBicubic, 0, 5) != kBicubic) {
    fields.refuse("resample", "3 (bicubic; nothing else is supported)");
  }
  image.mean = three(fields, "image_mean", kClipMean, -1e6);
  image.std = three(fields, "image_std", kClipStd, 1e-6);
  if (!image.center_crop) fields.refuse("do_center_crop", "true (nothing else is supported)");
  if (image.crop_height != vision.image_size || image.crop_width != vision.image_size) {
    fields.refuse("crop_size", concat("the vision tower's image_size ", vision.image_size));
  }
  return image;
}

}  // namespace

void read_image_processor(const std::filesystem::path& checkpoint, ModelSpec& spec) {
  const auto processor_path = checkpoint / "processor_config.json";
  const bool has_processor = std::filesystem::exists(processor_path);
  const Fields processor =
      has_processor ? Fields::file(processor_path) : Fields::empty(processor_path);

  // transformers 5 saves the image processor inside processor_config.json.
  const auto image_path = checkpoint / "preprocessor_config.json";
  const bool nested = !std::filesystem::exists(image_path) && processor.has("image_processor");
  spec.image = read_fields(nested ? processor.object("image_processor") : Fields::file(image_path),
                           spec.vision);

  // The oldest LLaVA folders have no processor_config.json and left the expansion of <image> to
  // the model, which gives one token a feature: the same as 1 here.
  spec.additional_image_tokens =
      static_cast<int>(processor.integer("num_additional_image_tokens", 1, 0, 1024));
  if (processor.integer("patch_size", spec.vision.patch, 1, kMaxSide) != spec.vision.patch) {
    processor.refuse("patch_size", concat("the vision tower's patch_size ", spec.vision.patch));
  }
  if (processor.text("vision_feature_select_strategy", "default") != "default") {
    processor.refuse("vision_feature_select_strategy", "default");
  }
  const int cells = spec.vision.image_size / spec.vision.patch;
  if (spec.image_tokens() != cells * cells) {
    processor.refuse("num_additional_image_tokens",
                     concat("1: the vision tower gives ", cells * cells, " features an image, not ",
                            spec.image_tokens()));
  }
}

}  // namespace vrp
