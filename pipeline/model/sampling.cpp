// K answers of one prompt, decoded as rows of one batch, or of several where memory is short. Where
// rows are independent (the CPU's own kernels) a path leaves the batch at its end, and one run by
// itself is a batch of one. Elsewhere every product keeps the same shape: paths stay in the batch,
// and one run by itself is K equal rows of which row k is read. Either way the bits of a path do
// not depend on how it was run.
#include <algorithm>

#include "kernels/top_p.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/model/model_impl.hpp"
#include "pipeline/model/out_of_memory.hpp"

namespace vrp {
namespace {

using Uniforms = std::function<double(int, int)>;

class Sampler {
 public:
  Sampler(const Model::Impl& model, const PreparedItem& item, const GenerationParams& params,
          const SamplingParams& sampling, const Uniforms& uniforms, int batch)
      : network_(model.network),
        params_(params),
        sampling_(sampling),
        uniforms_(uniforms),
        batch_(batch),
        builders_(static_cast<std::size_t>(sampling.samples),
                  AnswerBuilder(model.network.spec, params)) {
    if (sampling.share_prefix) {
      run(&model.prefixes.of(item.image), item, 0, sampling.samples);
    } else {
      for (int k = 0; k < sampling.samples; ++k) run(nullptr, item, k, k + 1);
    }
  }

  std::vector<Answer> finish(const Tokenizer& tokenizer) {
    std::vector<Answer> answers;
    for (AnswerBuilder& builder : builders_) answers.push_back(builder.finish(tokenizer));
    return answers;
  }

 private:
  /// Draws paths begin .. end - 1 from one prefill.
  void run(ImagePrefix* prefix, const PreparedItem& item, int begin, int end) {
    const Taps nobody;
    const Prompt prompt = run_whole_prompt(network_, prefix, item, item.ids, 1, true, nobody);
    const at::Tensor first = head_logits(network_, prompt.states);
    for (int k = begin; k < end; ++k) draw(k, checked_row(first, 0, 0), 0);
    for (int k = begin; k < end;) {
      const int stop = std::min(end, (k / batch_ + 1) * batch_);
      decode(prompt, k, stop);
      k = stop;
    }
  }

  /// Paths begin .. end - 1, of one batch, behind their first tokens.
  void decode(const Prompt& prompt, int begin, int end) {
    const Taps nobody;
    const bool independent = network_.ops->rows_independent();
    const int base = independent ? begin : begin / batch_ * batch_;  // path of slot 0
    const int slots = independent ? end - begin : std::min(batch_, sampling_.samples);
    KeyValues store = empty_answer_store(network_, slots, params_.max_new_tokens);
    for (int step = 1; !all_finished(begin, end); ++step) {
      AnswerStep now{&prompt.shared, &store, {}, step - 1, step};
      std::vector<std::int32_t> tokens;
      std::vector<int> paths;  // whose row it is
      for (int slot = 0; slot < slots; ++slot) {
        const int k = std::clamp(base + slot, begin, end - 1);
        if (independent && builder(k).finished()) continue;
        now.slots.push_back(slot);
        tokens.push_back(builder(k).last_token());
        paths.push_back(k);
      }
      at::Tensor x = embed_tokens(network_, tokens);
      run_answer(network_, x, now, nobody);
      const at::Tensor logits = head_logits(network_, x);
      for (int row = 0; row < static_cast<int>(paths.size()); ++row) {
        const int k = paths[static_cast<std::size_t>(row)];
        const bool own_row = independent || base + row == k;
        if (own_row && !builder(k).finished()) draw(k, checked_row(logits, row, step), step);
      }
    }
  }

  void draw(int k, std::span<const float> logits, int step) {
    builder(k).take(
        logits, top_p_token(logits, sampling_.temperature, sampling_.top_p, uniforms_(k, step)));
  }
  bool all_finished(int begin, int end) {
    for (int k = begin; k < end; ++k) {
      if (!builder(k).finished()) return false;
    }
    return true;
  }
  AnswerBuilder& builder(int k) { return builders_[static_cast<std::size_t>(k)]; }

  const Network& network_;
  const GenerationParams& params_;
  const SamplingParams& sampling_;
  const Uniforms& uniforms_;
  int batch_;  ///< paths at once
  std::vector<AnswerBuilder> builders_;
};

void check_sampling(const SamplingParams& sampling) {
  if (sampling.samples < 1) fail_usage("samples is ", sampling.samples, ", expected at least 1");
  if (!(sampling.temperature > 0 && sampling.temperature < 1e6)) {
    fail_usage("temperature is ", sampling.temperature, ", expected a value > 0");
  }
  if (!(sampling.top_p > 0 && sampling.top_p <= 1)) {
    fail_usage("top_p is ", sampling.top_p, ", expected a value in (0, 1]");
  }
}

}  // namespace

std::vector<Answer> Model::sample(const PreparedItem& item, const GenerationParams& params,
                                  const SamplingParams& sampling, const Uniforms& uniforms) const {
  check_sampling(sampling);
  check_generation(impl_->network, item, params);
  const ComputeScope scope(*impl_);
  return with_less_memory(*impl_, MemoryWork::paths, std::ssize(item.ids), sampling.samples,
                          nullptr, [&](const MemoryRung& rung) {
                            return Sampler(*impl_, item, params, sampling, uniforms, rung.batch)
                                .finish(impl_->tokenizer);
                          });
}

std::vector<Answer> Model::sample(const PreparedItem& item, const GenerationParams& params,
                                  const SamplingParams& sampling, const Rng& rng) const {
  return sample(item, params, sampling, [&rng](int k, int t) {
    return rng.uniform(static_cast<std::uint64_t>(k), static_cast<std::uint64_t>(t));
  });
}

}  // namespace vrp
