#include "pipeline/model/spec_image.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/model/fields.hpp"
#include "pipeline/model/spec_parts.hpp"

namespace vrp {
namespace {

constexpr int kBicubic = 3;  // PIL.Image.Resampling.BICUBIC
constexpr std::array<double, 3> kClipMean{0.48145466, 0.4578275, 0.40821073};
constexpr std::array<double, 3> kClipStd{0.26862954, 0.26130258, 0.27577711};
constexpr std::array<double, 3> kHalf{0.5, 0.5, 0.5};

Fields optional_file(const std::filesystem::path& path) {
  return std::filesystem::exists(path) ? Fields::file(path) : Fields::empty(path);
}

/// The image processor's fields: preprocessor_config.json, or where transformers 5 saves them,
/// "image_processor" of processor_config.json.
Fields processor_fields(const std::filesystem::path& checkpoint) {
  const auto path = checkpoint / "preprocessor_config.json";
  if (!std::filesystem::exists(path)) {
    const Fields processor = optional_file(checkpoint / "processor_config.json");
    if (processor.has("image_processor")) return processor.object("image_processor");
  }
  return Fields::file(path);
}

int side(const Fields& fields, const char* field, std::optional<std::int64_t> fallback) {
  return static_cast<int>(fields.integer(field, fallback, 1, kMaxImageSide));
}

std::array<double, 3> three(const Fields& fields, const char* field,
                            const std::array<double, 3>& fallback, double low) {
  const auto values = fields.numbers(field, low, 1e6);
  if (!fields.has(field)) return fallback;
  if (values.size() != 3) fields.refuse(field, "three numbers, one per colour");
  return {values[0], values[1], values[2]};
}

/// What all processors have: the type (its name begins with one of two words), colours, filter.
ImageProcessorSpec read_colours(const Fields& fields, const std::string& type,
                                const std::string& other_type, const std::array<double, 3>& mean,
                                const std::array<double, 3>& std) {
  const std::string found = fields.text("image_processor_type", type);
  if (!found.starts_with(type) && !found.starts_with(other_type)) {
    fields.refuse("image_processor_type", type + (other_type == type ? "" : " or " + other_type));
  }
  if (fields.flag("do_pad", false)) fields.refuse("do_pad", "false (nothing else is supported)");
  ImageProcessorSpec image;
  image.normalize = fields.flag("do_normalize", true);
  image.rescale = fields.flag("do_rescale", true)
                      ? fields.number("rescale_factor", 1.0 / 255.0, 1e-9, 1e3)
                      : 1.0;
  // Left out it is true; PaliGemma's files say null, which is false.
  image.white_transparency =
      !fields.is_null("do_convert_rgb") && fields.flag("do_convert_rgb", true);
  if (fields.integer("resample", kBicubic, 0, 5) != kBicubic) {
    fields.refuse("resample", "3 (bicubic; nothing else is supported)");
  }
  image.mean = three(fields, "image_mean", mean, -1e6);
  image.std = three(fields, "image_std", std, 1e-6);
  return image;
}

void read_clip_sizes(const Fields& fields, ImageProcessorSpec& image) {
  const std::optional<std::int64_t> required, standard = 224;
  if (fields.has("size") && fields.raw("size").is_number()) {
    image.shortest_edge = side(fields, "size", required);
  } else {
    const Fields size = fields.object("size");
    image.shortest_edge = side(size, "shortest_edge", fields.has("size") ? required : standard);
    if (size.has("longest_edge")) size.refuse("longest_edge", "no such field (not supported)");
  }
  if (fields.has("crop_size") && fields.raw("crop_size").is_number()) {
    image.crop_height = image.crop_width = side(fields, "crop_size", required);
  } else {
    const Fields crop = fields.object("crop_size");
    image.crop_height = side(crop, "height", fields.has("crop_size") ? required : standard);
    image.crop_width = side(crop, "width", fields.has("crop_size") ? required : standard);
  }
}

/// The processor's expansion of <image> agrees with the tower.
void check_clip_tokens(const std::filesystem::path& checkpoint, const VisionSpec& vision) {
  const Fields processor = optional_file(checkpoint / "processor_config.json");
  if (processor.integer("patch_size", vision.patch, 1, kMaxImageSide) != vision.patch) {
    processor.refuse("patch_size", concat("the vision tower's patch_size ", vision.patch));
  }
  expect_text(processor, "vision_feature_select_strategy", "default", {"default"});
  // The oldest LLaVA folders have no processor_config.json and left the expansion of <image> to
  // the model, which gives one token a feature: the same as 1 here.
  const std::int64_t additional = processor.integer("num_additional_image_tokens", 1, 0, 1024);
  const std::int64_t cells = vision.image_size / vision.patch;
  const std::int64_t tokens = cells * cells + additional - 1;
  if (tokens != cells * cells) {
    processor.refuse(
        "num_additional_image_tokens",
        concat("1: the vision tower gives ", cells * cells, " features an image, not ", tokens));
  }
}

}  // namespace

void read_clip_processor(const std::filesystem::path& checkpoint, ModelSpec& spec) {
  const Fields fields = processor_fields(checkpoint);
  ImageProcessorSpec image =
      read_colours(fields, "CLIPImageProcessor", "LlavaImageProcessor", kClipMean, kClipStd);
  image.method = ImageResize::shortest_edge;
  image.resize = fields.flag("do_resize", true);
  expect_flag(fields, "do_center_crop", true, true);
  read_clip_sizes(fields, image);
  const int expected = spec.vision.image_size;
  if (image.crop_height != expected || image.crop_width != expected) {
    fields.refuse("crop_size", concat("the vision tower's image_size ", expected));
  }
  check_clip_tokens(checkpoint, spec.vision);
  spec.image = image;
}

void read_siglip_processor(const std::filesystem::path& checkpoint, ModelSpec& spec) {
  const Fields fields = processor_fields(checkpoint);
  ImageProcessorSpec image =
      read_colours(fields, "SiglipImageProcessor", "SiglipImageProcessor", kHalf, kHalf);
  image.method = ImageResize::fixed;
  image.center_crop = false;
  expect_flag(fields, "do_resize", true, true);
  const Fields size = fields.object("size");
  const auto fallback = fields.has("size") ? std::nullopt : std::optional<std::int64_t>(224);
  image.height = side(size, "height", fallback);
  image.width = side(size, "width", fallback);
  const int expected = spec.vision.image_size;
  if (image.height != expected || image.width != expected) {
    fields.refuse("size", concat("the vision tower's image_size ", expected));
  }
  const std::int64_t cells = expected / spec.vision.patch;
  if (fields.integer("image_seq_length", cells * cells, 1, kMaxPositions) != cells * cells) {
    fields.refuse("image_seq_length",
                  concat(cells * cells, ", the features that the vision tower gives an image"));
  }
  spec.image = image;
}

void read_smart_processor(const std::filesystem::path& checkpoint, ModelSpec& spec) {
  const Fields fields = processor_fields(checkpoint);
  ImageProcessorSpec image =
      read_colours(fields, "Qwen2VLImageProcessor", "Qwen2VLImageProcessor", kClipMean, kClipStd);
  image.method = ImageResize::smart;
  image.center_crop = false;
  expect_flag(fields, "do_resize", true, true);
  const auto same = [&](const char* field, int standard, int of_tower, const char* name) {
    if (fields.integer(field, standard, 1, kMaxImageSide) != of_tower) {
      fields.refuse(field, concat("the vision tower's ", name, " ", of_tower));
    }
  };
  same("patch_size", 14, spec.vision.patch, "patch_size");
  same("temporal_patch_size", 2, spec.vision.frames, "temporal_patch_size");
  same("merge_size", 2, spec.vision.merge, "spatial_merge_size");

  // min_pixels and max_pixels come first, then size, then the library's defaults.
  const Fields size = fields.object("size");
  const auto bound = [&](const char* name, const char* of_size, std::int64_t standard) {
    if (fields.has(name)) return fields.integer(name, std::nullopt, 1, kMaxPixels);
    const auto fallback = fields.has("size") ? std::nullopt : std::optional<std::int64_t>(standard);
    return size.integer(of_size, fallback, 1, kMaxPixels);
  };
  image.min_pixels = bound("min_pixels", "shortest_edge", 56 * 56);
  image.max_pixels = bound("max_pixels", "longest_edge", 28 * 28 * 1280);
  const std::int64_t token = std::int64_t{spec.vision.patch} * spec.vision.merge;
  const bool top = fields.has("max_pixels");
  if (image.max_pixels < std::max(image.min_pixels, token * token)) {
    (top ? fields : size)
        .refuse(top ? "max_pixels" : "longest_edge",
                concat("at least the lower bound ", image.min_pixels, " and one image token of ",
                       token, " x ", token, " pixels"));
  }
  spec.image = image;
}

}  // namespace vrp
