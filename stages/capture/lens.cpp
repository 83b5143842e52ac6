#include "stages/capture/lens.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

constexpr double kAddUp = 1e-2;  ///< relative, largest allowed

float difference(float a, float b) { return static_cast<float>(double{a} - double{b}); }

float length(std::span<const float> x) {
  double squares = 0;
  for (const float value : x) squares += double{value} * double{value};
  return static_cast<float>(std::sqrt(squares));
}

}  // namespace

LensItem undefined_lens(const ModelSpec& spec, const CaptureParams& params) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const auto layers = static_cast<std::size_t>(spec.text.layers);
  const std::vector<float> states(layers + 1, nan), blocks(layers, nan);
  const std::vector<double> wide(layers, std::numeric_limits<double>::quiet_NaN());
  LensItem item;
  item.margin = item.target = item.top2 = item.yes = item.no = states;
  if (params.blank) item.margin_blank = states;
  item.rank.assign(layers + 1, -1);
  item.attention = item.mlp = item.update_mean = item.update_relative = wide;
  item.attention_norm = item.mlp_norm = blocks;
  if (params.head_gain) {
    item.head_gain.assign(layers * static_cast<std::size_t>(spec.text.heads), nan);
  }
  return item;
}

Lens::Lens(const Model& model, const CaptureParams& params)
    : model_(model),
      params_(params),
      tokens_(model.tokenizer(), model.blank_tokens(), params),
      norm_(model.final_norm()),
      layers_(static_cast<std::size_t>(model.spec().text.layers)),
      heads_(static_cast<std::size_t>(model.spec().text.heads)),
      width_(static_cast<std::size_t>(model.spec().text.hidden)) {
  if (params.lens_norm == "raw") options_.norm = UnembedNorm::none;
}

double Lens::rms(std::span<const float> state) const {
  double squares = 0;
  for (const float value : state) squares += double{value} * double{value};
  return std::sqrt(squares / static_cast<double>(width_) + norm_.eps);
}

std::span<const float> Lens::last_state(std::span<const float> states) const {
  return states.last(width_);
}

LensItem Lens::measure(const std::string& reference, const CaptureObserver& seen,
                       std::int32_t first_token, std::span<const float> blank_states) {
  LensItem out;
  const LensTokens& tokens = tokens_.of(reference);
  add_margins(tokens, seen.first_states(), out);
  if (!blank_states.empty()) {
    LensTokens needed = tokens;
    needed.first = needed.second = {};
    for (const LensRow& row : model_.unembed(blank_states, needed, options_)) {
      out.margin_blank.push_back(difference(row.target, row.rival));
    }
  }
  add_contributions(seen, out);
  for (std::size_t l = 0; l < layers_; ++l) {
    out.update_mean.push_back(double{seen.image_update()[2 * l]});
    out.update_relative.push_back(double{seen.image_update()[2 * l + 1]});
  }
  if (params_.head_gain) add_head_gain(seen, first_token, out);
  return out;
}

void Lens::add_margins(const LensTokens& tokens, std::span<const float> states,
                       LensItem& out) const {
  const auto rows = model_.unembed(states, tokens, options_);
  for (const LensRow& row : rows) {
    out.margin.push_back(difference(row.target, row.rival));
    out.target.push_back(row.target);
    out.top2.push_back(difference(row.top1, row.top2));
    out.yes.push_back(row.first);
    out.no.push_back(row.second);
    out.rank.push_back(row.rank);
  }
  const LensRow& last = rows.back();
  out.top2_last = double{last.top1} - double{last.top2};
  if (last.target_token < 0 || last.rival_token < 0) return;
  out.target_token = last.target_token;
  out.rival_token = last.rival_token;
  out.margin_last = double{last.target} - double{last.rival};
}

void Lens::add_contributions(const CaptureObserver& seen, LensItem& out) const {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  const bool defined = out.target_token >= 0;
  // The direction that the final norm's weight, the last state's rms and the head give the margin.
  std::vector<double> direction(width_);
  if (defined) {
    const auto head =
        model_.head_rows(std::vector<std::int32_t>{out.target_token, out.rival_token});
    const bool raw = options_.norm == UnembedNorm::none;
    const double scale = raw ? 1.0 : 1.0 / rms(last_state(seen.first_states()));
    for (std::size_t i = 0; i < width_; ++i) {
      const double weight = raw ? 1.0 : double{norm_.weight[i]};
      direction[i] = weight * scale * (double{head[i]} - double{head[width_ + i]});
    }
  }
  double sum = 0, size = 0;
  const auto contribution = [&](std::span<const float> x) {
    if (!defined) return kNaN;
    double dot = 0;
    for (std::size_t i = 0; i < width_; ++i) dot += double{x[i]} * direction[i];
    sum += dot;
    size += std::abs(dot);
    return dot;
  };
  const auto row = [&](const std::vector<float>& all, std::size_t l) {
    return std::span(all).subspan(l * width_, width_);
  };
  out.embedding = contribution(row(seen.first_states(), 0));
  for (std::size_t l = 0; l < layers_; ++l) {
    const auto attention = row(seen.first_attention(), l), mlp = row(seen.first_mlp(), l);
    out.attention.push_back(contribution(attention));
    out.mlp.push_back(contribution(mlp));
    out.attention_norm.push_back(length(attention));
    out.mlp_norm.push_back(length(mlp));
  }
  if (defined &&
      !(std::abs(sum - out.margin_last) <= kAddUp * std::max(size, std::abs(out.margin_last)))) {
    fail("logit lens: contributions add up to ", sum, ", expected the margin ", out.margin_last,
         " of token ", out.target_token, " over ", out.rival_token);
  }
}

void Lens::add_head_gain(const CaptureObserver& seen, std::int32_t first_token,
                         LensItem& out) const {
  UnembedOptions options;
  options.norm = UnembedNorm::fixed;
  options.rms = rms(last_state(seen.first_states()));
  options.log_sum_exp = true;
  const std::vector<std::int32_t> target{first_token};
  for (std::size_t l = 0; l < layers_; ++l) {
    const auto state = std::span(seen.first_states()).subspan(l * width_, width_);  // h(l-1)
    std::vector<float> rows(state.begin(), state.end());
    for (std::size_t h = 0; h < heads_; ++h) {
      const auto added = std::span(seen.head_out()).subspan((l * heads_ + h) * width_, width_);
      for (std::size_t i = 0; i < width_; ++i) rows.push_back(state[i] + added[i]);
    }
    const auto found = model_.unembed(rows, {.target = target}, options);
    const auto logprob = [&](std::size_t r) {
      return double{found[r].target} - found[r].log_sum_exp;
    };
    for (std::size_t h = 0; h < heads_; ++h) {
      out.head_gain.push_back(static_cast<float>(logprob(h + 1) - logprob(0)));
    }
  }
}

}  // namespace vrp
