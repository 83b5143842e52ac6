#pragma once
// A small LLaVA-family checkpoint folder with random weights, written by the tests themselves, and
// the ways to spoil it.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pipeline/model/image.hpp"

namespace vrp::test {

struct TinySpec {
  int hidden = 32, layers = 3, heads = 4, kv_heads = 4, intermediate = 48, vocab = 272;
  int vision_hidden = 24, vision_layers = 3, vision_heads = 2, vision_intermediate = 40;
  int image_size = 28, patch = 7, max_positions = 128;
  std::string dtype = "F32";  ///< "F32" | "F16" | "BF16": how weights are stored
  bool tied = false;
  bool new_names = false;  ///< model.language_model.* and so on
};

struct TinyTensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
  std::string dtype;
};
using TinyTensors = std::map<std::string, TinyTensor>;

/// A folder under the system's temporary folder, removed with the object.
class TinyCheckpoint {
 public:
  /// `change` may alter the tensors before they are written.
  explicit TinyCheckpoint(const TinySpec& spec = {},
                          const std::function<void(TinyTensors&)>& change = {});
  ~TinyCheckpoint();
  TinyCheckpoint(const TinyCheckpoint&) = delete;
  TinyCheckpoint& operator=(const TinyCheckpoint&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A noise picture; `seed` makes it another one.
RgbImage noise_image(int width, int height, std::uint32_t seed);

}  // namespace vrp::test
