// From an item to its prompt's states, and what is built on them.
#include <algorithm>
#include <cmath>

#include "kernels/top_p.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/model_impl.hpp"
#include "pipeline/model/out_of_memory.hpp"

namespace vrp {
namespace {

/// Image positions must be exactly where the ids say so.
void check_item(const ModelSpec& spec, const PreparedItem& item,
                std::span<const std::int32_t> ids) {
  std::vector<std::int64_t> found;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] == spec.image_token) found.push_back(static_cast<std::int64_t>(i));
  }
  if (found.empty()) fail("prompt of ", ids.size(), " tokens has no image token");
  if (found != item.image_positions) {
    fail("prompt has ", found.size(), " image tokens, which are not the ",
         item.image_positions.size(), " image positions of the item");
  }
  const std::int64_t expected = spec.text.position_axes() * std::ssize(item.ids);
  if (std::ssize(item.positions) != expected) {
    fail("item has ", item.positions.size(), " rotary positions, expected ", expected);
  }
}

}  // namespace

at::Tensor image_features(const Network& network, ImagePrefix* prefix, const PreparedItem& item,
                          const at::Tensor& pixels) {
  at::Tensor features;
  if (prefix != nullptr && prefix->shows(item.image)) {
    features = prefix->features;
  } else {
    features = encode_image(network, item.image, pixels);
    if (prefix != nullptr) {
      const Geometry& grid = item.image.geometry;
      *prefix = {item.image.pixels, grid.rows, grid.cols, features, {}, {}, {}};
    }
  }
  if (features.size(0) != std::ssize(item.image_positions)) {
    fail("prompt has ", item.image_positions.size(), " image tokens, but the image gives ",
         features.size(0), " features");
  }
  return features;
}

at::Tensor merge_image(const Network& network, const PreparedItem& item,
                       std::span<const std::int32_t> ids, const at::Tensor& features) {
  const at::Tensor where = at::tensor(item.image_positions, at::kLong).to(network.device);
  return embed_tokens(network, ids).index_copy_(0, where, features);
}

std::int64_t first_piece(const TextSpec& text, const PreparedItem& item) {
  return text.prefix_lm ? std::ssize(item.ids) : item.image_positions.back() + 1;
}

std::vector<std::int32_t> all_positions(const TextSpec& text, const PreparedItem& item,
                                        std::int64_t total) {
  const std::int64_t prompt = std::ssize(item.ids);
  std::vector<std::int32_t> all;
  for (std::int64_t axis = 0; axis < text.position_axes(); ++axis) {
    const auto begin = item.positions.begin() + axis * prompt;
    all.insert(all.end(), begin, begin + prompt);
    for (std::int64_t i = 0; i < total - prompt; ++i) {
      all.push_back(item.next_position + static_cast<std::int32_t>(i));
    }
  }
  return all;
}

Prompt run_whole_prompt(const Network& network, ImagePrefix* prefix, const PreparedItem& item,
                        std::span<const std::int32_t> ids, std::int64_t tail, bool answers,
                        const Taps& taps, const at::Tensor& pixels) {
  const TextSpec& text = network.spec.text;
  check_item(network.spec, item, ids);
  network.working.in_prompt = true;  // and stays so when memory runs out
  if (!network.working.keep) prefix = nullptr;
  const std::int64_t total = std::ssize(ids);
  const std::int64_t split = first_piece(text, item);
  const auto head = ids.first(static_cast<std::size_t>(split));
  const std::int64_t rest = total - split;
  const std::vector<std::int32_t> positions = all_positions(text, item, total);
  KeyValues store = empty_prompt_store(network, total);
  const bool states_needed = tail > rest || taps.sees_whole_prompt();
  const bool kept_whole = taps.trunk() != nullptr && taps.trunk()->whole();
  ImagePrefix* shared = states_needed || kept_whole || text.prefix_lm ? nullptr : prefix;
  at::Tensor first_states, x;
  const bool watched = taps.wants_any(Site::image_update);
  at::Tensor update;  // of the image positions
  if (shared != nullptr && !shared->prompt.store.key.empty() &&
      std::ranges::equal(shared->ids, head) && shared->shows(item.image) &&
      (!watched || shared->image_update.defined())) {
    network.ops->copy_shared(shared->prompt, split, store);
    shared->prompt = {};  // this prompt's takes its place
    update = shared->image_update;
    ++network.counters.prefixes_reused;
  } else {
    at::Tensor features = image_features(network, prefix, item, pixels);
    if (taps.wants(Site::image_features, -1)) features = features.clone();  // it may be edited
    taps.see_image_features(features);
    first_states = merge_image(network, item, head, features);
    if (watched) {
      update =
          at::empty({text.layers, 2}, at::TensorOptions().device(network.device).dtype(at::kFloat));
    }
    run_prompt(
        network, first_states,
        {0, rotary_angles(network, positions, 0, split), !text.prefix_lm, states_needed, update},
        store, taps);
    if (shared != nullptr) {
      shared->ids.assign(head.begin(), head.end());
      shared->image_update = update;
    }
  }
  if (watched) taps.see_image_update(update);
  if (rest > 0) {
    x = embed_tokens(network, ids.last(static_cast<std::size_t>(rest)));
    run_prompt(network, x, {split, rotary_angles(network, positions, split, rest), true, true, {}},
               store, taps);
  }
  taps.flush();
  if (taps.trunk() != nullptr) taps.trunk()->keep_store(store);
  if (rest == 0) {
    x = first_states;
  } else if (tail > rest) {
    x = at::cat({first_states, x}, 0);
  }
  Prompt prompt;
  prompt.states = x.narrow(0, x.size(0) - tail, tail);
  if (answers || shared != nullptr) {
    prompt.shared = network.ops->share_prompt(std::move(store));
    prompt.shared.next_position =
        item.next_position + static_cast<std::int32_t>(total - std::ssize(item.ids));
  }
  if (shared != nullptr) shared->prompt = prompt.shared;
  network.working.in_prompt = false;
  return prompt;
}

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
