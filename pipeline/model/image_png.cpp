// PNG through libpng. No gamma, no background, no scaling: bits as Pillow's convert("RGB").
#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/model/image_formats.hpp"

namespace vrp {
namespace {

/// One PNG being read. libpng reports errors by a call that must not return: it jumps back into the
/// step that called the library. Steps therefore hold no C++ objects.
struct PngReader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::span<const std::uint8_t> bytes;
  std::size_t position = 0;
  char message[200] = "no memory";

  explicit PngReader(std::span<const std::uint8_t> data) : bytes(data) {}
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
};

[[noreturn]] void on_error(png_structp png, png_const_charp text) {
  auto* reader = static_cast<PngReader*>(png_get_error_ptr(png));
  std::strncpy(reader->message, text, sizeof reader->message - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void read_some(png_structp png, png_bytep into, std::size_t count) {
  auto* reader = static_cast<PngReader*>(png_get_io_ptr(png));
  if (count > reader->bytes.size() - reader->position) png_error(png, "the file ends too early");
  std::memcpy(into, reader->bytes.data() + reader->position, count);
  reader->position += count;
}

bool read_header(PngReader& reader) {
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_error, on_warning);
  if (reader.png == nullptr) return false;
  reader.info = png_create_info_struct(reader.png);
  if (reader.info == nullptr) return false;
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  // A damaged chunk that libpng would skip (tRNS, say) makes the file damaged, as in Pillow.
  png_set_crc_action(reader.png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_user_limits(reader.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_read_fn(reader.png, &reader, read_some);
  png_read_info(reader.png, reader.info);
  return true;
}

/// Asks for one byte a grey value or palette index and three a colour; 16-bit grey stays as it is.
/// 16-bit colours keep their high byte, alpha is dropped, 1-, 2- and 4-bit grey is spread to
/// 0..255.
bool choose_layout(PngReader& reader) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  const int depth = png_get_bit_depth(reader.png, reader.info);
  const int colour = png_get_color_type(reader.png, reader.info);
  if (colour == PNG_COLOR_TYPE_PALETTE) {
    png_set_packing(reader.png);
  } else if (colour == PNG_COLOR_TYPE_GRAY) {
    if (depth < 8) png_set_expand_gray_1_2_4_to_8(reader.png);
  } else {
    if (depth == 16) png_set_strip_16(reader.png);
    if ((colour & PNG_COLOR_MASK_ALPHA) != 0) png_set_strip_alpha(reader.png);
  }
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  return true;
}

bool read_pixels(PngReader& reader, png_bytepp rows) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_read_image(reader.png, rows);
  return true;
}

/// The palette with 256 entries; those that the file leaves out are black.
std::array<std::uint8_t, 768> palette_of(const PngReader& reader) {
  std::array<std::uint8_t, 768> table{};
  png_colorp colours = nullptr;
  int count = 0;
  png_get_PLTE(reader.png, reader.info, &colours, &count);
  for (int i = 0; i < std::min(count, 256); ++i) {
    const auto at = static_cast<std::size_t>(i) * 3;
    table[at] = colours[i].red;
    table[at + 1] = colours[i].green;
    table[at + 2] = colours[i].blue;
  }
  return table;
}

/// What Pillow's convert("RGB") leaves as the transparent colour, and as which colour transformers
/// then looks for it: numbers as stored in the file, their low byte, whatever the bit depth; of
/// 1-bit and 16-bit grey the red channel only. A palette counts when exactly one entry is
/// transparent and the others are opaque.
std::optional<std::array<std::uint8_t, 3>> transparent_colour(
    const PngReader& reader, const std::array<std::uint8_t, 768>& palette) {
  png_bytep alpha = nullptr;
  int count = 0;
  png_color_16p colour = nullptr;
  if (png_get_tRNS(reader.png, reader.info, &alpha, &count, &colour) == 0) return std::nullopt;
  const auto low = [](int value) { return static_cast<std::uint8_t>(value & 0xFF); };
  const int depth = png_get_bit_depth(reader.png, reader.info);
  switch (png_get_color_type(reader.png, reader.info)) {
    case PNG_COLOR_TYPE_PALETTE: {
      if (alpha == nullptr || std::count(alpha, alpha + count, 0) != 1 ||
          std::count(alpha, alpha + count, 255) != count - 1) {
        return std::nullopt;
      }
      const auto entry = static_cast<std::size_t>(std::find(alpha, alpha + count, 0) - alpha) * 3;
      return std::array{palette[entry], palette[entry + 1], palette[entry + 2]};
    }
    case PNG_COLOR_TYPE_RGB:
      return std::array{low(colour->red), low(colour->green), low(colour->blue)};
    case PNG_COLOR_TYPE_GRAY: {
      if (depth == 1) return std::array{low(colour->gray != 0 ? 255 : 0), low(0), low(0)};
      if (depth == 16) return std::array{low(colour->gray), low(0), low(0)};
      const std::uint8_t grey = low(std::min<int>(colour->gray, 255));
      return std::array{grey, grey, grey};
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

RgbImage decode_png(std::span<const std::uint8_t> bytes, const std::string& where,
                    std::int64_t max_pixels) {
  PngReader reader(bytes);
  if (!read_header(reader)) fail(where, ": damaged PNG: ", reader.message);
  RgbImage image = blank_image(png_get_image_width(reader.png, reader.info),
                               png_get_image_height(reader.png, reader.info), where, max_pixels);
  const auto palette = palette_of(reader);
  image.transparent = transparent_colour(reader, palette);
  if (!choose_layout(reader)) fail(where, ": damaged PNG: ", reader.message);

  const auto height = static_cast<std::size_t>(image.height);
  const std::size_t pixels = image.rgb.size() / 3;
  const std::size_t row_bytes = png_get_rowbytes(reader.png, reader.info);
  const std::size_t pixel_bytes = row_bytes / static_cast<std::size_t>(image.width);
  std::vector<std::uint8_t> other(pixel_bytes == 3 ? 0 : row_bytes * height);
  std::uint8_t* target = pixel_bytes == 3 ? image.rgb.data() : other.data();
  std::vector<png_bytep> rows(height);
  for (std::size_t y = 0; y < height; ++y) rows[y] = target + y * row_bytes;
  if (!read_pixels(reader, rows.data())) {
    fail(where, ": damaged or truncated PNG: ", reader.message);
  }
  if (png_get_color_type(reader.png, reader.info) == PNG_COLOR_TYPE_PALETTE) {
    for (std::size_t i = 0; i < pixels; ++i) {
      std::copy_n(palette.begin() + other[i] * 3, 3, image.rgb.begin() + static_cast<long>(3 * i));
    }
  } else if (pixel_bytes == 2) {  // 16-bit grey, most significant byte first: clipped, not scaled
    for (std::size_t i = 0; i < image.rgb.size(); ++i) {
      const std::size_t at = i / 3 * 2;
      image.rgb[i] = other[at] == 0 ? other[at + 1] : 255;
    }
  } else if (pixel_bytes == 1) {
    for (std::size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = other[i / 3];
  }
  return image;
}

}  // namespace vrp
