// The logit lens: from residual states to statistics of logits, a few rows of logits at a time.
// Where logits stay on a device, a row leaves it as its statistics.
#include <ATen/Parallel.h>

#include <algorithm>
#include <stdexcept>

#include "kernels/vocab_statistics.hpp"
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

/// Logits [n, V] of a few raw states [n, D], where the network computes. Where rows are not
/// independent the product is head_product_by_groups' (n <= kHeadRows), so that the logits of a
/// state have the bits that greedy chooses from.
at::Tensor few_logits(const Network& network, const at::Tensor& states,
                      const UnembedOptions& options) {
  at::Tensor x = states;
  if (!network.ops->rows_independent()) {
    x = at::zeros({kHeadRows, states.size(1)}, states.options());
    x.narrow(0, 0, states.size(0)).copy_(states);
  }
  return network.ops->linear(normed(network, x, options), network.weights.head)
      .narrow(0, 0, states.size(0));
}

/// use(first row, logits [n, V] fp32 where the network computes) for each few rows of raw states
/// [R, D]. `most`: rows at once where they are independent.
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
  const std::int64_t step = network.ops->rows_independent() ? most : kHeadRows;
  const at::Tensor all =
      borrow({at::kFloat, std::as_bytes(states)}, {rows, width}).to(network.device, network.dtype);
  for (std::int64_t first = 0; first < rows; first += step) {
    const at::Tensor x = all.narrow(0, first, std::min(step, rows - first));
    use(first, few_logits(network, x, options).to(at::kFloat).contiguous());
  }
}

/// A lens that counts on the device: each group's logits are folded into its rows' statistics.
std::vector<LensRow> folded_lens(const Network& network, const KernelPlace& place,
                                 std::span<const float> states, const LensTokens& tokens,
                                 const UnembedOptions& options) {
  const std::int64_t vocab = network.spec.text.vocab;
  const std::int64_t rows = std::ssize(states) / network.spec.text.hidden;
  std::vector<std::uint8_t> roles;
  try {
    roles = vocab_roles(vocab, tokens);
  } catch (const std::invalid_argument& error) {
    fail("logit lens: ", error.what());
  }
  const auto bytes = at::TensorOptions().dtype(at::kByte);
  const at::Tensor roles_there = at::from_blob(roles.data(), {vocab}, bytes).to(network.device);
  const at::Tensor found = at::empty({rows * static_cast<std::int64_t>(sizeof(VocabState))},
                                     bytes.device(network.device));
  auto* seen = reinterpret_cast<VocabState*>(found.mutable_data_ptr<std::uint8_t>());
  vocab_begin(place.device, seen, rows, place.stream);
  each_logits(network, states, options, kLensRows,
              [&](std::int64_t first, const at::Tensor& logits) {
                VocabChunk chunk;
                chunk.logits = logits.const_data_ptr<float>();
                chunk.rows = logits.size(0);
                chunk.stride = chunk.count = vocab;
                chunk.roles = roles_there.const_data_ptr<std::uint8_t>();
                chunk.states = seen + first;
                chunk.stream = place.stream;
                vocab_fold(place.device, chunk, VocabPass::targets);
                vocab_fold(place.device, chunk, VocabPass::statistics);
              });
  const at::Tensor host = found.to(at::kCPU);
  const auto* state = reinterpret_cast<const VocabState*>(host.const_data_ptr<std::uint8_t>());
  std::vector<LensRow> out;
  for (std::int64_t r = 0; r < rows; ++r) {
    if (state[r].bad > 0) {
      fail("logit lens, state ", r, ": ", state[r].bad, " of ", vocab,
           " logits are not finite, expected a finite number each");
    }
    out.push_back(vocab_row(state[r]).lens);
    if (!options.log_sum_exp) out.back().log_sum_exp = LensRow().log_sum_exp;
  }
  return out;
}

/// The same with logits on the host.
std::vector<LensRow> host_lens(const Network& network, std::span<const float> states,
                               const LensTokens& tokens, const UnembedOptions& options, int most) {
  std::vector<LensRow> out(states.size() / static_cast<std::size_t>(network.spec.text.hidden));
  each_logits(network, states, options, most, [&](std::int64_t first, const at::Tensor& logits) {
    const auto rows = std::span(out).subspan(static_cast<std::size_t>(first),
                                             static_cast<std::size_t>(logits.size(0)));
    try {
      statistics(logits.to(at::kCPU), tokens, options.log_sum_exp, rows);
    } catch (const std::invalid_argument& error) {
      fail("logit lens, states from ", first, " on: ", error.what());
    }
  });
  return out;
}

}  // namespace

std::vector<LensRow> Model::unembed(std::span<const float> states, const LensTokens& tokens,
                                    const UnembedOptions& options) const {
  const ComputeScope scope(*impl_);
  const Network& network = impl_->network;
  return with_less_memory(*impl_, MemoryWork::lens, 0, kLensRows, nullptr,
                          [&](const MemoryRung& rung) {
                            const std::optional<KernelPlace> place = network.ops->kernels();
                            return place ? folded_lens(network, *place, states, tokens, options)
                                         : host_lens(network, states, tokens, options, rung.batch);
                          });
}

std::vector<float> Model::unembed_logits(std::span<const float> states,
                                         const UnembedOptions& options) const {
  const ComputeScope scope(*impl_);
  return with_less_memory(*impl_, MemoryWork::lens, 0, kLensRows, nullptr,
                          [&](const MemoryRung& rung) {
                            std::vector<float> out;
                            each_logits(impl_->network, states, options, rung.batch,
                                        [&](std::int64_t, const at::Tensor& logits) {
                                          const at::Tensor host = logits.to(at::kCPU);
                                          const float* data = host.const_data_ptr<float>();
                                          out.insert(out.end(), data, data + host.numel());
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
