#pragma once
// The two decoders behind decode_image. Both throw Error(bad_input) naming `where`.
#include <cstdint>
#include <span>
#include <string>

#include "pipeline/model/image.hpp"

namespace vrp {

RgbImage decode_jpeg(std::span<const std::uint8_t> bytes, const std::string& where,
                     std::int64_t max_pixels);
RgbImage decode_png(std::span<const std::uint8_t> bytes, const std::string& where,
                    std::int64_t max_pixels);

/// An image of this size without content; Error when a side is zero or it has over `max_pixels`.
RgbImage blank_image(std::int64_t width, std::int64_t height, const std::string& where,
                     std::int64_t max_pixels);

}  // namespace vrp
