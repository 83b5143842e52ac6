// K answers of one prompt, and perhaps its greedy one, decoded as rows of one batch, or of several
// where memory is short. Where rows are independent (the CPU's own kernels) an answer leaves the
// batch at its end, and one run by itself is a batch of one. Elsewhere every product keeps the same
// shape: paths stay in the batch, one run by itself is K equal rows of which row k is read, and the
// greedy answer is decoded alone. Either way the bits of an answer do not depend on how it was run.
#include <algorithm>

#include "kernels/top_p.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/model/model_impl.hpp"
#include "pipeline/model/out_of_memory.hpp"

namespace vrp {
namespace {

using Uniforms = std::function<double(int, int)>;

/// The greedy answer as row 0 of the paths' batch.
struct GreedyRow {
  GreedyRow(const ModelSpec& spec, const GenerationParams& params)
      : builder(spec, params), final_state(params.final_state) {}
  AnswerBuilder builder;
  bool final_state;
  bool over = false;  ///< no pass of its last token is wanted

  void take(std::span<const float> logits) {
    builder.take(logits, arg_max(logits));
    over = builder.ended() || (builder.finished() && !final_state);
  }
};

class Sampler {
 public:
  Sampler(const Model::Impl& model, const GenerationParams& params, const SamplingParams& sampling,
          const Uniforms& uniforms, int batch)
      : network_(model.network),
        params_(params),
        sampling_(sampling),
        uniforms_(uniforms),
        batch_(batch),
        builders_(static_cast<std::size_t>(sampling.samples),
                  AnswerBuilder(model.network.spec, params)) {}

  /// All paths from one prefill, or each from its own, with the same bits.
  void run(const Model::Impl& model, const PreparedItem& item) {
    const Taps nobody;
    const auto prompt_of = [&](ImagePrefix* prefix) {
      return run_whole_prompt(network_, prefix, item, item.ids, 1, true, nobody);
    };
    if (sampling_.share_prefix) {
      behind(prompt_of(&model.prefixes.of(item.image)), 0, sampling_.samples);
      return;
    }
    for (int k = 0; k < sampling_.samples; ++k) behind(prompt_of(nullptr), k, k + 1);
  }

  /// Paths begin .. end - 1 behind a prompt that was run.
  void behind(const Prompt& prompt, int begin, int end) {
    draw_first(prompt, begin, end);
    for (int k = begin; k < end;) {
      const int stop = std::min(end, (k / batch_ + 1) * batch_);
      decode(prompt, k, stop, nullptr, Taps());
      k = stop;
    }
  }

  /// All paths and the greedy answer in one batch; rows must be independent.
  void beside(const Prompt& prompt, GreedyRow& greedy, const Taps& taps) {
    greedy.take(draw_first(prompt, 0, sampling_.samples));
    decode(prompt, 0, sampling_.samples, &greedy, taps);
  }

  std::vector<Answer> finish(const Tokenizer& tokenizer) {
    std::vector<Answer> answers;
    for (AnswerBuilder& builder : builders_) answers.push_back(builder.finish(tokenizer));
    return answers;
  }

 private:
  /// Draws the paths' first tokens; returns the logits they are drawn from.
  std::span<const float> draw_first(const Prompt& prompt, int begin, int end) {
    first_ = head_logits(network_, prompt.states);
    const auto row = checked_row(first_, 0, 0);
    for (int k = begin; k < end; ++k) draw(k, row, 0);
    return row;
  }

  /// Paths begin .. end - 1, of one batch, behind their first tokens; `greedy` may be null.
  void decode(const Prompt& prompt, int begin, int end, GreedyRow* greedy, const Taps& taps) {
    const Taps nobody;
    const bool independent = network_.ops->rows_independent();
    const int base = independent ? begin : begin / batch_ * batch_;  // path of slot 0
    const int slots = independent ? end - begin : std::min(batch_, sampling_.samples);
    const int before = greedy != nullptr ? 1 : 0;  // slots of the greedy answer
    KeyValues store = empty_answer_store(network_, slots + before, capacity(greedy));
    for (int step = 1;; ++step) {
      const bool watched = greedy != nullptr && !greedy->over;
      if (!watched && all_finished(begin, end)) break;
      AnswerStep now{&prompt.shared, &store, {}, step - 1, step};
      std::vector<std::int32_t> tokens;
      std::vector<int> paths;  // whose row it is, behind the greedy answer's
      if (watched) {
        now.slots.push_back(0);
        tokens.push_back(greedy->builder.last_token());
      }
      for (int slot = 0; slot < slots; ++slot) {
        const int k = std::clamp(base + slot, begin, end - 1);
        if (independent && builder(k).finished()) continue;
        now.slots.push_back(before + slot);
        tokens.push_back(builder(k).last_token());
        paths.push_back(k);
      }
      at::Tensor x = embed_tokens(network_, tokens);
      run_answer(network_, x, now, watched ? taps : nobody);
      if (watched) taps.flush();
      // The last pass of a greedy answer is run for its states alone.
      const bool chooses = watched && !greedy->builder.finished();
      if (watched && !chooses) {
        greedy->over = true;
        x = x.narrow(0, 1, x.size(0) - 1);
      }
      if (x.size(0) == 0) continue;
      const at::Tensor logits = head_logits(network_, x);
      if (chooses) greedy->take(checked_row(logits, 0, step));
      for (int i = 0; i < static_cast<int>(paths.size()); ++i) {
        const int k = paths[static_cast<std::size_t>(i)];
        const bool own_row = independent || base + i == k;
        if (!own_row || builder(k).finished()) continue;
        draw(k, checked_row(logits, (chooses ? 1 : 0) + i, step), step);
      }
    }
  }

  int capacity(const GreedyRow* greedy) const {
    return std::max(params_.max_new_tokens, greedy == nullptr ? 0 : greedy->builder.limit());
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
  at::Tensor first_;  ///< logits of the prompt's last position
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

Uniforms uniforms_of(const Rng& rng) {
  return [&rng](int k, int t) {
    return rng.uniform(static_cast<std::uint64_t>(k), static_cast<std::uint64_t>(t));
  };
}

}  // namespace

std::vector<Answer> Model::sample(const PreparedItem& item, const GenerationParams& params,
                                  const SamplingParams& sampling, const Uniforms& uniforms) const {
  check_sampling(sampling);
  check_generation(impl_->network, item, params);
  const ComputeScope scope(*impl_);
  return with_less_memory(*impl_, MemoryWork::paths, std::ssize(item.ids), sampling.samples,
                          nullptr, [&](const MemoryRung& rung) {
                            Sampler sampler(*impl_, params, sampling, uniforms, rung.batch);
                            sampler.run(*impl_, item);
                            return sampler.finish(impl_->tokenizer);
                          });
}

std::vector<Answer> Model::sample(const PreparedItem& item, const GenerationParams& params,
                                  const SamplingParams& sampling, const Rng& rng) const {
  return sample(item, params, sampling, uniforms_of(rng));
}

GreedyAndPaths Model::greedy_and_paths(const PreparedItem& item, const GenerationParams& params,
                                       const GenerationParams& path_params,
                                       const SamplingParams& sampling, const Rng& rng,
                                       Observer* observer) const {
  check_sampling(sampling);
  check_generation(impl_->network, item, params);
  check_generation(impl_->network, item, path_params);
  const ComputeScope scope(*impl_);
  const Network& network = impl_->network;
  const Uniforms uniforms = uniforms_of(rng);
  const bool together = network.ops->rows_independent();
  const int rows = sampling.samples + (together ? 1 : 0);
  const std::int64_t last = std::ssize(item.ids) - 1;
  return with_less_memory(
      *impl_, MemoryWork::paths, std::ssize(item.ids), rows, observer, [&](const MemoryRung& rung) {
        const Taps taps(observer, network.spec, item.image_positions, last, last);
        const Prompt prompt = run_whole_prompt(network, &impl_->prefixes.of(item.image), item,
                                               item.ids, 1, true, taps);
        Sampler sampler(*impl_, path_params, sampling, uniforms, rung.batch);
        GreedyAndPaths out;
        if (together && rung.batch == rows) {
          GreedyRow greedy(network.spec, params);
          sampler.beside(prompt, greedy, taps);
          out.greedy = greedy.builder.finish(impl_->tokenizer);
        } else {
          out.greedy = greedy_answer(*impl_, prompt, params, taps);
          sampler.behind(prompt, 0, sampling.samples);
        }
        out.paths = sampler.finish(impl_->tokenizer);
        return out;
      });
}

}  // namespace vrp
