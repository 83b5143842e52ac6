#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/correlation.hpp"
#include "stages/capture/record.hpp"
#include "stages/probes/heads.hpp"

namespace vrp {
namespace {

/// Softmax of the gains of the chosen heads.
std::vector<double> head_weights(const std::vector<double>& gain,
                                 const std::vector<std::int64_t>& heads) {
  std::vector<double> weight;
  double sum = 0;
  for (const std::int64_t head : heads) {
    // The first head has the largest gain.
    weight.push_back(std::exp(gain[static_cast<std::size_t>(head)] -
                              gain[static_cast<std::size_t>(heads.front())]));
    sum += weight.back();
  }
  for (double& w : weight) w /= sum;
  return weight;
}

/// Entropy in bits over log2 cells of (map - min) / (max - min), scaled to sum 1; NaN without range
/// or for one cell.
double authors_entropy(const std::vector<double>& map) {
  const auto [low, high] = std::minmax_element(map.begin(), map.end());
  const double floor = *low, range = *high - *low;
  if (!(range > 0) || !std::isfinite(range)) return kUndefined;
  double mass = 0, bits = 0;
  for (const double value : map) mass += (value - floor) / range;
  for (const double value : map) {
    const double p = (value - floor) / range / mass;
    if (p > 0) bits -= p * std::log2(p);
  }
  return bits / std::log2(static_cast<double>(map.size()));
}

/// ln P(y_0) of each item; of the end token for an empty answer.
std::vector<double> first_logprob(const Record& record) {
  const auto& offset = record.values<std::int64_t>("answer/token_offset");
  const auto& logprob = record.values<double>("answer/logprob");
  const auto& p_tok = record.values<double>("output/p_tok");
  std::vector<double> out;
  for (std::size_t i = 0; i < p_tok.size(); ++i)
    out.push_back(offset[i + 1] > offset[i] ? logprob[static_cast<std::size_t>(offset[i])]
                                            : p_tok[i]);
  return out;
}

/// Signals of one item, one for each k.
std::vector<double> authors_signals(const Record& record, std::size_t item,
                                    std::span<const float> gains,
                                    const std::vector<std::int64_t>& ks) {
  const auto& maps = record.values<float>("attention/head_map");
  const auto& offset = record.values<std::int64_t>("item/patch_offset");
  const std::int64_t begin = offset[item], cells = offset[item + 1] - begin;
  const std::vector<double> gain(gains.begin(), gains.end());
  std::vector<double> out;
  for (const std::int64_t k : ks) {
    const std::vector<std::int64_t> heads = top_heads(gain, k);
    const std::vector<double> weight = head_weights(gain, heads);
    std::vector<double> map(static_cast<std::size_t>(cells));
    for (std::size_t h = 0; h < heads.size(); ++h) {
      const float* row = maps.data() + heads[h] * offset.back() + begin;
      for (std::size_t s = 0; s < map.size(); ++s)
        map[s] += weight[h] * static_cast<double>(row[s]);
    }
    out.push_back(map.empty() ? kUndefined : authors_entropy(map));
  }
  return out;
}

}  // namespace

ProbeOutcome fit_heads_authors(const ProbeInput& input, const ProbesParams& params) {
  ProbeOutcome out;
  std::string missing;
  std::vector<double> logprob;
  HeadCounts counts;
  std::int64_t heads = 0;
  const auto add = [&](const Record& record, std::size_t first) {
    if (missing.empty()) missing = heads_missing(record);
    if (!missing.empty()) return;
    HeadGains gains;  // of this record: each item chooses by itself
    gains.add(record);
    require_head_maps(record, gains);
    if (heads == 0) {
      heads = gains.count();
      counts = head_counts(params, heads);
      for (const std::int64_t k : counts.used) out.columns.push_back(heads_column(k, 0));
    }
    const std::vector<double> first_token = first_logprob(record);
    logprob.insert(logprob.end(), first_token.begin(), first_token.end());
    const auto& status = record.values<std::int32_t>("item/status");
    for (ProbeColumn& column : out.columns) column.score.resize(first + status.size(), kUndefined);
    for (std::size_t i = 0; i < status.size(); ++i) {
      if (status[i] != static_cast<int>(ItemStatus::ok) || !gains.defined(i)) continue;
      const std::vector<double> signal = authors_signals(record, i, gains.row(i), counts.used);
      for (std::size_t j = 0; j < signal.size(); ++j) out.columns[j].score[first + i] = signal[j];
    }
  };
  const CellItems items = read_items(input, params, add);
  if (missing.empty() && counts.used.empty())
    missing = concat("the model has ", heads, " heads, fewer than any k");
  if (!missing.empty()) return undefined_heads(params, items.size(), missing);

  ProbeControlRow largest;
  largest.control = "r2_max";
  std::size_t best = 0;
  for (std::size_t j = 0; j < out.columns.size(); ++j) {
    ProbeControlRow row;
    row.probe = out.columns[j].name;
    row.control = "r2";
    row.note = "against ln P(y_0), not correctness";
    set_r2(row, stats::pearson(out.columns[j].score, logprob));
    if (row.value > largest.value || (std::isnan(largest.value) && !std::isnan(row.value))) {
      largest.value = row.value;
      largest.n = row.n;
      best = j;
    }
    out.controls.push_back(std::move(row));
  }
  ProbeColumn chosen = heads_column(0, items.size());
  chosen.score = out.columns[best].score;
  ProbeControlRow row = out.controls[best];
  row.probe = largest.probe = chosen.name;
  row.note += concat("; k=", counts.used[best], " has the largest");
  largest.note = concat("against ln P(y_0); maximum over ", counts.used.size(),
                        " values of k, not corrected for the choice");
  out.columns.push_back(std::move(chosen));
  out.controls.insert(out.controls.end(), {std::move(row), std::move(largest)});
  return out;
}

}  // namespace vrp
