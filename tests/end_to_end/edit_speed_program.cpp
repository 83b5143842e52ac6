// edit_speed CHECKPOINT PICTURE LAYER TOKENS THREADS: the neuron conditions of the paper's ablation
// table (baseline, five neurons alone and together set to 0, 100 and -100, 20 random controls, no
// MLP) at one block, for one question: in one call that shares what it can, and one by one as whole
// greedy runs with an observer that edits. Prints as JSON the seconds of both, of the processor and
// by the clock, and how many answers are equal. The call that shares begins with the picture, the
// runs one by one find its features computed.
#include <chrono>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <memory>

#include "pipeline/base/error.hpp"
#include "stages/interventions/targets.hpp"
#include "tests/unit/model/edit_observer.hpp"

namespace {

using namespace vrp;

class Stopwatch {
 public:
  double wall() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  double processor() const {
    return static_cast<double>(std::clock() - clock_) / static_cast<double>(CLOCKS_PER_SEC);
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::clock_t clock_ = std::clock();
};

struct Spent {
  double wall = 0, processor = 0;
  int runs = 0;
  void add(const Stopwatch& watch) {
    wall += watch.wall();
    processor += watch.processor();
    ++runs;
  }
};

std::vector<EditCondition> conditions(const Model& model, const std::string& layer) {
  const TextSpec& text = model.spec().text;
  InterventionsParams params;
  params.masks = {};
  params.scaled = {};
  params.layer = layer;
  params.ids = {"11", "3", "17", "29", "5"};
  params.tops = {"5"};
  params.top_operations = {"zero", "100", "-100"};
  const InterventionShape shape{text.layers, text.hidden, text.intermediate};
  const NeuronPlan neurons(params, shape, Record{}, kDefaultSeed, "bench", "bench");
  std::vector<EditCondition> out;
  for (const PlannedCondition& planned : plan_conditions(params, shape)) {
    out.push_back(planned.family == "baseline" ? EditCondition{planned.name, {}}
                                               : neurons.edit_of(planned, -1).value());
  }
  return out;
}

void run(const std::string& checkpoint, const std::string& picture, const std::string& layer,
         int tokens, int threads) {
  ModelOptions options;
  options.threads = threads;
  const Model model = Model::load(checkpoint, options);
  const PreparedItem item = model.prepare(read_image(picture), "Is there a dog in the image?", {});
  std::vector<PreparedItem> others;  // two pictures drive what is kept of another out
  for (const std::uint8_t grey : {std::uint8_t{64}, std::uint8_t{192}}) {
    RgbImage flat{64, 64, std::vector<std::uint8_t>(3 * 64 * 64, grey), {}};
    others.push_back(model.prepare(flat, "Is there a dog in the image?", {}));
  }
  const GenerationParams params{tokens, {-1}, false};  // every answer has all its tokens
  const auto all = conditions(model, layer);
  const std::int64_t last = std::ssize(item.ids) - 1;
  model.greedy(item, params);  // memory that is allocated once
  Spent shared, single;
  std::vector<EditedAnswer> together;
  std::size_t equal = 0;
  constexpr std::size_t kRounds =
      4;  // the ways take turns, so that a busy machine is busy for both
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (const PreparedItem& other : others) model.logits(other, {}, 1);
    const Stopwatch watch;
    together = model.edited(item, params, all);
    shared.add(watch);
    for (std::size_t i = round; i < all.size(); i += kRounds) {
      test::EditObserver observer(all[i], last, model.spec().text.layers);
      const Stopwatch one;
      const Answer answer = model.greedy(item, params, all[i].edits.empty() ? nullptr : &observer);
      single.add(one);
      equal += answer.tokens == together[i].answer.tokens ? 1 : 0;
    }
  }
  std::printf(
      "{\"layers\": %d, \"conditions\": %zu, \"prompt_tokens\": %zu, \"equal_answers\": %zu, "
      "\"shared_s\": %.4f, \"one_by_one_s\": %.4f, \"shared_processor_s\": %.4f, "
      "\"one_by_one_processor_s\": %.4f}\n",
      model.spec().text.layers, all.size(), item.ids.size(), equal, shared.wall / shared.runs,
      single.wall, shared.processor / shared.runs, single.processor);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 6) vrp::fail_usage("edit_speed takes CHECKPOINT PICTURE LAYER TOKENS THREADS");
    run(argv[1], argv[2], argv[3], std::stoi(argv[4]), std::stoi(argv[5]));
    return 0;
  } catch (const vrp::Error& error) {
    std::cerr << "edit_speed: " << error.what() << "\n";
    return static_cast<int>(error.code());
  }
}
