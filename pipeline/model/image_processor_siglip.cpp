// PaliGemma: transformers' SiglipImageProcessor (PIL backend). The ratio is not kept.
#include "kernels/resize_bicubic.hpp"
#include "pipeline/model/image_processor.hpp"

namespace vrp {

PreparedImage prepare_fixed(const RgbImage& image, const ModelSpec& spec) {
  PreparedImage out;
  out.resized.width = spec.image.width;
  out.resized.height = spec.image.height;
  out.resized.rgb =
      resize_bicubic(image.rgb, image.width, image.height, spec.image.width, spec.image.height);
  out.pixels = colour_planes(out.resized, level_table(spec.image));
  out.geometry = whole_picture(image, out.resized);
  set_cells(out.geometry, out.resized, spec.vision.patch);
  return out;
}

}  // namespace vrp
