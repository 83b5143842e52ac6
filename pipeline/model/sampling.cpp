// K answers of one prompt. All paths are rows of one batch from the first answer token on and stay
// in it after their end, so that every product has the same shape in every step. A path run by
// itself is K equal rows of which row k is read: the same arithmetic, hence the same bits.
#include <algorithm>

#include "kernels/top_p.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/model/model_impl.hpp"

namespace vrp {
namespace {

using Uniforms = std::function<double(int, int)>;

class Sampler {
 public:
  Sampler(const Model::Impl& model, const PreparedItem& item, const GenerationParams& params,
          const SamplingParams& sampling, const Uniforms& uniforms)
      : network_(model.network),
        params_(params),
        sampling_(sampling),
        uniforms_(uniforms),
        builders_(static_cast<std::size_t>(sampling.samples),
                  AnswerBuilder(model.network.spec, params)) {
    if (sampling.share_prefix) {
      run(&model.prefix, item, 0, sampling.samples);
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
    const Prompt prompt = run_whole_prompt(network_, prefix, item, item.ids, 1, nobody);
    KeyValues store = empty_answer_store(network_, sampling_.samples, params_.max_new_tokens);
    at::Tensor logits = head_logits(network_, prompt.states);
    for (int k = begin; k < end; ++k) draw(k, checked_row(logits, 0, 0), 0);
    for (int step = 1; !all_finished(begin, end); ++step) {
      std::vector<std::int32_t> tokens;
      for (int k = 0; k < sampling_.samples; ++k) {
        tokens.push_back(builder(std::clamp(k, begin, end - 1)).last_token());
      }
      at::Tensor x = embed_tokens(network_, tokens);
      run_answer(network_, x, {&prompt.store, &store, step - 1, step}, nobody);
      logits = head_logits(network_, x);
      for (int k = begin; k < end; ++k) {
        if (!builder(k).finished()) draw(k, checked_row(logits, k, step), step);
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
  return Sampler(*impl_, item, params, sampling, uniforms).finish(impl_->tokenizer);
}

std::vector<Answer> Model::sample(const PreparedItem& item, const GenerationParams& params,
                                  const SamplingParams& sampling, const Rng& rng) const {
  return sample(item, params, sampling, [&rng](int k, int t) {
    return rng.uniform(static_cast<std::uint64_t>(k), static_cast<std::uint64_t>(t));
  });
}

}  // namespace vrp
