// memory_program CHECKPOINT PICTURE: loads a model, answers one question greedily and ten times by
// sampling, looks at a second picture through the logit lens, and prints as JSON what this took of
// memory beside what memory_need says.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include "pipeline/base/error.hpp"
#include "pipeline/model/memory.hpp"
#include "pipeline/model/model.hpp"

namespace {

using namespace vrp;

/// A line of /proc/self/status in bytes.
long long status_bytes(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name + ":", 0) == 0) return std::stoll(line.substr(name.size() + 1)) * 1024;
  }
  fail("/proc/self/status has no ", name);
}

void run(const std::string& checkpoint, const std::string& picture) {
  const RgbImage image = read_image(picture);
  const long long before = status_bytes("VmRSS");
  const Model model = Model::load(checkpoint, {});
  const long long loaded = status_bytes("VmHWM") - before;
  const PreparedItem item = model.prepare(image, "Is there a dog in the image?", {});
  GenerationParams params;
  params.max_new_tokens = 4;
  params.eos = {model.spec().text.vocab - 1};
  const Answer answer = model.greedy(item, params);
  const auto paths = model.sample(item, params, {}, Rng(1, "memory"));
  // A second picture is kept beside the first, and the lens reads every block's state.
  RgbImage grey = image;
  grey.rgb.assign(grey.rgb.size(), 128);
  model.logits(model.prepare(grey, "Is there a dog in the image?", {}), {}, 1);
  const auto& text = model.spec().text;
  model.unembed(std::vector<float>(static_cast<std::size_t>((text.layers + 1) * text.hidden)), {});
  const long long peak = status_bytes("VmHWM") - before;
  MemoryRequest request;
  request.prompt_tokens = std::ssize(item.ids);
  request.max_new_tokens = params.max_new_tokens;
  const MemoryNeed need = memory_need(
      model.spec(), match_tensors(model.spec(), SafetensorsIndex::open(checkpoint)), request);
  std::printf(
      "{\"loaded\": %lld, \"peak\": %lld, \"weights\": %lld, \"need\": %lld, \"prompt\": %zu, "
      "\"tokens\": %zu, \"paths\": %zu}\n",
      loaded, peak, static_cast<long long>(need.weights), static_cast<long long>(need.total()),
      item.ids.size(), answer.tokens.size(), paths.size());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 3) vrp::fail_usage("memory_program takes CHECKPOINT PICTURE");
    run(argv[1], argv[2]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "memory_program: %s\n", error.what());
    return 1;
  }
}
