// From an item to its prompt's states, and what is built on them.
#include <algorithm>
#include <cmath>

#include "kernels/top_p.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/model_impl.hpp"
#include "pipeline/model/out_of_memory.hpp"

namespace vrp {
std::span<const float> checked_row(const at::Tensor& logits, std::int64_t row, int step) {
  const std::span<const float> values(logits.const_data_ptr<float>() + row * logits.size(1),
                                      static_cast<std::size_t>(logits.size(1)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      fail("non-finite logits at step ", step, ": entry ", i, " is ", values[i]);
    }
  }
  return values;
}

void check_generation(const Network& network, const PreparedItem& item,
                      const GenerationParams& params) {
  if (params.max_new_tokens < 1) {
    fail_usage("max_new_tokens is ", params.max_new_tokens, ", expected at least 1");
  }
  const std::int64_t positions = network.spec.text.max_positions;
  if (std::ssize(item.ids) + params.max_new_tokens > positions) {
    fail("prompt has ", item.ids.size(), " tokens and up to ", params.max_new_tokens,
         " are to be generated, expected at most ", positions, " positions together");
  }
}

void AnswerBuilder::take(std::int32_t token, const TokenStatistics& s) {
  answer_.steps.push_back({token, s.logprob, s.entropy, s.max_probability, s.top1, s.top2});
  if (std::ranges::find(eos_, token) != eos_.end()) {
    answer_.ended = true;
  } else {
    answer_.tokens.push_back(token);
  }
}

Answer AnswerBuilder::finish(const Tokenizer& tokenizer) {
  answer_.text = trim(tokenizer.decode(answer_.tokens, true));
  return std::move(answer_);
}

Answer Model::greedy(const PreparedItem& item, const GenerationParams& params,
                     Observer* observer) const {
  const ComputeScope scope(*impl_);
  const Network& network = impl_->network;
  check_generation(network, item, params);
  const std::int64_t last = std::ssize(item.ids) - 1;
  return with_less_memory(
      *impl_, MemoryWork::answer, std::ssize(item.ids), 1, observer, [&](const MemoryRung&) {
        const Taps taps(observer, network.spec, item.image_positions, last, last);
        ImagePrefix& prefix = impl_->prefixes.of(item.image);
        const Prompt prompt = run_whole_prompt(network, &prefix, item, item.ids, 1, true, taps);
        return greedy_answer(*impl_, prompt, params, taps);
      });
}

std::vector<float> Model::logits(const PreparedItem& item,
                                 std::span<const std::int32_t> continuation, int tail,
                                 Observer* observer) const {
  const ComputeScope scope(*impl_);
  const Network& network = impl_->network;
  std::vector<std::int32_t> ids = item.ids;
  ids.insert(ids.end(), continuation.begin(), continuation.end());
  const std::int64_t total = std::ssize(ids);
  if (total > network.spec.text.max_positions) {
    fail("sequence has ", total, " tokens, expected at most ", network.spec.text.max_positions);
  }
  if (tail < 1 || tail > total) {
    fail_usage("logits of the last ", tail, " positions are asked for, expected 1 to ", total);
  }
  return with_less_memory(*impl_, MemoryWork::logits, total, 1, observer, [&](const MemoryRung&) {
    const Taps taps(observer, network.spec, item.image_positions, std::ssize(item.ids) - 1,
                    total - 1);
    ImagePrefix& prefix = impl_->prefixes.of(item.image);
    const Prompt prompt = run_whole_prompt(network, &prefix, item, ids, tail, false, taps);
    const at::Tensor logits = head_logits(network, prompt.states);
    const float* data = logits.const_data_ptr<float>();
    return std::vector<float>(data, data + logits.numel());
  });
}

}  // namespace vrp
