#pragma once
// Decoding and preparing a picture, for the targets of both formats.
#include "pipeline/model/image.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace vrp::fuzz {

/// Decodes pictures of at most 2^20 pixels and prepares them as each family does.
inline void decode_and_prepare(const std::uint8_t* data, std::size_t size) {
  attempt([&] {
    const RgbImage image = decode_image({data, size}, "fuzz", std::int64_t{1} << 20);
    const auto pixels =
        static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
    if (image.rgb.size() != 3 * pixels) __builtin_trap();
    for (const char* family : {"llava", "paligemma", "qwen2_vl"}) {
      if (!exists(golden() / family)) continue;
      attempt([&] { prepare_image(image, read_model_spec(configuration(family))); });
    }
  });
}

}  // namespace vrp::fuzz
