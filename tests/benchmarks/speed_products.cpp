// Matrix products of the forward pass, through the operations that the model calls.
#include <ATen/ATen.h>

#include "pipeline/base/error.hpp"
#include "pipeline/model/ops.hpp"
#include "tests/benchmarks/speed.hpp"

namespace vrp::speed {
namespace {

struct Shape {
  const char* name;
  std::int64_t in, out;
};
/// Of a Llama block of width 1024 and its head (the medium checkpoint of tools/bench).
constexpr Shape kBlock[] = {
    {"qkv", 1024, 3072}, {"out", 1024, 1024}, {"gate_up", 1024, 5632}, {"down", 2816, 1024}};
constexpr Shape kHead{"head", 1024, 4064};
constexpr std::int64_t kPrefillRows[] = {595, 180};
constexpr std::int64_t kDecodeRows[] = {1, 2, 10, 11, 64};
struct Type {
  const char* name;
  at::ScalarType type;
};
constexpr Type kTypes[] = {{"fp32", at::kFloat}, {"bf16", at::kBFloat16}, {"fp16", at::kHalf}};

using SharedOps = std::shared_ptr<Ops>;

Linear linear_of(const Ops& ops, const Shape& shape, at::ScalarType type) {
  const std::vector<float> values = numbers(shape.out * shape.in, 1);
  const at::Tensor rows =
      at::from_blob(const_cast<float*>(values.data()), {shape.out, shape.in}).to(type);
  const WeightForm form = ops.weight_form(shape.out, shape.in, type);
  Linear layer{shape.out, shape.in, at::zeros(form.shape, form.type), {}};
  ops.set_rows(layer, 0,
               {type, {static_cast<const std::byte*>(rows.const_data_ptr()), rows.nbytes()}});
  return layer;
}

at::Tensor rows_of(std::int64_t rows, std::int64_t cols) {
  const std::vector<float> values = numbers(rows * cols, 2);
  return at::from_blob(const_cast<float*>(values.data()), {rows, cols}).clone();
}

}  // namespace

std::vector<Case> prefill_products(const Effort& effort) {
  const SharedOps ops = make_cpu_ops();
  std::vector<Case> cases;
  for (const std::int64_t rows : kPrefillRows) {
    for (const Shape& shape : {kBlock[0], kBlock[1], kBlock[2], kBlock[3], kHead}) {
      const auto layer = std::make_shared<Linear>(linear_of(*ops, shape, at::kFloat));
      const at::Tensor x = rows_of(effort.quick ? 24 : rows, shape.in);
      cases.push_back({.name = concat("prefill ", shape.name, ", ", rows, " rows"),
                       .call = [=] { ops->linear(x, *layer); },
                       .flops = 2.0 * static_cast<double>(x.size(0) * shape.in * shape.out)});
    }
  }
  return cases;
}

std::vector<Case> decode_products(const Effort& effort) {
  const SharedOps ops = make_cpu_ops();
  std::vector<Case> cases;
  for (const Type& type : kTypes) {
    const auto layers = std::make_shared<std::vector<Linear>>();
    double elements = 0;
    for (std::int64_t l = 0; l < effort.layers; ++l) {
      for (const Shape& shape : kBlock) {
        layers->push_back(linear_of(*ops, shape, type.type));
        elements += static_cast<double>(shape.in * shape.out);
      }
    }
    const double bytes = elements * static_cast<double>(c10::elementSize(type.type));
    for (const std::int64_t rows : kDecodeRows) {
      const std::pair<at::Tensor, at::Tensor> x{rows_of(rows, 1024), rows_of(rows, 2816)};
      cases.push_back(
          {.name = concat("decode ", type.name, ", ", rows, rows == 1 ? " row" : " rows"),
           .call =
               [=] {
                 for (const Linear& layer : *layers) {
                   ops->linear(layer.in == 1024 ? x.first : x.second, layer);
                 }
               },
           .read_bytes = bytes,
           .flops = 2 * elements * static_cast<double>(rows),
           .count = static_cast<double>(rows),
           .what = "rows"});
    }
  }
  return cases;
}

}  // namespace vrp::speed
