#pragma once
// The image half of a ModelSpec: preprocessor_config.json and processor_config.json. Each reader
// fills spec.image and checks that it fits spec.vision: the processed picture has the tower's size,
// and one image gives as many tokens as the tower gives features. Error (bad_input): file, field,
// found, expected.
#include <filesystem>

#include "pipeline/model/spec.hpp"

namespace vrp {

void read_clip_processor(const std::filesystem::path& checkpoint, ModelSpec& spec);
void read_siglip_processor(const std::filesystem::path& checkpoint, ModelSpec& spec);
void read_smart_processor(const std::filesystem::path& checkpoint, ModelSpec& spec);  ///< Qwen2-VL

}  // namespace vrp
