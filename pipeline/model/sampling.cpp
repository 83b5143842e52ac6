// K answers of one prompt, and perhaps its greedy one. Where rows are independent (the CPU's own
// kernels) they are rows of one batch, or of several where memory is short, an answer leaves the
// batch at its end, and one run by itself is a batch of one; elsewhere decode_batch.hpp. Either way
// the bits of an answer do not depend on how it was run.
#include "pipeline/model/sampling.hpp"

#include <ATen/Parallel.h>

#include <algorithm>

#include "kernels/top_p.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/model/decode_batch.hpp"
#include "pipeline/model/model_impl.hpp"
#include "pipeline/model/out_of_memory.hpp"

namespace vrp {
namespace {

class Sampler {
 public:
  /// `batch`: answers at once; where rows are not independent, paths beside a greedy one.
  Sampler(const Model::Impl& model, const GenerationParams& params, const SamplingParams& sampling,
          const Uniforms& uniforms, int batch)
      : network_(model.network),
        independent_(model.network.ops->rows_independent()),
        params_(params),
        sampling_(sampling),
        uniforms_(uniforms),
        batch_(batch),
        fresh_(static_cast<std::size_t>(sampling.samples),
               AnswerBuilder(model.network.spec, params)),
        builders_(fresh_) {}

  /// All paths from one prefill, or each from its own, with the same bits.
  void run(const Model::Impl& model, const PreparedItem& item) {
    const Taps nobody;
    const auto prompt_of = [&](ImagePrefix* prefix) {
      return run_whole_prompt(network_, prefix, item, item.ids, 1, true, nobody);
    };
    if (sampling_.share_prefix) {
      const Prompt prompt = prompt_of(&model.prefixes.of(item.image));
      if (!independent_) return decode_fixed(prompt, nullptr, nobody, builders_, uniforms_);
      draw_first(prompt, 0, sampling_.samples);
      decode_paths(prompt, 0, sampling_.samples);
      return;
    }
    for (int k = 0; k < sampling_.samples; ++k) {
      const Prompt prompt = prompt_of(nullptr);
      if (independent_) {
        draw_first(prompt, k, k + 1);
        decode_paths(prompt, k, k + 1);
      } else {
        decode_path_alone(prompt, k);
      }
    }
  }

  /// The greedy answer and all paths behind a prompt that was run.
  void beside(const Prompt& prompt, GreedyRow& greedy, const Taps& taps) {
    if (!independent_) return decode_fixed(prompt, &greedy, taps, builders_, uniforms_);
    take_greedy(greedy, draw_first(prompt, 0, sampling_.samples));
    const int first = sampling_.samples < batch_ ? sampling_.samples : 0;
    decode(prompt, 0, first, &greedy, taps);
    decode_paths(prompt, first, sampling_.samples);
  }

  std::vector<Answer> finish(const Tokenizer& tokenizer) {
    std::vector<Answer> answers;
    for (AnswerBuilder& builder : builders_) answers.push_back(builder.finish(tokenizer));
    return answers;
  }

 private:
  static constexpr int kGreedy = -1;
  struct Row {
    int slot;  ///< of the store
    int path;  ///< whose last token it runs, or kGreedy
  };

  static void take_greedy(GreedyRow& greedy, std::span<const float> logits) {
    const std::int32_t token = arg_max(logits);
    greedy.take(token, token_statistics(logits, token));
  }

  void decode_fixed(const Prompt& prompt, GreedyRow* greedy, const Taps& taps,
                    std::span<AnswerBuilder> paths, const Uniforms& uniforms) {
    BatchMember member{&prompt, greedy, &taps, paths, &uniforms, {}};
    decode_batch(network_, {&member, 1}, sampling_, batch_);
    if (!member.problem.empty()) fail(member.problem);
  }

  /// Path k behind a prompt of its own, in the row that it has among the others.
  void decode_path_alone(const Prompt& prompt, int k) {
    std::vector<AnswerBuilder> all = fresh_;
    decode_fixed(prompt, nullptr, Taps(), all, uniforms_);
    builder(k) = std::move(all[static_cast<std::size_t>(k)]);
  }

  /// Draws the paths' first tokens; returns the logits they are drawn from.
  std::span<const float> draw_first(const Prompt& prompt, int begin, int end) {
    first_ = head_logits(network_, prompt.states);
    const auto row = checked_row(first_, 0, 0);
    at::parallel_for(begin, end, 1, [&](std::int64_t from, std::int64_t to) {
      for (std::int64_t k = from; k < to; ++k) draw(static_cast<int>(k), row, 0);
    });
    return row;
  }

  void decode_paths(const Prompt& prompt, int begin, int end) {
    for (int k = begin; k < end;) {
      const int stop = std::min(end, (k / batch_ + 1) * batch_);
      decode(prompt, k, stop, nullptr, Taps());
      k = stop;
    }
  }

  /// Paths begin .. end - 1, of one batch, behind their first tokens, and `greedy`, which may be
  /// null.
  void decode(const Prompt& prompt, int begin, int end, GreedyRow* greedy, const Taps& taps) {
    const Taps nobody;
    const int slots = end - begin + (greedy != nullptr ? 1 : 0);
    KeyValues store = empty_answer_store(network_, slots, capacity(greedy));
    for (int step = 1;; ++step) {
      const bool watched = greedy != nullptr && !greedy->over;
      if (!watched && all_finished(begin, end)) break;
      std::vector<Row> rows = running(begin, end, greedy);
      AnswerStep now{&prompt.shared, &store, {}, step - 1, step};
      std::vector<std::int32_t> tokens;
      for (const Row& row : rows) {
        now.slots.push_back(row.slot);
        tokens.push_back(row.path == kGreedy ? greedy->builder.last_token()
                                             : builder(row.path).last_token());
      }
      at::Tensor x = embed_tokens(network_, tokens);
      run_answer(network_, x, now, watched ? taps : nobody);
      if (watched) taps.flush();
      // The last pass of a greedy answer is run for its states alone.
      const bool chooses = watched && !greedy->builder.finished();
      if (watched && !chooses) greedy->over = true;
      if (!chooses && all_finished(begin, end)) continue;
      if (watched && !chooses) {
        x = x.narrow(0, 1, x.size(0) - 1);
        rows.erase(rows.begin());
      }
      const at::Tensor logits = head_logits(network_, x);
      at::parallel_for(0, std::ssize(rows), 1, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t i = from; i < to; ++i) {
          const Row& row = rows[static_cast<std::size_t>(i)];
          if (greedy != nullptr && row.path == kGreedy) {
            take_greedy(*greedy, checked_row(logits, i, step));
          } else {
            draw(row.path, checked_row(logits, i, step), step);
          }
        }
      });
    }
  }

  /// Rows of the answers that go on.
  std::vector<Row> running(int begin, int end, const GreedyRow* greedy) {
    std::vector<Row> rows;
    const int before = greedy != nullptr ? 1 : 0;
    if (greedy != nullptr && !greedy->over) rows.push_back({0, kGreedy});
    for (int k = begin; k < end; ++k) {
      if (!builder(k).finished()) rows.push_back({before + k - begin, k});
    }
    return rows;
  }

  int capacity(const GreedyRow* greedy) const {
    return std::max(params_.max_new_tokens, greedy == nullptr ? 0 : greedy->builder.limit());
  }
  void draw(int k, std::span<const float> logits, int step) {
    const std::int32_t token =
        top_p_token(logits, sampling_.temperature, sampling_.top_p, uniforms_(k, step));
    builder(k).take(token, token_statistics(logits, token));
  }
  bool all_finished(int begin, int end) {
    for (int k = begin; k < end; ++k) {
      if (!builder(k).finished()) return false;
    }
    return true;
  }
  AnswerBuilder& builder(int k) { return builders_[static_cast<std::size_t>(k)]; }

  const Network& network_;
  bool independent_;
  const GenerationParams& params_;
  const SamplingParams& sampling_;
  const Uniforms& uniforms_;
  int batch_;
  std::vector<AnswerBuilder> fresh_, builders_;
  at::Tensor first_;  ///< logits of the prompt's last position
};

}  // namespace

int most_at_once(const Network& network, int answers) {
  return network.ops->rows_independent() ? answers : kFixedPaths;
}

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

Answer greedy_answer(const Model::Impl& model, const Prompt& prompt, const GenerationParams& params,
                     const Taps& taps) {
  const SamplingParams none{.samples = 0};
  const Uniforms uniforms;
  GreedyRow greedy(model.network.spec, params);
  Sampler(model, params, none, uniforms, most_at_once(model.network, 1))
      .beside(prompt, greedy, taps);
  return greedy.builder.finish(model.tokenizer);
}

std::vector<Answer> Model::sample(const PreparedItem& item, const GenerationParams& params,
                                  const SamplingParams& sampling, const Uniforms& uniforms) const {
  check_sampling(sampling);
  check_generation(impl_->network, item, params);
  const ComputeScope scope(*impl_);
  return with_less_memory(*impl_, MemoryWork::paths, std::ssize(item.ids),
                          most_at_once(impl_->network, sampling.samples), nullptr,
                          [&](const MemoryRung& rung) {
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
  const std::int64_t last = std::ssize(item.ids) - 1;
  return with_less_memory(
      *impl_, MemoryWork::paths, std::ssize(item.ids), most_at_once(network, sampling.samples + 1),
      observer, [&](const MemoryRung& rung) {
        const Taps taps(observer, network.spec, item.image_positions, last, last);
        const Prompt prompt = run_whole_prompt(network, &impl_->prefixes.of(item.image), item,
                                               item.ids, 1, true, taps);
        Sampler sampler(*impl_, path_params, sampling, uniforms, rung.batch);
        GreedyRow greedy(network.spec, params);
        sampler.beside(prompt, greedy, taps);
        return GreedyAndPaths{greedy.builder.finish(impl_->tokenizer),
                              sampler.finish(impl_->tokenizer)};
      });
}

}  // namespace vrp
