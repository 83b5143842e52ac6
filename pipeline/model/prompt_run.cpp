#include "pipeline/model/prompt_run.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/model/sampling.hpp"

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

PromptRun::PromptRun(const Network& network, const PromptRequest& request)
    : network_(network),
      request_(request),
      total_(std::ssize(request.ids)),
      split_(first_piece(network.spec.text, *request.item)),
      positions_(all_positions(network.spec.text, *request.item, total_)) {
  const TextSpec& text = network.spec.text;
  const Taps& taps = *request.taps;
  check_item(network.spec, *request.item, request.ids);
  states_needed_ = request.tail > total_ - split_ || taps.sees_whole_prompt();
  const bool kept_whole = taps.trunk() != nullptr && taps.trunk()->whole();
  shares_ = !states_needed_ && !kept_whole && !text.prefix_lm;
  watched_ = taps.wants_any(Site::image_update);
}

std::span<const std::int32_t> PromptRun::head() const {
  return request_.ids.first(static_cast<std::size_t>(split_));
}

bool PromptRun::takes_first_of(const PromptRun& other) const {
  const PreparedImage &mine = request_.item->image, &its = other.request_.item->image;
  return shares_ && other.shares_ && (!watched_ || other.watched_) &&
         std::ranges::equal(head(), other.head()) && mine.geometry.rows == its.geometry.rows &&
         mine.geometry.cols == its.geometry.cols && mine.pixels == its.pixels;
}

bool PromptRun::take_kept() {
  ImagePrefix* kept = shares_ ? request_.prefix : nullptr;
  if (kept == nullptr || kept->prompt.store.key.empty() || !std::ranges::equal(kept->ids, head()) ||
      !kept->shows(request_.item->image) || (watched_ && !kept->image_update.defined())) {
    return false;
  }
  store_ = empty_prompt_store(network_, total_);
  network_.ops->copy_shared(kept->prompt, split_, store_);
  kept->prompt = {};  // this prompt's takes its place
  update_ = kept->image_update;
  ++network_.counters.prefixes_reused;
  return true;
}

void PromptRun::take_first_of(const PromptRun& other) {
  store_ = empty_prompt_store(network_, total_);
  SharedPrompt there;
  there.store = other.store_;
  there.length = other.total_;
  network_.ops->copy_shared(there, split_, store_);
  update_ = other.update_;
  ++network_.counters.prefixes_reused;
}

void PromptRun::embed_first() {
  const Taps& taps = *request_.taps;
  store_ = empty_prompt_store(network_, total_);
  at::Tensor features = image_features(network_, request_.prefix, *request_.item, request_.pixels);
  request_.pixels = at::Tensor();
  if (taps.wants(Site::image_features, -1)) features = features.clone();  // it may be edited
  taps.see_image_features(features);
  x_ = merge_image(network_, *request_.item, head(), features);
  if (watched_) {
    update_ = at::empty({network_.spec.text.layers, 2},
                        at::TensorOptions().device(network_.device).dtype(at::kFloat));
  }
}

PieceRun PromptRun::first_piece_run() {
  return {{0, rotary_angles(network_, positions_, 0, split_), !network_.spec.text.prefix_lm,
           states_needed_, update_},
          split_,
          &store_,
          request_.taps};
}

bool PromptRun::embed_rest() {
  if (watched_) request_.taps->see_image_update(update_);
  first_states_ = x_;
  if (total_ == split_) return false;
  x_ = embed_tokens(network_, request_.ids.last(static_cast<std::size_t>(total_ - split_)));
  return true;
}

PieceRun PromptRun::rest_piece_run() {
  const std::int64_t rest = total_ - split_;
  return {{split_, rotary_angles(network_, positions_, split_, rest), true, true, {}},
          rest,
          &store_,
          request_.taps};
}

Prompt PromptRun::finish() {
  const Taps& taps = *request_.taps;
  taps.flush();
  if (taps.trunk() != nullptr) taps.trunk()->keep_store(store_);
  at::Tensor x = x_;
  if (request_.tail > total_ - split_ && total_ > split_) x = at::cat({first_states_, x}, 0);
  Prompt prompt;
  prompt.states = x.narrow(0, x.size(0) - request_.tail, request_.tail);
  ImagePrefix* kept = shares_ ? request_.prefix : nullptr;
  if (request_.answers || kept != nullptr) {
    prompt.shared = network_.ops->share_prompt(std::move(store_));
    prompt.shared.next_position =
        request_.item->next_position +
        static_cast<std::int32_t>(total_ - std::ssize(request_.item->ids));
  }
  if (kept != nullptr) {
    kept->ids.assign(head().begin(), head().end());
    kept->image_update = update_;
    kept->prompt = prompt.shared;
  }
  return prompt;
}

namespace {

using PieceOf = PieceRun (PromptRun::*)();

/// One piece of each of some prompts, their rows side by side.
void run_together(const Network& network, std::span<PromptRun* const> prompts, PieceOf piece) {
  if (prompts.empty()) return;
  std::vector<PieceRun> runs;
  std::vector<at::Tensor> rows;
  for (PromptRun* prompt : prompts) {
    runs.push_back((prompt->*piece)());
    rows.push_back(prompt->rows());
  }
  at::Tensor x = rows.size() == 1 ? rows.front() : at::cat(rows, 0);
  rows.clear();
  run_pieces(network, x, runs);
  std::int64_t at = 0;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    prompts[i]->rows() = x.narrow(0, at, runs[i].rows);
    at += runs[i].rows;
  }
}

}  // namespace

Prompt run_whole_prompt(const Network& network, ImagePrefix* prefix, const PreparedItem& item,
                        std::span<const std::int32_t> ids, std::int64_t tail, bool answers,
                        const Taps& taps) {
  network.working.in_prompt = true;  // and stays so when memory runs out
  PromptRun run(network, {.item = &item,
                          .ids = ids,
                          .tail = tail,
                          .answers = answers,
                          .taps = &taps,
                          .prefix = network.working.keep ? prefix : nullptr});
  PromptRun* const one = &run;
  if (!run.take_kept()) {
    run.embed_first();
    run_together(network, {&one, 1}, &PromptRun::first_piece_run);
  }
  if (run.embed_rest()) run_together(network, {&one, 1}, &PromptRun::rest_piece_run);
  Prompt prompt = run.finish();
  network.working.in_prompt = false;
  return prompt;
}

void run_prompts(const Network& network, std::span<PromptRun* const> prompts,
                 std::span<std::string> problems) {
  constexpr std::size_t kItself = static_cast<std::size_t>(-1);
  std::vector<std::size_t> leader(prompts.size(), kItself);  // whose first piece a prompt takes
  std::vector<PromptRun*> first, rest;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    attempt(problems[i], [&] {
      for (std::size_t j = 0; j < i && leader[i] == kItself; ++j) {
        const bool runs = prompts[j] != nullptr && problems[j].empty() && leader[j] == kItself;
        if (runs && prompts[i]->takes_first_of(*prompts[j])) leader[i] = j;
      }
      if (leader[i] != kItself) return;
      prompts[i]->embed_first();
      first.push_back(prompts[i]);
    });
  }
  network.working.in_prompt = true;  // and stays so when memory runs out
  run_together(network, first, &PromptRun::first_piece_run);
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    attempt(problems[i], [&] {
      if (leader[i] != kItself) prompts[i]->take_first_of(*prompts[leader[i]]);
      if (prompts[i]->embed_rest()) rest.push_back(prompts[i]);
    });
  }
  run_together(network, rest, &PromptRun::rest_piece_run);
  network.working.in_prompt = false;
}

}  // namespace vrp
