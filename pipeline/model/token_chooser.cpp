#include "pipeline/model/token_chooser.hpp"

#include <cmath>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

class HostChooser : public TokenChooser {
 public:
  HostChooser(const ChooserParams& params, at::Device device)
      : params_(params),
        rows_(static_cast<std::size_t>(params.rows)),
        tokens_(at::zeros({params.rows}, at::TensorOptions().device(device).dtype(at::kLong))) {}

  void expect(std::span<const RowKind> kinds, std::span<const double> uniforms) override {
    kinds_.assign(kinds.begin(), kinds.end());
    uniforms_.assign(uniforms.begin(), uniforms.end());
  }

  void choose(const at::Tensor& logits) override {
    const at::Tensor host = logits.to(at::kCPU, at::kFloat).contiguous();
    const auto vocab = static_cast<std::size_t>(host.size(1));
    std::vector<std::int64_t> next(rows_.size());
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      rows_[r] = {};
      if (kinds_[r] == RowKind::idle) continue;
      rows_[r] = choose_on_host({host.const_data_ptr<float>() + r * vocab, vocab}, kinds_[r],
                                uniforms_[r], params_);
      next[r] = rows_[r].token;
    }
    tokens_.copy_(at::tensor(next, at::kLong));
  }

  std::span<const ChosenRow> settle() override { return rows_; }
  const at::Tensor& tokens() const override { return tokens_; }

 private:
  ChooserParams params_;
  std::vector<RowKind> kinds_;
  std::vector<double> uniforms_;
  std::vector<ChosenRow> rows_;
  at::Tensor tokens_;
};

}  // namespace

std::string not_finite(std::span<const float> logits) {
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (!std::isfinite(logits[i])) return concat("entry ", i, " is ", logits[i]);
  }
  return {};
}

ChosenRow choose_on_host(std::span<const float> logits, RowKind kind, double uniform,
                         const ChooserParams& params) {
  ChosenRow row;
  row.problem = not_finite(logits);
  if (!row.problem.empty()) return row;
  row.token = kind == RowKind::greedy
                  ? arg_max(logits)
                  : top_p_token(logits, params.temperature, params.top_p, uniform);
  row.statistics = token_statistics(logits, row.token);
  return row;
}

std::unique_ptr<TokenChooser> make_host_chooser(const ChooserParams& params, at::Device device) {
  return std::make_unique<HostChooser>(params, device);
}

}  // namespace vrp
