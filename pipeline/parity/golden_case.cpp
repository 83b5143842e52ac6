#include "pipeline/parity/golden_case.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/top_p.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/parity/observers.hpp"

namespace fs = std::filesystem;

namespace vrp::golden {
namespace {

std::span<const float> part(std::span<const float> all, std::size_t index, std::size_t count) {
  return all.subspan(index * count, count);
}

std::vector<std::int32_t> ids_of(const GoldenFile& file, const std::string& dataset) {
  const auto array = file.read<std::int64_t>(dataset);
  return {array.data.begin(), array.data.end()};
}

std::vector<std::int32_t> first(std::vector<std::int32_t> all, std::size_t count) {
  all.resize(std::min(count, all.size()));
  return all;
}

/// Tokens as the reference lists them: with the end token.
std::vector<std::int32_t> all_tokens(const Answer& answer) {
  std::vector<std::int32_t> tokens;
  for (const TokenStep& step : answer.steps) tokens.push_back(step.token);
  return tokens;
}

/// One golden case, run by one model.
class Case {
 public:
  Case(const Model& model, const Fixtures& fixtures, const GoldenFile& file,
       const std::string& name, Tally& tally, const Tolerances& allowed)
      : fixtures_(fixtures),
        model_(model),
        file_(file),
        at_("cases/" + name),
        tally_(tally),
        allowed_(allowed) {
    tally.set_case(name + " ");
    layers_ = model.spec().text.layers;
    params_.max_new_tokens = 16;
    if (file.has_attribute("/", "max_new_tokens")) {
      params_.max_new_tokens = static_cast<int>(file.number("/", "max_new_tokens"));
    }
    full_ = file.has(at_ + "/prefill/hidden_states");
    norm_ = final_norm(fixtures.checkpoint, model.spec());
  }

  void run() {
    inputs();
    prompt();
    greedy();
    sampling();
    ablations();
  }

 private:
  std::vector<float> floats(const std::string& name) const {
    return file_.read<float>(at_ + "/" + name).data;
  }

  void inputs() {
    const fs::path image = fixtures_.images / file_.text(at_, "image");
    PromptStyle style;
    style.template_name = file_.text(at_, "style") == "chat" ? "chat" : "plain";
    item_ = model_.prepare(read_image(image), file_.text(at_, "question"), style);
    tally_.equal("input_ids", item_.ids, ids_of(file_, at_ + "/inputs/input_ids"));
    tally_.equal("image_token_positions", item_.image_positions,
                 file_.read<std::int64_t>(at_ + "/inputs/image_token_positions").data);
    tally_.close("pixel_values", item_.image.pixels, floats("inputs/pixel_values"),
                 allowed_.pixels);
    // [axes, T]; Qwen2-VL's may have a row of text positions before time, row and column.
    auto positions = file_.read<std::int64_t>(at_ + "/inputs/position_ids").data;
    const std::size_t ours = item_.positions.size();
    if (positions.size() > ours)
      positions.erase(positions.begin(), positions.end() - static_cast<std::ptrdiff_t>(ours));
    tally_.equal("position_ids",
                 std::vector<std::int64_t>(item_.positions.begin(), item_.positions.end()),
                 positions);
  }

  void prompt() {
    Recorder seen({{Site::image_features},
                   {Site::embedding, -1, Rows::all},
                   {Site::residual, SiteRequest::kAllLayers, Rows::all},
                   {Site::attention_out},
                   {Site::mlp_out},
                   {Site::image_update},
                   {Site::attention_row}});
    const int tail = full_ ? 8 : 1;
    const auto logits = model_.logits(item_, {}, tail, &seen);
    const auto vocab = static_cast<std::size_t>(model_.spec().text.vocab);
    tally_.close("projected", seen.get(Site::image_features, -1), floats("vision/projected"),
                 allowed_.states, true);
    const auto last = part(logits, static_cast<std::size_t>(tail - 1), vocab);
    tally_.close("logits_last", last, floats("prefill/logits_last"), allowed_.logits);
    if (full_) tally_.close("logits_tail", logits, floats("prefill/logits_tail"), allowed_.logits);
    logits_last_.assign(last.begin(), last.end());
    block_outputs(seen, Site::attention_out, "attn_out_last");
    block_outputs(seen, Site::mlp_out, "mlp_out_last");
    states(seen);
    if (full_) attention_of_prompt(seen);
  }

  void block_outputs(const Recorder& seen, Site site, const std::string& name) {
    const auto all = floats("prefill/" + name);
    double largest = 0;
    for (const float value : all) largest = std::max(largest, std::abs(double{value}));
    const double allowed = allowed_.block_outputs + allowed_.block_outputs_relative * largest;
    const auto width = static_cast<std::size_t>(model_.spec().text.hidden);
    for (int l = 0; l < layers_; ++l) {
      tally_.close(name, seen.get(site, l), part(all, static_cast<std::size_t>(l), width), allowed);
    }
  }

  /// h(-1) .. h(L-2) and norm(h(L-1)) at one position: the reference's hidden_states.
  std::vector<float> states_at(const Recorder& seen, int step, std::size_t row) const {
    const auto width = static_cast<std::size_t>(model_.spec().text.hidden);
    std::vector<float> all;
    for (int l = -1; l < layers_; ++l) {
      const auto state =
          part(seen.get(l < 0 ? Site::embedding : Site::residual, l, step), row, width);
      if (l + 1 < layers_) {
        all.insert(all.end(), state.begin(), state.end());
      } else {
        const auto y = normed(state, norm_, model_.spec().text.rms_eps);
        all.insert(all.end(), y.begin(), y.end());
      }
    }
    return all;
  }

  void states(const Recorder& seen) {
    const std::size_t rows = item_.ids.size();
    const auto width = static_cast<std::size_t>(model_.spec().text.hidden);
    tally_.close("hidden_last", states_at(seen, 0, rows - 1), floats("prefill/hidden_last"),
                 allowed_.states, true);
    const auto& raw = seen.get(Site::residual, layers_ - 1);
    tally_.close("last_layer_raw_last", part(raw, rows - 1, width),
                 floats("prefill/last_layer_raw_last"), allowed_.states, true);
    lens(seen);
    image_update(seen);
    if (!full_) return;
    tally_.close("last_layer_raw", raw, floats("prefill/last_layer_raw"), allowed_.states, true);
    std::vector<float> all;
    for (int l = -1; l < layers_ - 1; ++l) {
      const auto& state = seen.get(l < 0 ? Site::embedding : Site::residual, l);
      all.insert(all.end(), state.begin(), state.end());
    }
    for (std::size_t r = 0; r < rows; ++r) {
      const auto y = normed(part(raw, r, width), norm_, model_.spec().text.rms_eps);
      all.insert(all.end(), y.begin(), y.end());
    }
    tally_.close("hidden_states", all, floats("prefill/hidden_states"), allowed_.states, true);
  }

  /// head(norm(h)) of every state at the last position; h(L-1) gives the final logits.
  void lens(const Recorder& seen) {
    const std::size_t rows = item_.ids.size();
    const auto width = static_cast<std::size_t>(model_.spec().text.hidden);
    std::vector<float> states;
    for (int l = -1; l < layers_; ++l) {
      const auto state =
          part(seen.get(l < 0 ? Site::embedding : Site::residual, l), rows - 1, width);
      states.insert(states.end(), state.begin(), state.end());
    }
    const auto logits = model_.unembed_logits(states);
    tally_.close("logit_lens", logits, floats("prefill/logit_lens"), allowed_.logits);
    const auto vocab = static_cast<std::size_t>(model_.spec().text.vocab);
    tally_.equal("logit_lens of the last state: the bits of the logits",
                 std::ranges::equal(part(logits, static_cast<std::size_t>(layers_), vocab),
                                    model_.logits(item_, {}, 1)),
                 true);
  }

  /// Mean over image tokens of the norm of what each block changes.
  void image_update(const Recorder& seen) {
    std::vector<float> update;
    for (int l = 0; l < layers_; ++l) update.push_back(seen.get(Site::image_update, l).front());
    tally_.close("image_token_update_norm", update, floats("prefill/image_token_update_norm"),
                 allowed_.states, true);
  }

  void attention_of_prompt(const Recorder& seen) {
    const auto all = file_.read<float>(at_ + "/prefill/attentions");  // [L, H, T, T]
    const std::size_t heads = static_cast<std::size_t>(all.shape[1]),
                      length = static_cast<std::size_t>(all.shape[2]);
    for (int l = 0; l < layers_; ++l) {
      std::vector<float> expected;
      for (std::size_t h = 0; h < heads; ++h) {
        const std::size_t row = ((static_cast<std::size_t>(l) * heads + h) * length + length - 1);
        for (const std::int64_t p : item_.image_positions) {
          expected.push_back(all.data[row * length + static_cast<std::size_t>(p)]);
        }
      }
      tally_.close("attentions", seen.get(Site::attention_row, l), expected, allowed_.attention);
    }
  }

  void greedy() {
    Recorder seen({{Site::attention_row},
                   {Site::embedding, -1, Rows::last},
                   {Site::residual, SiteRequest::kAllLayers, Rows::last}});
    const Answer answer = model_.greedy(item_, params_, &seen);
    const auto tokens = ids_of(file_, at_ + "/greedy/tokens");
    const auto logits = floats("greedy/logits");
    const std::size_t clear = clear_steps(logits, tokens.size());
    const auto found = all_tokens(answer);
    const bool whole = clear == tokens.size();
    if (clear > 0)
      tally_.equal("greedy tokens", first(found, whole ? found.size() : clear),
                   first(tokens, clear));
    // The step behind them has the same tokens before it, and so the same numbers.
    const std::size_t steps = std::min({clear + 1, tokens.size(), answer.steps.size()});
    statistics(answer, logits, steps);
    attention_of_answer(seen, steps);
    if (whole) {
      tally_.equal("text", answer.text, trim(file_.text(at_ + "/greedy", "text")));
    }
    const auto n = static_cast<int>(tokens.size());
    const auto forced = model_.logits(item_, std::span(tokens).first(tokens.size() - 1), n);
    tally_.close("logits, teacher forced", forced, logits, allowed_.logits);
    forced_tokens(forced, logits, tokens);
    if (full_) {
      std::vector<float> states;
      for (std::size_t t = 0; t < steps; ++t) {
        const auto now = states_at(seen, static_cast<int>(t), 0);
        states.insert(states.end(), now.begin(), now.end());
      }
      tally_.close("hidden_last of the answer", states,
                   part(floats("greedy/hidden_last"), 0, states.size()), allowed_.states, true);
      teacher_forced_attention(tokens);
    }
    if (clear > 3 && file_.has(at_ + "/greedy/tokens_eos_is_4th")) {
      GenerationParams stop = params_;
      stop.eos = {tokens[3]};
      tally_.equal("tokens, eos is the 4th", all_tokens(model_.greedy(item_, stop)),
                   ids_of(file_, at_ + "/greedy/tokens_eos_is_4th"));
    }
  }

  /// The best token of each step behind the reference's answer, wherever it is clear.
  void forced_tokens(std::span<const float> forced, std::span<const float> logits,
                     const std::vector<std::int32_t>& tokens) {
    const auto vocab = static_cast<std::size_t>(model_.spec().text.vocab);
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      if (clear_steps(part(logits, t, vocab), 1) == 0) continue;
      const auto row = part(forced, t, vocab);
      tally_.equal("tokens, teacher forced",
                   static_cast<std::int32_t>(std::ranges::max_element(row) - row.begin()),
                   tokens[t]);
    }
  }

  /// Leading steps whose token does not hang on rounding.
  std::size_t clear_steps(std::span<const float> logits, std::size_t steps) const {
    if (allowed_.clear_margin == 0) return steps;
    const auto vocab = static_cast<std::size_t>(model_.spec().text.vocab);
    for (std::size_t t = 0; t < steps; ++t) {
      const TokenStatistics step = token_statistics(part(logits, t, vocab), 0);
      if (!(step.top1 - step.top2 > allowed_.clear_margin)) return t;
    }
    return steps;
  }

  /// Statistics of each step, from the reference's logits of that step.
  void statistics(const Answer& answer, std::span<const float> logits, std::size_t steps) {
    const auto vocab = static_cast<std::size_t>(model_.spec().text.vocab);
    for (std::size_t t = 0; t < steps; ++t) {
      const TokenStep& step = answer.steps[t];
      const TokenStatistics want = token_statistics(part(logits, t, vocab), step.token);
      const std::vector<float> found = {static_cast<float>(step.logprob),
                                        static_cast<float>(step.entropy), step.top1, step.top2};
      const std::vector<float> expected = {static_cast<float>(want.logprob),
                                           static_cast<float>(want.entropy), want.top1, want.top2};
      tally_.close("greedy logits' statistics", found, expected, allowed_.logits);
      const auto best = static_cast<float>(step.max_probability);
      const auto best_expected = static_cast<float>(want.max_probability);
      tally_.close("max probability", {&best, 1}, {&best_expected, 1}, allowed_.probabilities);
    }
  }

  void attention_of_answer(const Recorder& seen, std::size_t steps) {
    std::vector<float> rows, map;
    const auto cells = item_.image_positions.size();
    const auto heads = static_cast<std::size_t>(model_.spec().text.heads);
    for (std::size_t t = 0; t < steps; ++t) {
      for (int l = 0; l < layers_; ++l) {
        const auto& row = seen.get(Site::attention_row, l, static_cast<int>(t));
        rows.insert(rows.end(), row.begin(), row.end());
      }
    }
    const auto expected = floats("greedy/attn_rows");  // [T, L, H, S]
    tally_.close("attn_rows", rows, part(expected, 0, rows.size()), allowed_.attention);
    if (expected.size() != rows.size()) return;  // the map is the mean over all steps
    for (std::size_t l = 0; l < static_cast<std::size_t>(layers_); ++l) {
      for (std::size_t s = 0; s < cells; ++s) {
        double sum = 0;
        for (std::size_t t = 0; t < steps; ++t) {
          for (std::size_t h = 0; h < heads; ++h) {
            const std::size_t row = (t * static_cast<std::size_t>(layers_) + l) * heads + h;
            sum += rows[row * cells + s];
          }
        }
        map.push_back(static_cast<float>(sum / static_cast<double>(steps * heads)));
      }
    }
    tally_.close("attn_map", map, floats("greedy/attn_map"), allowed_.attention);
  }

  void teacher_forced_attention(const std::vector<std::int32_t>& tokens) {
    Recorder seen({{Site::attention_row}});
    model_.logits(item_, tokens, 1, &seen);
    const auto all = file_.read<float>(at_ + "/greedy/teacher_forced_attn_rows");  // [L, H, n+1, N]
    const auto queries = static_cast<std::size_t>(all.shape[2]);
    const std::size_t cells = item_.image_positions.size();
    tally_.equal("teacher forced queries", seen.steps(Site::attention_row, 0),
                 static_cast<int>(tokens.size()) + 1);
    for (std::size_t l = 0; l < static_cast<std::size_t>(layers_); ++l) {
      for (std::size_t q = 0; q < queries; ++q) {
        std::vector<float> expected;
        for (std::size_t h = 0; h < static_cast<std::size_t>(all.shape[1]); ++h) {
          const std::size_t row = (l * static_cast<std::size_t>(all.shape[1]) + h) * queries + q;
          const auto values = part(all.data, row, cells);
          expected.insert(expected.end(), values.begin(), values.end());
        }
        tally_.close("teacher_forced_attn_rows",
                     seen.get(Site::attention_row, static_cast<int>(l), static_cast<int>(q)),
                     expected, allowed_.attention);
      }
    }
  }

  void sampling() {
    const std::string group = at_ + "/sample";
    SamplingParams sampling;
    sampling.temperature = file_.number(group, "temperature");
    sampling.top_p = file_.number(group, "top_p");
    const auto p = top_p_distribution(logits_last_, sampling.temperature, sampling.top_p);
    tally_.close("probs_plain", std::vector<float>(p.begin(), p.end()),
                 floats("sample/probs_plain"), allowed_.probabilities);
    if (!file_.has(group + "/path_tokens")) return;
    const auto uniforms = file_.read<double>(group + "/path_uniforms");
    const auto expected = file_.read<std::int64_t>(group + "/path_tokens");
    const auto steps = static_cast<std::size_t>(expected.shape[1]);
    sampling.samples = static_cast<int>(expected.shape[0]);
    std::vector<std::vector<std::int32_t>> shared;
    for (const bool share : {true, false}) {
      sampling.share_prefix = share;
      const auto paths = model_.sample(item_, params_, sampling, [&](int k, int t) {
        return uniforms.data[static_cast<std::size_t>(k) * steps + static_cast<std::size_t>(t)];
      });
      for (std::size_t k = 0; k < paths.size(); ++k) {
        std::vector<std::int32_t> want;
        for (std::size_t t = 0; t < steps && expected.data[k * steps + t] >= 0; ++t) {
          want.push_back(static_cast<std::int32_t>(expected.data[k * steps + t]));
        }
        const auto found = all_tokens(paths[k]);
        if (allowed_.clear_margin == 0) {
          tally_.equal(share ? "paths, shared prefix" : "paths, one by one", found, want);
        } else if (share) {
          shared.push_back(found);  // one rounding may lead to another token
        } else {
          tally_.equal("paths, one by one and shared", found, shared.at(k));
        }
      }
    }
  }

  void ablations() {
    for (const std::string& name : file_.list(at_ + "/ablations")) {
      const std::string group = "ablations/" + name;
      const Json spec = parse_json(file_.text(at_ + "/" + group, "spec"), at_ + "/" + group);
      Ablation edit(spec);
      tally_.close("ablations: logits_last", model_.logits(item_, {}, 1, &edit),
                   floats(group + "/logits_last"), allowed_.logits);
      GenerationParams eight = params_;
      eight.max_new_tokens = 8;
      const Answer answer = model_.greedy(item_, eight, &edit);
      const auto found = all_tokens(answer);
      const auto tokens = ids_of(file_, at_ + "/" + group + "/greedy_tokens");
      // Of the later steps the reference left no logits: only the first one's margin is known.
      const bool all = allowed_.clear_margin == 0;
      const std::size_t count =
          all ? tokens.size() : clear_steps(floats(group + "/logits_last"), 1);
      if (count > 0)
        tally_.equal("ablations: greedy tokens", first(found, all ? found.size() : count),
                     first(tokens, count));
      if (all) {
        tally_.equal("ablations: text", answer.text, trim(file_.text(at_ + "/" + group, "text")));
      }
    }
  }

  const Fixtures& fixtures_;
  const Model& model_;
  const GoldenFile& file_;
  std::string at_;
  Tally& tally_;
  const Tolerances& allowed_;
  int layers_ = 0;
  bool full_ = false;
  GenerationParams params_;
  PreparedItem item_;
  std::vector<float> logits_last_, norm_;
};

}  // namespace

Tolerances bf16_tolerances() {
  Tolerances allowed;
  allowed.logits = 1.2;
  allowed.attention = 0.08;
  allowed.block_outputs = 0;
  allowed.block_outputs_relative = 0.08;
  allowed.probabilities = 0.08;
  allowed.states = 0.1;
  allowed.clear_margin = 0.6;
  return allowed;
}

void compare_case(const Model& model, const Fixtures& fixtures, const GoldenFile& file,
                  const std::string& name, Tally& tally, const Tolerances& allowed) {
  Case(model, fixtures, file, name, tally, allowed).run();
}

}  // namespace vrp::golden
