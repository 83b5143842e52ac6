#pragma once
// Pictures: decoding as the reference does (Pillow's convert("RGB")), and what a model's processor
// makes of them.
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/model/spec.hpp"

namespace vrp {

/// 8-bit RGB, rows top to bottom, three bytes a pixel.
struct RgbImage {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  ///< [height, width, 3]
  /// The one colour that a PNG's tRNS chunk calls transparent. Pillow's convert("RGB") keeps it
  /// beside the pixels, and the reference's processors then paint pixels of that colour white.
  std::optional<std::array<std::uint8_t, 3>> transparent;
};

/// Decodes JPEG or PNG bytes to RGB exactly as Pillow's Image.open(f).convert("RGB"): no EXIF
/// rotation, alpha dropped, palette looked up, Adobe-inverted CMYK, 16-bit grey clipped to 255,
/// 1-bit to 0/255; libjpeg-turbo defaults. Error (bad_input, naming `where`) for anything that is
/// no image, truncated, of zero size, or over `max_pixels`.
RgbImage decode_image(std::span<const std::uint8_t> bytes, const std::string& where,
                      std::int64_t max_pixels = 178'956'970);
RgbImage read_image(const std::filesystem::path& path);

/// How image pixels map to the model's input: input = source * scale - offset, per axis; the input
/// is width x height and is cut into rows x cols cells (one image token each, row-major). Pixels of
/// the input that fill no cell are not counted in width and height.
struct Geometry {
  int source_width = 0, source_height = 0;
  double scale_x = 1, scale_y = 1;
  double offset_x = 0, offset_y = 0;
  int width = 0, height = 0;
  int rows = 0, cols = 0;
};

/// What the image processor hands to the vision tower.
struct PreparedImage {
  RgbImage resized;  ///< after resize and crop, before normalisation (bit-exact contract)
  /// Normalised: [3, resized.height, resized.width]; for ImageResize::smart flat patches, [rows *
  /// cols * merge * merge, 3 * frames * patch * patch], the patches of a cell one after the other.
  std::vector<float> pixels;
  Geometry geometry;
};

/// The family's image processor: antialiased bicubic resize on bytes as spec.image.method says,
/// then scaled and normalised in float32. Pure and thread-safe. Error (bad_input) for an image that
/// the processor cannot take, such as one too thin.
PreparedImage prepare_image(const RgbImage& image, const ModelSpec& spec);

/// The prepared picture with the pixels of some cells of its grid grey 128 before normalisation: a
/// cell is the square of the model's input that one image token stands for (cell r, c of the grid
/// is r * cols + c). Error (usage) for a cell outside of the grid; Error (bad_input) when `image`
/// is not one that prepare_image made for this model.
PreparedImage mask_cells(const PreparedImage& image, const ModelSpec& spec,
                         std::span<const std::int64_t> cells);

}  // namespace vrp
