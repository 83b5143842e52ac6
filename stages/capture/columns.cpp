#include "stages/capture/columns.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/attention_guard.hpp"

namespace vrp {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr float kHalfMax = 65504.0f;

/// [L, S_i] of each item side by side: [L, sum of S_i]. `planes` is L (or L*H).
std::vector<float> side_by_side(const std::vector<std::vector<float>>& parts, std::size_t planes) {
  std::vector<float> out;
  for (std::size_t plane = 0; plane < planes; ++plane) {
    for (const auto& part : parts) {
      const auto width = static_cast<std::ptrdiff_t>(part.size() / planes);
      const auto begin = part.begin() + static_cast<std::ptrdiff_t>(plane) * width;
      out.insert(out.end(), begin, begin + width);
    }
  }
  return out;
}

}  // namespace

CaptureColumns::CaptureColumns(const ItemTable& items, const ModelSpec& spec,
                               const CaptureParams& params)
    : items_(items),
      spec_(spec),
      params_(params),
      lens_(spec, params),
      choices_(params.choices && has_choices(items)) {}

void CaptureColumns::add_row(std::size_t row) {
  ++n_;
  key_.push_back(items_.key[row]);
  id_.push_back(items_.id[row]);
  group_.push_back(items_.group[row]);
  type_.push_back(items_.type[row]);
}

void CaptureColumns::add_failure(std::size_t row, const std::string& reason) {
  add_row(row);
  status_.push_back(static_cast<int>(ItemStatus::failed));
  reason_.push_back(reason);
  text_.emplace_back();
  for (auto* column : {&prompt_tokens_, &length_, &clamped_}) column->push_back(-1);
  grid_.insert(grid_.end(), 2, 0);
  ended_.push_back(0);
  patch_offset_.push_back(patch_offset_.back());
  token_offset_.push_back(token_offset_.back());
  geometry_.insert(geometry_.end(), 8, kNaN);
  for (auto* column : {&p_tok_, &logit_entropy_, &confidence_}) column->push_back(kNaN);
  for (auto* column : {&top1_, &top2_}) column->push_back(std::nanf(""));
  share_.insert(share_.end(), static_cast<std::size_t>(spec_.text.layers), kNaN);
  add_states({}, false, first_);
  add_states({}, false, last_);
  if (keeps_blank()) add_states({}, false, blank_);
  lens_.add(undefined_lens(spec_, params_));
  choices_.add({});
  if (params_.hidden) {
    mlp_.insert(
        mlp_.end(),
        static_cast<std::size_t>(spec_.text.layers) * static_cast<std::size_t>(spec_.text.hidden),
        Half::from_float(std::nanf("")));
  }
}

void CaptureColumns::add_states(const std::vector<float>& states, bool defined,
                                std::vector<Half>& out) {
  if (!params_.hidden) return;
  const auto size =
      static_cast<std::size_t>(spec_.text.layers + 1) * static_cast<std::size_t>(spec_.text.hidden);
  for (std::size_t i = 0; i < size; ++i) {
    const float value = defined ? states[i] : std::nanf("");
    if (std::abs(value) > kHalfMax) ++clamped_.back();
    out.push_back(
        Half::from_float(std::isnan(value) ? value : std::clamp(value, -kHalfMax, kHalfMax)));
  }
}

void CaptureColumns::add_answer(std::size_t row, const PreparedItem& item, const Answer& answer,
                                const CaptureObserver& seen, const std::vector<float>& blank_states,
                                const LensItem& lens, const ChoiceLosses& choices) {
  add_row(row);
  status_.push_back(static_cast<int>(ItemStatus::ok));
  reason_.emplace_back();
  text_.push_back(answer.text);
  prompt_tokens_.push_back(static_cast<std::int32_t>(item.ids.size()));
  const auto length = static_cast<std::int32_t>(answer.tokens.size());
  length_.push_back(length);
  ended_.push_back(answer.ended ? 1 : 0);
  const Geometry& g = item.image.geometry;
  grid_.insert(grid_.end(), {g.rows, g.cols});
  geometry_.insert(geometry_.end(),
                   {static_cast<double>(g.source_width), static_cast<double>(g.source_height),
                    g.scale_x, g.scale_y, g.offset_x, g.offset_y, static_cast<double>(g.width),
                    static_cast<double>(g.height)});
  tokens_.insert(tokens_.end(), answer.tokens.begin(), answer.tokens.end());
  double sum = 0;
  for (std::int32_t t = 0; t < length; ++t) {
    const TokenStep& step = answer.steps[static_cast<std::size_t>(t)];
    logprob_.push_back(step.logprob);
    entropy_.push_back(step.entropy);
    sum += step.logprob;
  }
  token_offset_.push_back(token_offset_.back() + length);
  const TokenStep& first = answer.steps.front();  // of y_0, or of the end token when T = 0
  p_tok_.push_back(length > 0 ? sum / length : first.logprob);
  logit_entropy_.push_back(first.entropy);
  confidence_.push_back(first.max_probability);
  top1_.push_back(first.top1);
  top2_.push_back(first.top2);
  clamped_.push_back(0);
  add_states(seen.first_states(), true, first_);
  add_states(seen.last_states(), length > 0, last_);
  if (keeps_blank()) add_states(blank_states, true, blank_);
  lens_.add(lens);
  choices_.add(choices);
  if (params_.hidden) {
    for (const float value : seen.first_mlp()) {
      if (std::abs(value) > kHalfMax) ++clamped_.back();
      mlp_.push_back(Half::from_float(std::clamp(value, -kHalfMax, kHalfMax)));
    }
  }
  add_attention(item, answer, seen);
}

void CaptureColumns::add_attention(const PreparedItem& item, const Answer& answer,
                                   const CaptureObserver& seen) {
  const auto layers = static_cast<std::size_t>(spec_.text.layers);
  if (!params_.attention) {
    patch_offset_.push_back(patch_offset_.back());
    share_.insert(share_.end(), layers, kNaN);
    return;
  }
  CaptureObserver::Maps maps = seen.maps(static_cast<int>(answer.tokens.size()));
  const std::int64_t cells = seen.image_tokens();
  const AttentionVerdict verdict =
      attention_guard({maps.mean.data(), static_cast<std::int64_t>(layers), cells}, maps.share,
                      static_cast<std::int64_t>(item.image_positions.size()));
  if (!verdict.ok()) {
    status_.back() = static_cast<int>(ItemStatus::attention_invalid);
    reason_.back() = verdict.reason;
  }
  patch_offset_.push_back(patch_offset_.back() + cells);
  share_.insert(share_.end(), maps.share.begin(), maps.share.end());
  map_.push_back(std::move(maps.mean));
  map_first_.push_back(std::move(maps.first));
  if (params_.last_map) map_last_.push_back(std::move(maps.last));
  if (params_.head_map) head_map_.push_back(seen.head_map());
}

Record CaptureColumns::finish() {
  Record out;
  const std::int64_t layers = spec_.text.layers;
  const std::int64_t hidden = spec_.text.hidden;
  const auto item = [&](const char* name, auto values, const char* units, const char* text) {
    out.add(name, {"item"}, {n_}, std::move(values), units, text);
  };
  const auto offsets = [&](const char* name, std::vector<std::int64_t> values, const char* dim,
                           const char* text) {
    out.add(Array{
        name, {"item_plus_one"}, {n_ + 1}, "1", text, std::move(values), {{"ragged_dim", dim}}});
  };
  item("item/key", key_, "", "benchmark/split/question id");
  item("item/id", id_, "", "question id of the source");
  item("item/group", group_, "", "image id");
  item("item/type", type_, "", "question type");
  item("item/status", status_, "1", "0 ok, 1 failed, 2 attention invalid");
  item("item/reason", reason_, "", "why the status is not 0");
  offsets("item/patch_offset", patch_offset_, "image_token", "first image token of each item");
  out.add("item/grid", {"item", "axis"}, {n_, 2}, grid_, "cells",
          "rows and columns of image tokens");
  out.add("item/geometry", {"item", "geometry_field"}, {n_, 8}, geometry_, "pixels",
          "source width, source height, scale x, scale y, offset x, offset y, input width, input "
          "height; input = source * scale - offset");
  item("item/prompt_tokens", prompt_tokens_, "tokens",
       "length of the prompt, image tokens included");
  item("answer/text", text_, "", "greedy answer without special tokens, trimmed");
  item("answer/length", length_, "tokens", "T, end token excluded");
  item("answer/ended", ended_, "1", "1 = the model produced an end token");
  offsets("answer/token_offset", token_offset_, "answer_token", "first answer token of each item");
  const auto total = static_cast<std::int64_t>(tokens_.size());
  out.add("answer/tokens", {"answer_token"}, {total}, tokens_, "1", "token ids of the answers");
  out.add("answer/logprob", {"answer_token"}, {total}, logprob_, "nats", "ln P of each token");
  out.add("answer/entropy", {"answer_token"}, {total}, entropy_, "nats",
          "entropy of the distribution each token was chosen from");
  out.add(signal_array("output/p_tok", p_tok_, 1, "nats",
                       "mean ln P of the answer tokens; T = 0: ln P of the end token"));
  out.add(signal_array("output/logit_entropy", logit_entropy_, -1, "nats",
                       "entropy of the first token's distribution"));
  out.add(signal_array("output/confidence", confidence_, 1, "probability",
                       "largest probability of the first token's distribution"));
  item("output/top1", top1_, "logits", "largest logit of the first token");
  item("output/top2", top2_, "logits", "second largest logit of the first token");
  out.add("attention/share", {"item", "layer"}, {n_, layers}, share_, "probability",
          "img_share(l): mass of m(l) on the image tokens");
  if (params_.attention) {
    const std::int64_t cells = patch_offset_.back();
    const auto planes = static_cast<std::size_t>(layers);
    out.add("attention/map", {"layer", "image_token"}, {layers, cells}, side_by_side(map_, planes),
            "probability", "m(l): attention to the image, mean over heads and answer queries");
    out.add("attention/map_first", {"layer", "image_token"}, {layers, cells},
            side_by_side(map_first_, planes), "probability",
            "attention to the image of the query of the first answer token, mean over heads");
    if (params_.last_map) {
      out.add("attention/map_last", {"layer", "image_token"}, {layers, cells},
              side_by_side(map_last_, planes), "probability",
              "attention to the image of the query of the last answer token, mean over heads");
    }
    if (params_.head_map) {
      const std::int64_t heads = spec_.text.heads;
      out.add("attention/head_map", {"layer", "head", "image_token"}, {layers, heads, cells},
              side_by_side(head_map_, planes * static_cast<std::size_t>(heads)), "probability",
              "attention to the image of the query of the first answer token, each head");
    }
  }
  if (params_.hidden) {
    out.add("hidden/first", {"item", "state", "hidden"}, {n_, layers + 1, hidden}, first_, "1",
            "h(-1) .. h(L-1) at the last prompt position");
    out.add("hidden/last", {"item", "state", "hidden"}, {n_, layers + 1, hidden}, last_, "1",
            "h(-1) .. h(L-1) at the last answer token; NaN when the answer is empty");
    if (keeps_blank()) {
      out.add("hidden/blank", {"item", "state", "hidden"}, {n_, layers + 1, hidden}, blank_, "1",
              "h(-1) .. h(L-1) at the last prompt position with the grey picture");
    }
    out.add("hidden/mlp_first", {"item", "layer", "hidden"}, {n_, layers, hidden}, mlp_, "1",
            "output of each MLP block at the last prompt position");
    item("hidden/clamped", clamped_, "1", "values outside +-65504 that were clamped");
  }
  lens_.finish(n_, out);
  choices_.finish(out);
  return out;
}

}  // namespace vrp
