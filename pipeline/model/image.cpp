#include "pipeline/model/image.hpp"

#include <algorithm>
#include <string_view>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/image_formats.hpp"

namespace vrp {
namespace {

bool begins_with(std::span<const std::uint8_t> bytes, std::string_view signature) {
  return bytes.size() >= signature.size() &&
         std::equal(signature.begin(), signature.end(), bytes.begin(),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

}  // namespace

RgbImage blank_image(std::int64_t width, std::int64_t height, const std::string& where,
                     std::int64_t max_pixels) {
  if (width <= 0 || height <= 0) {
    fail(where, ": image of ", width, " x ", height, " pixels, expected at least 1 x 1");
  }
  if (width > INT32_MAX || height > INT32_MAX || width > max_pixels / height) {
    fail(where, ": image of ", width, " x ", height, " pixels, expected at most ", max_pixels,
         " in all");
  }
  RgbImage image;
  image.width = static_cast<int>(width);
  image.height = static_cast<int>(height);
  image.rgb.resize(static_cast<std::size_t>(width * height) * 3);
  return image;
}

RgbImage decode_image(std::span<const std::uint8_t> bytes, const std::string& where,
                      std::int64_t max_pixels) {
  if (bytes.empty()) fail(where, ": is empty, expected a JPEG or PNG image");
  if (begins_with(bytes, "\xFF\xD8\xFF")) return decode_jpeg(bytes, where, max_pixels);
  if (begins_with(bytes, "\x89PNG\r\n\x1A\n")) return decode_png(bytes, where, max_pixels);
  const std::string start(
      bytes.begin(),
      bytes.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(bytes.size(), 8)));
  std::string shown;  // bytes that are no text are shown as such
  for (const char c : start) shown += c >= 0x20 && c < 0x7F ? c : '.';
  fail(where, ": begins with '", shown, "', expected a JPEG or PNG image");
}

RgbImage read_image(const std::filesystem::path& path) {
  return decode_image(read_bytes(path), path.string());
}

}  // namespace vrp
