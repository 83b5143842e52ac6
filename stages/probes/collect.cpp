#include "stages/probes/collect.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "pipeline/base/error.hpp"
#include "stages/probes/attention_input.hpp"

namespace vrp {
namespace {

std::size_t budget(const ProbesParams& params) {
  return static_cast<std::size_t>(params.memory_mb) << 20;
}

/// Copies slices of a half array [item, state, hidden] into the layers of a source. `joined`: all
/// slices side by side in one layer.
class StateCollector {
 public:
  StateCollector(PartFeatures& out, const ProbesParams& params, std::string array,
                 std::vector<std::int64_t> states, bool joined)
      : out_(out),
        params_(params),
        array_(std::move(array)),
        states_(std::move(states)),
        joined_(joined) {}

  void add(const Record& record, std::size_t first, std::size_t items) {
    const Array* array = record.find(array_);
    if (array == nullptr)
      fail_usage(record.origin, ": no array '", array_, "', which the probes read; set [capture] ",
                 array_ == "hidden/blank" ? "blank = 1 and hidden = 1" : "hidden = 1",
                 " or leave the probe out of [probes] fits and controls");
    const auto& values = record.values<Half>(array_);
    const std::int64_t depth = array->shape[1], width = array->shape[2];
    prepare(items, depth, width);
    std::vector<float> row(static_cast<std::size_t>(width) * (joined_ ? states_.size() : 1));
    for (std::int64_t i = 0; i < array->shape[0]; ++i)
      add_item(values.data() + i * depth * width, width, first + static_cast<std::size_t>(i), row);
  }

 private:
  void prepare(std::size_t items, std::int64_t depth, std::int64_t width) {
    for (const std::int64_t state : states_)
      if (state < 0 || state >= depth)
        fail("array '", array_, "' has ", depth, " layers, expected layer ", state, " among them");
    if (ready_) return;
    ready_ = true;
    const auto count = static_cast<std::int64_t>(states_.size());
    out_.source = FeatureSource(items,
                                joined_ ? std::vector<std::int64_t>{count * width}
                                        : std::vector<std::int64_t>(states_.size(), width),
                                budget(params_));
    out_.defined.assign(items, 1);
  }

  void add_item(const Half* item, std::int64_t width, std::size_t row_index,
                std::vector<float>& row) {
    std::size_t at = 0;
    bool finite = true;
    for (std::size_t s = 0; s < states_.size(); ++s) {
      if (!joined_) at = 0;
      const Half* state = item + states_[s] * width;
      for (std::int64_t j = 0; j < width; ++j, ++at) {
        row[at] = state[j].to_float();
        finite = finite && std::isfinite(row[at]);
      }
      if (!joined_ && finite) out_.source.set_row(s, row_index, row);
    }
    if (joined_ && finite) out_.source.set_row(0, row_index, row);
    out_.defined[row_index] = finite;
  }

  PartFeatures& out_;
  const ProbesParams& params_;
  std::string array_;
  std::vector<std::int64_t> states_;
  bool joined_ = false, ready_ = false;
};

PartFeatures collect_states(const ProbeInput& input, const ProbesParams& params,
                            const std::string& array, const std::vector<std::int64_t>& states,
                            bool joined) {
  PartFeatures out;
  StateCollector collector(out, params, array, states, joined);
  out.items = read_items(input, params, [&](const Record& record, std::size_t first) {
    collector.add(record, first, input.items->size());
  });
  return out;
}

PartFeatures collect_contributions(const ProbeInput& input, const ProbesParams& params) {
  PartFeatures out;
  const std::vector<std::int64_t> blocks = contribution_blocks(input.layers);
  const std::size_t n = input.items->size();
  out.source = FeatureSource(n, {static_cast<std::int64_t>(2 * blocks.size())}, budget(params));
  out.layers = {-2};
  out.defined.assign(n, 1);
  out.items = read_items(input, params, [&](const Record& record, std::size_t first) {
    for (const char* name : {"contribution/mlp", "contribution/attention"})
      if (record.find(name) == nullptr)
        fail_usage(record.origin, ": no array '", name,
                   "', which contrib12 reads; set [capture] lens = 1 or "
                   "leave contrib12 out of [probes] fits");
    const std::vector<double> mlp = record.as_double("contribution/mlp");
    const std::vector<double> attention = record.as_double("contribution/attention");
    const auto layers = static_cast<std::size_t>(record.at("contribution/mlp").shape[1]);
    if (layers != static_cast<std::size_t>(input.layers) || attention.size() != mlp.size())
      fail(record.origin, ": contributions of ", layers, " layers, expected ", input.layers);
    for (std::size_t i = 0; i * layers < mlp.size(); ++i) {
      std::vector<float> row;
      for (const std::vector<double>* part : {&mlp, &attention})
        for (const std::int64_t block : blocks) {
          const auto begin = part->begin() + static_cast<std::ptrdiff_t>(i * layers);
          row.push_back(static_cast<float>(std::accumulate(begin, begin + block + 1, 0.0)));
        }
      const bool finite =
          std::all_of(row.begin(), row.end(), [](float v) { return std::isfinite(v); });
      out.defined[first + i] = finite;
      if (finite) out.source.set_row(0, first + i, row);
    }
  });
  return out;
}

std::vector<std::int64_t> blocks_of(const ProbePart& part, int layers) {
  std::vector<std::int64_t> blocks;
  const bool all = part.kind == ProbePart::Kind::shuffle;
  const int first = all ? 0 : part.first, last = all ? layers - 1 : part.last;
  if (first == 0 && part.probe != "sparse" && !all) blocks.push_back(-1);
  for (int b = first; b <= last; ++b) blocks.push_back(b);
  return blocks;
}

}  // namespace

std::vector<std::int64_t> contribution_blocks(int layers) {
  constexpr int kDepth = 32;
  std::vector<std::int64_t> blocks;
  for (const int block : {17, 21, 26, 29, 30, 31})
    blocks.push_back(std::lround(static_cast<double>(block) * (layers - 1) / (kDepth - 1)));
  return blocks;
}

PartFeatures collect_layers(const ProbeInput& input, const ProbesParams& params,
                            const std::string& array, const std::vector<std::int64_t>& blocks) {
  std::vector<std::int64_t> states = blocks;
  if (array != "hidden/mlp_first")
    for (std::int64_t& state : states) ++state;
  PartFeatures out = collect_states(input, params, array, states, /*joined=*/false);
  out.layers = blocks;
  return out;
}

PartFeatures collect_features(const ProbeInput& input, const ProbePart& part,
                              const ProbesParams& params) {
  const std::string states = params.position == "last" ? "hidden/last" : "hidden/first";
  if (part.probe == "contrib12") return collect_contributions(input, params);
  if (part.probe == "attention") {
    PartFeatures out;
    out.source = attention_features(input, params, out.items, out.defined);
    out.layers = {-2};
    return out;
  }
  if (part.probe == "last5") {
    std::vector<std::int64_t> last;
    for (int state = std::max(0, input.layers - 4); state <= input.layers; ++state)
      last.push_back(state);
    PartFeatures out = collect_states(input, params, states, last, /*joined=*/true);
    out.layers = {-2};
    return out;
  }
  const std::string array = part.probe == "sparse"    ? "hidden/mlp_first"
                            : part.variant == "blank" ? "hidden/blank"
                                                      : states;
  return collect_layers(input, params, array, blocks_of(part, input.layers));
}

}  // namespace vrp
