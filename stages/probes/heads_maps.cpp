#include <algorithm>
#include <cmath>

#include "kernels/spatial_entropy.hpp"
#include "pipeline/base/error.hpp"
#include "stages/probes/heads.hpp"

namespace vrp {

HeadCounts head_counts(const ProbesParams& params, std::int64_t count) {
  HeadCounts out;
  for (const std::string& text : params.heads) {
    const std::int64_t k = std::stoll(text);
    auto& list = count > 0 && k > count ? out.too_many : out.used;
    const auto at = std::lower_bound(list.begin(), list.end(), k);
    if (at == list.end() || *at != k) list.insert(at, k);
  }
  return out;
}

std::vector<double> head_entropies(const Record& record, std::size_t item,
                                   const std::vector<std::int64_t>& ranked,
                                   const std::vector<std::int64_t>& ks) {
  const std::vector<float>& maps = record.values<float>("attention/head_map");
  const std::vector<std::int64_t>& offset = record.values<std::int64_t>("item/patch_offset");
  const std::int64_t tokens = offset.back(), begin = offset[item], cells = offset[item + 1] - begin;
  std::vector<double> out(ks.size(), kUndefined);
  if (cells < 1) return out;
  std::vector<double> sum(static_cast<std::size_t>(cells)), mean(sum.size());
  std::size_t added = 0;
  for (std::size_t j = 0; j < ks.size(); ++j) {
    const auto k = static_cast<std::size_t>(ks[j]);
    if (k > ranked.size()) break;
    for (; added < k; ++added) {
      const float* map = maps.data() + ranked[added] * tokens + begin;
      for (std::size_t s = 0; s < sum.size(); ++s) sum[s] += static_cast<double>(map[s]);
    }
    for (std::size_t s = 0; s < sum.size(); ++s) mean[s] = sum[s] / static_cast<double>(k);
    double nats = kUndefined;
    spatial_entropy<double>(Device::cpu, {mean.data(), 1, cells}, {&nats, 1});
    out[j] = normalised_entropy(nats, cells);
  }
  return out;
}

void set_r2(ProbeControlRow& row, const stats::Estimate& r) {
  row.n = r.n;
  if (r.defined())
    row.value = *r.value * *r.value;
  else
    row.note += concat(row.note.empty() ? "" : "; ", "R is undefined: ", r.reason());
}

ProbeColumn heads_column(std::int64_t k, std::size_t items) {
  return {k > 0 ? concat("head_entropy_k", k) : std::string("head_entropy"), 0,
          std::vector<double>(items, kUndefined), std::string("1"),
          k > 0 ? concat("normalised entropy of the map of the ", k, " heads of largest gain")
                : std::string("normalised entropy of the map of the heads of largest gain, their "
                              "number chosen on the training part")};
}

ProbeOutcome undefined_heads(const ProbesParams& params, std::size_t items,
                             const std::string& note) {
  ProbeOutcome out;
  const auto add = [&](std::int64_t k) {
    out.columns.push_back(heads_column(k, items));
    ProbeControlRow row;
    row.probe = out.columns.back().name;
    row.control = "r2";
    row.note = note;
    out.controls.push_back(std::move(row));
  };
  for (const std::int64_t k : head_counts(params, 0).used) add(k);
  add(0);
  ProbeControlRow row;
  row.probe = "head_entropy";
  row.control = "r2_max";
  row.note = note;
  out.controls.push_back(std::move(row));
  return out;
}

}  // namespace vrp
