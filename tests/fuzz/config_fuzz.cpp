// Configuration files. The first byte picks the family and the file that the rest replaces:
// config.json, preprocessor_config.json, generation_config.json or processor_config.json.
#include <array>

#include "pipeline/model/memory.hpp"
#include "pipeline/model/spec.hpp"
#include "pipeline/model/tensors.hpp"
#include "tests/fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vrp;
  if (size == 0) return 0;
  constexpr std::array<const char*, 3> kFamilies = {"llava", "paligemma", "qwen2_vl"};
  constexpr std::array<const char*, 4> kFiles = {"config.json", "preprocessor_config.json",
                                                 "generation_config.json", "processor_config.json"};
  const std::string family = kFamilies[data[0] % kFamilies.size()];
  if (!exists(fuzz::golden() / family)) return 0;
  const auto folder = fuzz::configuration(family);
  const auto path = folder / kFiles[data[0] / kFamilies.size() % kFiles.size()];
  fuzz::write(path, fuzz::as_text(data + 1, size - 1));
  fuzz::attempt([&] {
    const ModelSpec spec = read_model_spec(folder);
    if (spec.text.layers + spec.vision.layers > 100) return;
    expected_tensors(spec);
    memory_need(spec, {}, {.prompt_tokens = most_image_tokens(spec)});
  });
  const auto original = fuzz::golden() / family / "checkpoint" / path.filename();
  std::filesystem::remove(path);
  if (exists(original)) std::filesystem::copy_file(original, path);
  return 0;
}
