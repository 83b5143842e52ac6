#pragma once
// The image half of a ModelSpec: preprocessor_config.json and processor_config.json.
#include <filesystem>

#include "pipeline/model/spec.hpp"

namespace vrp {

/// Fills spec.image and spec.additional_image_tokens, and checks that they fit spec.vision: the
/// processed picture has the tower's size, and one image gives as many tokens as the tower gives
/// features. Error (bad_input): file, field, found, expected.
void read_image_processor(const std::filesystem::path& checkpoint, ModelSpec& spec);

}  // namespace vrp
