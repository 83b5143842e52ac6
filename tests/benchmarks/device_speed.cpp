// vrp-device-bench CHECKPOINT PICTURES TEMPLATE TOKENS BATCH DEVICE DTYPE KERNELS ROUNDS
// large|small: a device's share of its limits, measured in turns within one process, medians over
// rounds, JSON:
//   limits     copy of a large array (bytes read and written), a large matrix product in DTYPE
//   decode     a step of BATCH questions, each a greedy answer and ten paths: longer answers less
//              answers of one token, by their length; its weights' bytes against the copy rate
//   prefill    from BATCH pictures and prompts to their first tokens, against the product rate
//   bootstrap  weighted_ranks of 30 signals x 3,090 items x 10,000 replicates (small: 3 x 90 x 100)
#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>

#include "kernels/replicate_sums.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"
#include "tests/benchmarks/model_work.hpp"
#include "tests/benchmarks/samples.hpp"

namespace {

using namespace vrp;
namespace fs = std::filesystem;
constexpr int kPaths = 10;
constexpr const char* kQuestion = "Is there a dog in the image?";

/// Calls are over when the device is.
class Clock {
 public:
  explicit Clock(at::Device device) : device_(device) {}
  double seconds(const std::function<void()>& call) const {
    wait();
    return speed::seconds_once([&] {
      call();
      wait();
    });
  }

 private:
  void wait() const {
    if (device_.is_cpu()) return;
    const c10::impl::VirtualGuardImpl guard(device_.type());
    guard.synchronizeDevice(device_.index());
  }
  at::Device device_;
};

/// The device's own speed, anew at each call.
struct Limits {
  Limits(at::Device device, at::ScalarType type, bool small)
      : clock(device),
        from(at::zeros({small ? 1 << 16 : 1 << 28}, at::device(device).dtype(at::kFloat))),
        to(at::empty_like(from)),
        a(at::ones({small ? 64 : 8192, small ? 64 : 8192}, at::device(device).dtype(type))),
        c(at::empty_like(a)) {
    a.div_(static_cast<double>(a.size(0)));
  }
  double copy_rate() const {  // bytes read and bytes written, per second
    constexpr int kTimes = 20;
    const double seconds = clock.seconds([&] {
      for (int i = 0; i < kTimes; ++i) to.copy_(from);
    });
    return kTimes * 2.0 * static_cast<double>(from.nbytes()) / seconds;
  }
  double product_rate() {  // multiply-adds, each counted as two
    constexpr int kTimes = 20;
    const double n = static_cast<double>(a.size(0)), seconds = clock.seconds([&] {
      for (int i = 0; i < kTimes; ++i) at::mm_out(c, a, a);
    });
    return kTimes * 2 * n * n * n / seconds;
  }
  Clock clock;
  at::Tensor from, to, a, c;
};

/// Signals over units of one item each, as weighted_ranks takes them, on the device.
class Bootstrap {
 public:
  Bootstrap(at::Device device, bool small)
      : device_(device),
        signals_(small ? 3 : 30),
        items_(small ? 90 : 3090),
        replicates_(small ? 100 : 10000) {
    at::Tensor entries = at::empty({signals_, items_}, at::kInt);
    auto* entry = static_cast<RankEntry*>(entries.data_ptr());
    const std::vector<float> order = speed::numbers(signals_ * items_, 1);
    for (std::int64_t s = 0; s < signals_; ++s) {
      std::vector<std::uint32_t> units(static_cast<std::size_t>(items_));
      for (std::size_t i = 0; i < units.size(); ++i) units[i] = static_cast<std::uint32_t>(i);
      std::ranges::sort(units, {}, [&](std::uint32_t u) {
        return order[static_cast<std::size_t>(s * items_) + u];
      });
      for (const std::uint32_t unit : units) {
        *entry++ = rank_entry(unit, (unit % 2 == 0 ? kPositive : 0) | kEndsTie);
      }
    }
    // About as often as a bootstrap draws them: 0 to 3 times.
    at::Tensor weights = at::empty({items_, replicates_}, at::kByte);
    auto* weight = static_cast<std::uint8_t*>(weights.data_ptr());
    for (const float x : speed::numbers(items_ * replicates_, 2)) {
      *weight++ = static_cast<std::uint8_t>((x + 1) * 1.999f);
    }
    entries_ = entries.to(device);
    weights_ = weights.to(device);
    sums_ = at::zeros({signals_ * replicates_, 4}, at::device(device).dtype(at::kLong));
  }
  void run() const {
    weighted_ranks(
        device_.is_cpu() ? Device::cpu : Device::cuda,
        {static_cast<const RankEntry*>(entries_.const_data_ptr()), signals_, items_},
        {static_cast<const std::uint8_t*>(weights_.const_data_ptr()), items_, replicates_},
        {static_cast<WeightedRanks*>(sums_.data_ptr()),
         static_cast<std::size_t>(signals_ * replicates_)});
  }

 private:
  static_assert(sizeof(WeightedRanks) == 4 * sizeof(std::int64_t));
  at::Device device_;
  std::int64_t signals_, items_, replicates_;
  at::Tensor entries_, weights_, sums_;
};

/// Questions about pictures that take turns, so that no prompt is kept.
class Batches {
 public:
  Batches(const Model& model, const fs::path& folder, const PromptStyle& style, int batch)
      : model_(model), batch_(static_cast<std::size_t>(batch)) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".jpg") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    if (files.size() < batch_ + 3) {
      fail_usage(folder, ": ", files.size(), " pictures, expected at least ", batch_ + 3);
    }
    for (const fs::path& file : files) {
      items_.push_back(model.prepare(read_image(file), kQuestion, style));
    }
  }

  /// All answers of the next batch, of `tokens` tokens each; what arithmetic their prompts are.
  double ask(int tokens, bool with_paths) {
    const Rng rng(1, "bench");
    std::vector<ModelQuestion> questions;
    double flops = 0;
    for (std::size_t i = 0; i < batch_; ++i) {
      const PreparedItem& item = items_[turn_++ % items_.size()];
      questions.push_back({&item, true, nullptr, with_paths ? &rng : nullptr});
      flops += speed::prompt_flops(model_.spec(), item);
    }
    const GenerationParams whole{tokens, {-1}, false};
    for (const ModelReply& reply :
         model_.answer(questions, whole, whole, SamplingParams{.samples = kPaths})) {
      if (!reply.problem.empty()) fail("a question failed: ", reply.problem);
    }
    return flops;
  }
  std::size_t prompt_tokens() const { return items_.front().ids.size(); }

 private:
  const Model& model_;
  std::size_t batch_, turn_ = 0;
  std::vector<PreparedItem> items_;
};

void run(const std::vector<std::string>& words) {
  const int tokens = std::stoi(words[3]), batch = std::stoi(words[4]), rounds = std::stoi(words[8]);
  if (tokens < 2 || batch < 1 || rounds < 1) {
    fail_usage("TOKENS ", tokens, ", BATCH ", batch, ", ROUNDS ", rounds,
               ", expected at least 2, 1 and 1");
  }
  const bool small = words[9] == "small";
  ModelOptions options;
  options.device = words[5];
  options.dtype = words[6];
  options.kernels = words[7];
  options.batch = batch;
  const Model model = Model::load(words[0], options);
  const c10::InferenceMode inference;
  const at::Device device(words[5] == "cuda" ? "cuda:0" : words[5]);
  const at::ScalarType type = words[6] == "fp32"   ? at::kFloat
                              : words[6] == "bf16" ? at::kBFloat16
                                                   : at::kHalf;
  Limits limits(device, type, small);
  const Bootstrap bootstrap(device, small);
  Batches batches(model, words[1], PromptStyle{.template_name = words[2]}, batch);
  const double bytes = speed::step_bytes(model.spec().text, words[6] == "fp32" ? 4 : 2);
  std::map<std::string, std::vector<double>> samples;
  batches.ask(tokens, true);  // memory that is allocated once, kernels that are loaded when used
  bootstrap.run();
  for (int round = 0; round < rounds; ++round) {
    const double copy = limits.copy_rate(), product = limits.product_rate();
    double flops = 0;
    const double prefill = limits.clock.seconds([&] { flops = batches.ask(1, false); });
    const double one = limits.clock.seconds([&] { batches.ask(1, true); });
    const double all = limits.clock.seconds([&] { batches.ask(tokens, true); });
    const double step = (all - one) / (tokens - 1);
    samples["copy_gb_s"].push_back(copy / 1e9);
    samples["product_gflop_s"].push_back(product / 1e9);
    samples["prefill_s"].push_back(prefill);
    samples["step_s"].push_back(step);
    samples["prefill_share"].push_back(flops / product / prefill);
    samples["decode_share"].push_back(bytes / copy / step);
    samples["bootstrap_s"].push_back(limits.clock.seconds([&] { bootstrap.run(); }));
  }
  Json out = {
      {"device", words[5]}, {"dtype", words[6]},   {"kernels", words[7]},
      {"batch", batch},     {"rounds", rounds},    {"tokens", tokens},
      {"paths", kPaths},    {"step_bytes", bytes}, {"prompt_tokens", batches.prompt_tokens()}};
  for (const auto& [name, values] : samples) out[name] = speed::median(values);
  std::cout << out << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 11) {
      vrp::fail_usage(
          "vrp-device-bench takes CHECKPOINT PICTURES TEMPLATE TOKENS BATCH DEVICE DTYPE KERNELS "
          "ROUNDS large|small");
    }
    run({argv + 1, argv + argc});
    return 0;
  } catch (const vrp::Error& error) {
    std::cerr << "vrp-device-bench: " << error.what() << "\n";
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::cerr << "vrp-device-bench: " << error.what() << "\n";
    return 1;
  }
}
