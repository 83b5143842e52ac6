// The logit lens: from residual states to statistics of logits, a few rows of logits at a time.
#include <ATen/Parallel.h>

#include <algorithm>
#include <stdexcept>

#include "pipeline/base/error.hpp"
#include "pipeline/model/memory.hpp"
#include "pipeline/model/model_impl.hpp"
#include "pipeline/model/out_of_memory.hpp"
#include "pipeline/model/tokenizer_blank.hpp"

namespace vrp {
namespace {

/// What the head reads of raw states [n, D].
at::Tensor normed(const Network& network, const at::Tensor& states, const UnembedOptions& options) {
  const at::Tensor& weight = network.weights.final_norm.weight;
  switch (options.norm) {
    case UnembedNorm::own:
      return network.ops->rms_norm(states, weight, network.spec.text.rms_eps);
    case UnembedNorm::fixed:
      return (states.to(at::kFloat) / options.rms * weight.to(at::kFloat)).to(states.scalar_type());
    case UnembedNorm::none:
      break;
  }
  return states;
}

void statistics(const at::Tensor& logits, const LensTokens& tokens, bool log_sum_exp,
                std::span<LensRow> out) {
  const std::int64_t vocab = logits.size(1);
  const float* data = logits.const_data_ptr<float>();
  at::parallel_for(0, logits.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    const auto rows = static_cast<std::size_t>(end - begin);
    lens_statistics({data + begin * vocab, rows * static_cast<std::size_t>(vocab)}, vocab, tokens,
                    log_sum_exp, out.subspan(static_cast<std::size_t>(begin), rows));
  });
}

/// use(first row, logits [n, V] fp32 on the host) for each few rows of raw states [R, D].
template <class Use>
void each_logits(const Network& network, std::span<const float> states,
                 const UnembedOptions& options, int most, const Use& use) {
  const std::int64_t width = network.spec.text.hidden;
  const std::int64_t rows = std::ssize(states) / width;
  if (rows * width != std::ssize(states)) {
    throw Error(ExitCode::internal,
                concat("unembed: ", states.size(), " numbers, expected rows of ", width));
  }
  if (options.norm == UnembedNorm::fixed && !(options.rms > 0)) {
    fail("unembed: fixed rms is ", options.rms, ", expected a number > 0");
  }
  const bool single = options.as_greedy && !network.ops->rows_independent();
  const std::int64_t step = single ? 1 : most;
  for (std::int64_t first = 0; first < rows; first += step) {
    const std::int64_t count = std::min(step, rows - first);
    const auto part = states.subspan(static_cast<std::size_t>(first * width),
                                     static_cast<std::size_t>(count * width));
    const at::Tensor x =
        borrow({at::kFloat, std::as_bytes(part)}, {count, width}).to(network.device, network.dtype);
    use(static_cast<std::size_t>(first),
        network.ops->linear(normed(network, x, options), network.weights.head)
            .to(at::kCPU, at::kFloat)
            .contiguous());
  }
}

}  // namespace

std::vector<LensRow> Model::unembed(std::span<const float> states, const LensTokens& tokens,
                                    const UnembedOptions& options) const {
  const ComputeScope scope(*impl_);
  const auto use = [&](std::size_t first, const at::Tensor& logits, std::vector<LensRow>& out) {
    const auto rows = static_cast<std::size_t>(logits.size(0));
    try {
      statistics(logits, tokens, options.log_sum_exp, std::span(out).subspan(first, rows));
    } catch (const std::invalid_argument& error) {
      fail("logit lens, states from ", first, " on: ", error.what());
    }
  };
  return with_less_memory(
      *impl_, MemoryWork::lens, 0, kLensRows, nullptr, [&](const MemoryRung& rung) {
        std::vector<LensRow> out(states.size() / static_cast<std::size_t>(spec().text.hidden));
        each_logits(impl_->network, states, options, rung.batch,
                    [&](std::size_t first, const at::Tensor& logits) { use(first, logits, out); });
        return out;
      });
}

std::vector<float> Model::unembed_logits(std::span<const float> states,
                                         const UnembedOptions& options) const {
  const ComputeScope scope(*impl_);
  return with_less_memory(*impl_, MemoryWork::lens, 0, kLensRows, nullptr,
                          [&](const MemoryRung& rung) {
                            std::vector<float> out;
                            each_logits(impl_->network, states, options, rung.batch,
                                        [&](std::size_t, const at::Tensor& logits) {
                                          const float* data = logits.const_data_ptr<float>();
                                          out.insert(out.end(), data, data + logits.numel());
                                        });
                            return out;
                          });
}

std::vector<float> Model::head_rows(std::span<const std::int32_t> ids) const {
  const ComputeScope scope(*impl_);
  const Network& network = impl_->network;
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= network.spec.text.vocab) {
      fail_usage("token ", id, " of the head, expected 0 to ", network.spec.text.vocab - 1);
    }
  }
  const at::Tensor rows =
      network.ops->rows(network.weights.head, ids).to(at::kCPU, at::kFloat).contiguous();
  const float* data = rows.const_data_ptr<float>();
  return {data, data + rows.numel()};
}

FinalNorm Model::final_norm() const {
  const ComputeScope scope(*impl_);
  const at::Tensor weight =
      impl_->network.weights.final_norm.weight.to(at::kCPU, at::kFloat).contiguous();
  const float* data = weight.const_data_ptr<float>();
  return {{data, data + weight.numel()}, double{impl_->network.spec.text.rms_eps}};
}

const std::vector<std::int32_t>& Model::blank_tokens() const {
  std::call_once(impl_->blank_once,
                 [&] { impl_->blank = vrp::blank_tokens(impl_->tokenizer, spec().text.vocab); });
  return impl_->blank;
}

ModelCounters Model::counters() const {
  const ComputeScope scope(*impl_);
  ModelCounters counters = impl_->network.counters;
  counters.out_of_memory = impl_->ladder->failed_tries();
  return counters;
}

std::vector<std::string> Model::take_remarks() const {
  const ComputeScope scope(*impl_);
  return impl_->ladder->take_remarks();
}

}  // namespace vrp
