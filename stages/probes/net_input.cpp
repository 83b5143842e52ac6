#include "stages/probes/net_input.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "stages/probes/logistic_columns.hpp"

namespace vrp {

std::vector<NetScaling> net_scalings(const LayerInput& input, const std::vector<Task>& tasks,
                                     std::span<const NetProblem> problems, bool standardise) {
  std::vector<NetScaling> scalings(problems.size());
  std::map<std::size_t, std::vector<std::size_t>> by_layer;
  for (std::size_t k = 0; k < problems.size(); ++k) by_layer[problems[k].layer].push_back(k);
  for (const auto& [layer, members] : by_layer) {
    LayerInput of_layer = input;
    of_layer.layer = layer;
    of_layer.device = "cpu";
    const LayerBlocks blocks(of_layer, tasks[problems[members.front()].task].y);
    std::vector<Problem> asked;
    for (const std::size_t k : members) asked.push_back({problems[k].task, problems[k].part, 1});
    const LogisticColumns columns(blocks, tasks, asked);
    const at::Tensor usable = columns.usable();
    // [P, T, D] and [P, D]
    const at::Tensor centre = columns.raw_centre().permute({2, 0, 1}).to(at::kFloat).contiguous();
    const at::Tensor inverse = columns.raw_inverse().t().to(at::kFloat).contiguous();
    for (std::size_t i = 0; i < members.size(); ++i) {
      const at::Tensor c = centre[static_cast<std::int64_t>(i)].contiguous();
      const at::Tensor v = inverse[static_cast<std::int64_t>(i)];
      NetScaling& scaling = scalings[members[i]];
      if (!usable[static_cast<std::int64_t>(i)].item<bool>())
        scaling.fault = columns.fault(static_cast<std::int64_t>(i));
      scaling.centre.assign(c.data_ptr<float>(), c.data_ptr<float>() + c.numel());
      scaling.inverse.assign(v.data_ptr<float>(), v.data_ptr<float>() + v.numel());
      if (standardise) continue;
      std::fill(scaling.centre.begin(), scaling.centre.end(), 0.0f);
      std::fill(scaling.inverse.begin(), scaling.inverse.end(), 1.0f);
    }
  }
  return scalings;
}

void net_rows(const LayerInput& input, std::size_t layer, const NetScaling& scaling,
              std::span<const std::int32_t> rows, float* out) {
  input.source->gather(layer, rows, out);
  const std::size_t d = scaling.inverse.size();
  const std::size_t types = scaling.centre.size() / d;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::size_t type = 0;
    if (types > 1)
      type = static_cast<std::size_t>(
          std::max<std::int32_t>(0, (*input.type)[static_cast<std::size_t>(rows[i])]));
    const float* centre = scaling.centre.data() + type * d;
    float* row = out + i * d;
    for (std::size_t j = 0; j < d; ++j) row[j] = (row[j] - centre[j]) * scaling.inverse[j];
  }
}

}  // namespace vrp
