// JPEG through libjpeg-turbo with its defaults (islow, fancy upsampling), as Pillow decodes it.
#include <cstddef>
#include <cstdio>
// jpeglib.h needs the two above.
#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/model/image_formats.hpp"

namespace vrp {
namespace {

/// One decompression. libjpeg reports errors by calling `error_exit`, which must not return: it
/// jumps back into the step that called the library. Steps therefore hold no C++ objects.
struct JpegReader {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_source_mgr source{};
  std::jmp_buf back{};
  char message[JMSG_LENGTH_MAX] = "";

  explicit JpegReader(std::span<const std::uint8_t> bytes);
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&info); }
};

[[noreturn]] void on_error(j_common_ptr info) {
  auto* reader = static_cast<JpegReader*>(info->client_data);
  info->err->format_message(info, reader->message);
  std::longjmp(reader->back, 1);
}

/// Warnings are let pass as Pillow does, but for missing data: Pillow calls that file truncated.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  ++info->err->num_warnings;
  if (info->err->msg_code == JWRN_HIT_MARKER || info->err->msg_code == JWRN_JPEG_EOF) {
    on_error(info);
  }
}

void nothing(j_decompress_ptr) {}

boolean at_end(j_decompress_ptr info) {
  info->err->msg_code = JERR_INPUT_EOF;  // "Premature end of input file"
  on_error(reinterpret_cast<j_common_ptr>(info));
}

void skip(j_decompress_ptr info, long count) {
  if (count <= 0) return;
  if (static_cast<std::size_t>(count) > info->src->bytes_in_buffer) at_end(info);
  info->src->next_input_byte += count;
  info->src->bytes_in_buffer -= static_cast<std::size_t>(count);
}

JpegReader::JpegReader(std::span<const std::uint8_t> bytes) {
  info.err = jpeg_std_error(&errors);
  errors.error_exit = on_error;
  errors.emit_message = on_message;
  info.client_data = this;
  source.next_input_byte = bytes.data();
  source.bytes_in_buffer = bytes.size();
  source.init_source = nothing;
  source.fill_input_buffer = at_end;
  source.skip_input_data = skip;
  source.resync_to_restart = jpeg_resync_to_restart;
  source.term_source = nothing;
}

bool read_header(JpegReader& reader) {
  if (setjmp(reader.back) != 0) return false;
  jpeg_create_decompress(&reader.info);
  reader.info.client_data = &reader;
  reader.info.src = &reader.source;
  jpeg_read_header(&reader.info, TRUE);
  return true;
}

/// Decodes all rows to `pixels` [height, width, components of the output].
bool read_pixels(JpegReader& reader, std::uint8_t* pixels, std::size_t row_bytes) {
  if (setjmp(reader.back) != 0) return false;
  jpeg_start_decompress(&reader.info);
  while (reader.info.output_scanline < reader.info.output_height) {
    JSAMPROW row = pixels + row_bytes * reader.info.output_scanline;
    jpeg_read_scanlines(&reader.info, &row, 1);
  }
  jpeg_finish_decompress(&reader.info);
  return true;
}

/// round(a * b / 255) as Pillow computes it.
int multiply_255(int a, int b) {
  const int product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

/// Pillow reads CMYK files as Adobe writes them, inverted, and mixes without a colour profile:
/// with stored bytes c, m, y, k it is R = clip(k - (255 - c) * k / 255).
void cmyk_to_rgb(std::span<const std::uint8_t> cmyk, std::span<std::uint8_t> rgb) {
  for (std::size_t pixel = 0; pixel < rgb.size() / 3; ++pixel) {
    const int key = cmyk[4 * pixel + 3];
    for (std::size_t colour = 0; colour < 3; ++colour) {
      const int value = key - multiply_255(255 - cmyk[4 * pixel + colour], key);
      rgb[3 * pixel + colour] = static_cast<std::uint8_t>(value < 0 ? 0 : value);
    }
  }
}

}  // namespace

RgbImage decode_jpeg(std::span<const std::uint8_t> bytes, const std::string& where,
                     std::int64_t max_pixels) {
  JpegReader reader(bytes);
  if (!read_header(reader)) fail(where, ": damaged JPEG: ", reader.message);
  RgbImage image =
      blank_image(reader.info.image_width, reader.info.image_height, where, max_pixels);
  const auto pixels =
      static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
  const int components = reader.info.num_components;
  switch (components) {
    case 1:
      reader.info.out_color_space = JCS_GRAYSCALE;
      break;
    case 3:
      reader.info.out_color_space = JCS_RGB;
      break;
    case 4:
      reader.info.out_color_space = JCS_CMYK;
      break;
    default:
      fail(where, ": JPEG of ", components, " components, expected 1, 3 or 4");
  }
  std::vector<std::uint8_t> other(components == 3 ? 0
                                                  : pixels * static_cast<std::size_t>(components));
  std::uint8_t* target = components == 3 ? image.rgb.data() : other.data();
  if (!read_pixels(reader, target, static_cast<std::size_t>(image.width * components))) {
    fail(where, ": damaged or truncated JPEG: ", reader.message);
  }
  if (components == 4) cmyk_to_rgb(other, image.rgb);
  if (components == 1) {
    for (std::size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = other[i / 3];
  }
  return image;
}

}  // namespace vrp
