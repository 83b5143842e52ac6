// vrp-model-bench CHECKPOINT CHECKPOINT16 PICTURES TEMPLATE TOKENS THREADS ROUNDS large|small: what
// parts of an item cost, in turns within one process, medians over rounds, as JSON:
//   capture       a greedy answer and ten paths, with attention and states of every block observed
//                 and with nothing observed (pictures take turns, so that no prefix is kept)
//   decode steps  of one path and of ten, with the weights of CHECKPOINT and of CHECKPOINT16, the
//                 same model in 16 bits: longer answers less answers of one token, by their length
//   limits        the memory read rate and the rate of a large product, and what share of them a
//                 decode step's weights and a prompt's arithmetic (picture included) reach
//   pictures      decoding a file, and from its pixels to the model's input (with the prompt)
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"
#include "stages/capture/observer.hpp"
#include "tests/benchmarks/model_work.hpp"
#include "tests/benchmarks/speed.hpp"

namespace {

using namespace vrp;
namespace fs = std::filesystem;
constexpr int kPaths = 10;
constexpr const char* kQuestion = "Is there a dog in the image?";

std::vector<fs::path> pictures_in(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".jpg") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  if (found.size() < 3) {
    fail_usage(folder, ": ", found.size(), " pictures, expected at least 3: two are kept");
  }
  return found;
}

GenerationParams whole_answers(int tokens) { return {tokens, {-1}, false}; }
SamplingParams paths(int count) { return {.samples = count}; }

/// Seconds of one decode step of `count` paths.
double step_seconds(const Model& model, const PreparedItem& item, int count, int tokens) {
  const Rng rng(1, "bench");
  const auto draw = [&](int length) {
    return speed::seconds_once(
        [&] { model.sample(item, whole_answers(length), paths(count), rng); });
  };
  const double one = draw(1);
  return (draw(tokens) - one) / (tokens - 1);
}

struct Samples {
  std::map<std::string, std::vector<double>> of;
  void add(const std::string& name, double value) { of[name].push_back(value); }
};

/// Greedy answer and paths, with or without capture's observer.
double item_seconds(const Model& model, const PreparedItem& item, int tokens, bool captured) {
  CaptureParams params;
  params.lens = params.blank = false;
  CaptureObserver observer(model.spec(), params);
  GenerationParams greedy = whole_answers(tokens);
  greedy.final_state = captured;  // the last token's states are captured too
  const Rng rng(1, "bench");
  return speed::seconds_once([&] {
    model.greedy_and_paths(item, greedy, whole_answers(tokens), paths(kPaths), rng,
                           captured ? &observer : nullptr);
    if (captured) observer.maps(tokens);
  });
}

void run(const std::vector<std::string>& words) {
  const int tokens = std::stoi(words[4]), threads = std::stoi(words[5]),
            rounds = std::stoi(words[6]);
  if (tokens < 2 || threads < 1 || rounds < 1) {
    fail_usage("TOKENS ", tokens, ", THREADS ", threads, ", ROUNDS ", rounds,
               ", expected at least 2, 1 and 1");
  }
  ModelOptions options;
  options.threads = threads;
  const Model model = Model::load(words[0], options), half = Model::load(words[1], options);
  const PromptStyle style{.template_name = words[3]};
  const std::vector<fs::path> files = pictures_in(words[2]);
  std::vector<RgbImage> images;
  std::vector<PreparedItem> items;
  for (const fs::path& file : files) {
    images.push_back(read_image(file));
    items.push_back(model.prepare(images.back(), kQuestion, style));
  }
  speed::Effort effort;
  effort.seconds = 0.2;
  effort.product = words[7] == "small" ? 64 : 2048;
  const speed::Machine machine(effort);
  Samples samples;
  std::size_t turn = 0;
  const auto next = [&]() -> const PreparedItem& { return items[turn++ % items.size()]; };
  model.greedy(next(), whole_answers(2));  // memory that is allocated once
  half.greedy(items[0], whole_answers(2));
  for (int round = 0; round < rounds; ++round) {
    for (const bool captured : {true, false}) {
      samples.add(captured ? "captured_s" : "plain_s",
                  item_seconds(model, next(), tokens, captured));
    }
    const PreparedItem& first = next();
    samples.add("prefill_s", speed::seconds_once([&] { model.greedy(first, whole_answers(1)); }));
    half.greedy(first, whole_answers(1));
    for (const int count : {1, kPaths}) {
      const std::string name = "_step_" + std::to_string(count) + "_s";
      samples.add("full" + name, step_seconds(model, first, count, tokens));
      samples.add("half" + name, step_seconds(half, first, count, tokens));
    }
    const double read = machine.read_rate(), product = machine.product_rate();
    const double bytes = speed::step_bytes(model.spec().text, 4);
    samples.add("read_gb_s", read / 1e9);
    samples.add("product_gflop_s", product / 1e9);
    samples.add("prefill_share", speed::prompt_flops(model.spec(), first) / product /
                                     samples.of["prefill_s"].back());
    samples.add("decode_share_1", bytes / read / samples.of["full_step_1_s"].back());
    samples.add("decode_share_10", bytes / read / samples.of["full_step_10_s"].back());
    const std::size_t at = turn % files.size();
    samples.add("decode_picture_s", speed::seconds_once([&] { read_image(files[at]); }));
    samples.add("prepare_s",
                speed::seconds_once([&] { model.prepare(images[at], kQuestion, style); }));
  }
  Json out = {{"rounds", rounds},
              {"threads", threads},
              {"tokens", tokens},
              {"paths", kPaths},
              {"prompt_tokens", items[0].ids.size()},
              {"image_tokens", items[0].image_positions.size()},
              {"half_dtype", half.spec().dtype}};
  for (const auto& [name, values] : samples.of) out[name] = speed::median(values);
  std::cout << out << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 9) {
      vrp::fail_usage(
          "vrp-model-bench takes CHECKPOINT CHECKPOINT16 PICTURES TEMPLATE TOKENS THREADS ROUNDS "
          "large|small");
    }
    run({argv + 1, argv + argc});
    return 0;
  } catch (const vrp::Error& error) {
    std::cerr << "vrp-model-bench: " << error.what() << "\n";
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::cerr << "vrp-model-bench: " << error.what() << "\n";
    return 1;
  }
}
