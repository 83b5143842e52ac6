// Choosing tokens where the logits are. A fold over the vocabulary leaves each row's two largest
// logits and the mass of its softmax; top-p draws a token, undecided once in a million draws, which
// the host then decides from that row's logits.
#include <algorithm>
#include <bit>
#include <cmath>

#include "kernels/top_p_rows.hpp"
#include "kernels/vocab_key.hpp"
#include "kernels/vocab_statistics.hpp"
#include "pipeline/model/token_chooser.hpp"

namespace vrp {
namespace {

constexpr auto kStateBytes = static_cast<std::int64_t>(sizeof(VocabState));
constexpr std::int64_t kTop1Word = offsetof(VocabState, top1) / 8;
static_assert(kStateBytes % 8 == 0);

TokenStatistics statistics_of(const VocabState& state, float logit) {
  const float top = std::bit_cast<float>(key_bits(state.top1));
  TokenStatistics s;
  s.logprob = (static_cast<double>(logit) - top) - std::log(state.mass);
  s.entropy = std::log(state.mass) - state.weighted / state.mass;
  s.max_probability = 1.0 / state.mass;
  s.top1 = top;
  s.top2 = state.top2 == 0 ? top : std::bit_cast<float>(key_bits(state.top2));
  return s;
}

class DeviceChooser : public TokenChooser {
 public:
  DeviceChooser(const ChooserParams& params, at::Device device, std::function<KernelPlace()> place)
      : params_(params), place_(std::move(place)), rows_(static_cast<std::size_t>(params.rows)) {
    const auto on = [&](at::ScalarType type) {
      return at::TensorOptions().device(device).dtype(type);
    };
    const std::int64_t rows = params.rows;
    uniforms_ = at::zeros({rows}, on(at::kDouble));
    drawn_ = at::zeros({rows}, on(at::kInt));
    tokens_ = at::zeros({rows}, on(at::kLong));
    states_ = at::zeros({rows, kStateBytes / 8}, on(at::kLong));
    greedy_ = at::arange(rows, on(at::kLong)).remainder(params.each).eq(0);
  }

  void expect(std::span<const RowKind> kinds, std::span<const double> uniforms) override {
    kinds_.assign(kinds.begin(), kinds.end());
    host_uniforms_.assign(uniforms.begin(), uniforms.end());
    uniforms_.copy_(at::tensor(host_uniforms_, at::kDouble));
  }

  void choose(const at::Tensor& logits) override {
    logits_ = logits.to(at::kFloat).contiguous();
    const KernelPlace place = place_();
    const std::int64_t rows = params_.rows, vocab = logits_.size(1);
    auto* states = reinterpret_cast<VocabState*>(states_.data_ptr<std::int64_t>());
    vocab_begin(place.device, states, rows, place.stream);
    vocab_fold(place.device,
               {.logits = logits_.const_data_ptr<float>(),
                .rows = rows,
                .stride = vocab,
                .first = 0,
                .count = vocab,
                .states = states,
                .stream = place.stream},
               VocabPass::statistics);
    draw(place);
    // The low half of a key is the complement of its token.
    const at::Tensor largest = states_.select(1, kTop1Word).bitwise_not().bitwise_and(0xFFFFFFFF);
    tokens_.copy_(at::where(greedy_, largest, drawn_.to(at::kLong)).clamp_(0, vocab - 1));
    const at::Tensor logit = logits_.gather(1, tokens_.unsqueeze(1)).squeeze(1);
    outcome_ = at::cat(
        {states_.flatten(), tokens_, drawn_.to(at::kLong), logit.view(at::kInt).to(at::kLong)});
  }

  std::span<const ChosenRow> settle() override {
    const at::Tensor outcome = outcome_.to(at::kCPU);
    const auto* states =
        reinterpret_cast<const VocabState*>(outcome.const_data_ptr<std::int64_t>());
    const std::int64_t* tokens = outcome.const_data_ptr<std::int64_t>() + states_.numel();
    const std::int64_t *drawn = tokens + params_.rows, *logits = drawn + params_.rows;
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      rows_[r] = {};
      if (kinds_[r] == RowKind::idle) continue;
      const bool open = kinds_[r] == RowKind::path && drawn[r] < 0;
      if (states[r].bad > 0 || open) {
        decide(r);
      } else {
        rows_[r].token = static_cast<std::int32_t>(tokens[r]);
        rows_[r].statistics =
            statistics_of(states[r], std::bit_cast<float>(static_cast<std::int32_t>(logits[r])));
      }
    }
    return rows_;
  }
  const at::Tensor& tokens() const override { return tokens_; }

 private:
  void draw(const KernelPlace& place) {
    // The specification throws where the device marks a row; here both mark it.
    const at::Tensor finite =
        place.device == Device::cpu ? at::nan_to_num(logits_, 0.0, 0.0, 0.0) : logits_;
    top_p_rows(place.device, {.logits = finite.const_data_ptr<float>(),
                              .rows = params_.rows,
                              .vocab = finite.size(1),
                              .stride = finite.size(1),
                              .uniform = uniforms_.const_data_ptr<double>(),
                              .temperature = params_.temperature,
                              .top_p = params_.top_p,
                              .tokens = drawn_.data_ptr<std::int32_t>(),
                              .stream = place.stream});
  }

  /// The host chooses for a row.
  void decide(std::size_t r) {
    const auto row = static_cast<std::int64_t>(r);
    const at::Tensor logits = logits_[row].to(at::kCPU).contiguous();
    rows_[r] =
        choose_on_host({logits.const_data_ptr<float>(), static_cast<std::size_t>(logits.numel())},
                       kinds_[r], host_uniforms_[r], params_);
    tokens_[row].fill_(std::int64_t{rows_[r].token});
  }

  ChooserParams params_;
  std::function<KernelPlace()> place_;
  std::vector<ChosenRow> rows_;
  std::vector<RowKind> kinds_;
  std::vector<double> host_uniforms_;
  at::Tensor uniforms_, drawn_, tokens_, states_, greedy_;
  at::Tensor logits_, outcome_;  ///< of the last choice
};

}  // namespace

std::unique_ptr<TokenChooser> make_device_chooser(const ChooserParams& params, at::Device device,
                                                  std::function<KernelPlace()> place) {
  return std::make_unique<DeviceChooser>(params, device, std::move(place));
}

}  // namespace vrp
