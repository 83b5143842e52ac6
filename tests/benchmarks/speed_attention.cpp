// Attention of a prompt and of K answers over one prompt.
#include <ATen/ATen.h>

#include "pipeline/base/error.hpp"
#include "pipeline/model/ops.hpp"
#include "tests/benchmarks/speed.hpp"

namespace vrp::speed {
namespace {

/// Of the medium checkpoints of tools/bench: heads, key heads, width of a head, prompt, blocks.
struct Shape {
  const char* name;
  std::int64_t heads, kv, width, prompt, blocks;
};
constexpr Shape kShapes[] = {{"llava", 16, 16, 64, 595, 12},
                             {"paligemma", 4, 1, 256, 266, 9},
                             {"qwen2_vl", 8, 2, 128, 180, 12}};
constexpr std::int64_t kOwn = 16, kCapacity = 16;

at::Tensor random(std::vector<std::int64_t> shape, std::uint64_t seed) {
  std::int64_t count = 1;
  for (const std::int64_t n : shape) count *= n;
  const std::vector<float> values = numbers(count, seed);
  return at::from_blob(const_cast<float*>(values.data()), shape).clone();
}

struct Answers {
  SharedPrompt prompt;
  KeyValues own;
  at::Tensor query;
  std::vector<std::int64_t> slots;
};

}  // namespace

std::vector<Case> decode_attention(const Effort& effort) {
  const std::shared_ptr<Ops> ops = make_cpu_ops();
  std::vector<Case> cases;
  for (const Shape& s : kShapes) {
    for (const std::int64_t paths : {std::int64_t{1}, std::int64_t{10}, std::int64_t{11}}) {
      const auto data = std::make_shared<Answers>();
      const std::int64_t blocks = effort.quick ? 1 : s.blocks;
      KeyValues store;
      for (std::int64_t l = 0; l < blocks; ++l) {
        store.key.push_back(random({s.kv, s.prompt, s.width}, 3));
        store.value.push_back(random({s.kv, s.prompt, s.width}, 4));
        data->own.key.push_back(random({paths, s.kv, kCapacity, s.width}, 5));
        data->own.value.push_back(random({paths, s.kv, kCapacity, s.width}, 6));
      }
      data->prompt = ops->share_prompt(std::move(store));
      data->query = random({paths, s.heads, s.width}, 7);
      for (std::int64_t k = 0; k < paths; ++k) data->slots.push_back(k);
      const double keys = static_cast<double>(s.prompt + paths * kOwn);
      cases.push_back({.name = concat("decode attention ", s.name, ", K = ", paths),
                       .call =
                           [=] {
                             for (std::int64_t l = 0; l < blocks; ++l) {
                               SharedQuery query;
                               query.query = data->query;
                               query.block = static_cast<std::size_t>(l);
                               query.own = kOwn;
                               query.slots = data->slots;
                               ops->attend_shared(query, data->prompt, data->own);
                             }
                           },
                       .read_bytes = 8.0 * keys * static_cast<double>(s.kv * s.width * blocks),
                       .flops = 4.0 * static_cast<double>((s.prompt + kOwn) * s.heads * s.width *
                                                          blocks * paths)});
    }
  }
  return cases;
}

std::vector<Case> prefill_attention(const Effort& effort) {
  std::vector<Case> cases;
  for (const Shape& s : kShapes) {
    const std::int64_t rows = effort.quick ? 32 : s.prompt;
    const bool causal = std::string(s.name) != "paligemma";  // its prompt sees itself
    const at::Tensor query = random({s.heads, rows, s.width}, 8);
    const at::Tensor key = random({s.kv, rows, s.width}, 9),
                     value = random({s.kv, rows, s.width}, 10);
    cases.push_back(
        {.name = concat("prefill attention ", s.name, ", ", s.prompt, " rows"),
         .call = [=] { attend(query, key, value, causal); },
         .flops = (causal ? 2.0 : 4.0) * static_cast<double>(rows * rows * s.heads * s.width)});
  }
  return cases;
}

}  // namespace vrp::speed
