#include "stages/probes/heads_gain.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pipeline/base/error.hpp"

namespace vrp {

void HeadGains::add(const Record& capture) {
  const std::string where = capture.origin.empty() ? "capture record" : capture.origin;
  const Array& array = capture.at("head/gain");
  const auto n = static_cast<std::int64_t>(capture.values<std::int32_t>("item/status").size());
  if (array.shape.size() != 3 || array.shape[0] != n)
    fail(where, ": array 'head/gain' has ", array.shape.size(), " dimensions and ",
         array.shape.empty() ? 0 : array.shape[0], " items, expected [item, layer, head] of ", n,
         " items");
  if (items_ > 0 && (array.shape[1] != layers_ || array.shape[2] != heads_))
    fail(where, ": array 'head/gain' has ", array.shape[1], " layers of ", array.shape[2],
         " heads, expected ", layers_, " of ", heads_, " as in the units before");
  layers_ = array.shape[1];
  heads_ = array.shape[2];
  items_ += static_cast<std::size_t>(n);
  const auto& gain = capture.values<float>("head/gain");
  gain_.insert(gain_.end(), gain.begin(), gain.end());
}

std::span<const float> HeadGains::row(std::size_t item) const {
  const auto width = static_cast<std::size_t>(count());
  return {gain_.data() + item * width, width};
}

bool HeadGains::defined(std::size_t item) const {
  const auto gains = row(item);
  return std::all_of(gains.begin(), gains.end(), [](float g) { return std::isfinite(g); });
}

std::vector<std::int64_t> HeadGains::top(std::span<const std::size_t> items, std::int64_t k) const {
  std::vector<double> mean(static_cast<std::size_t>(count()));
  std::int64_t used = 0;
  for (const std::size_t item : items) {
    if (!defined(item)) continue;
    ++used;
    const auto gains = row(item);
    for (std::size_t h = 0; h < gains.size(); ++h) mean[h] += static_cast<double>(gains[h]);
  }
  if (used == 0) return {};
  for (double& m : mean) m /= static_cast<double>(used);
  return top_heads(mean, k);
}

std::vector<std::int64_t> top_heads(std::span<const double> gain, std::int64_t k) {
  std::vector<std::int64_t> order(gain.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return gain[static_cast<std::size_t>(a)] > gain[static_cast<std::size_t>(b)];
  });
  order.resize(std::min(order.size(), static_cast<std::size_t>(k)));
  return order;
}

std::string heads_missing(const Record& capture) {
  std::string out;
  if (!capture.find("head/gain")) out = "capture.head_gain = 0";
  if (!capture.find("attention/head_map"))
    out += std::string(out.empty() ? "" : ", ") + "capture.head_map = 0";
  return out;
}

void require_head_maps(const Record& capture, const HeadGains& gains) {
  const std::vector<std::int64_t>& shape = capture.at("attention/head_map").shape;
  const std::int64_t tokens = capture.values<std::int64_t>("item/patch_offset").back();
  if (shape == std::vector<std::int64_t>{gains.layers(), gains.heads(), tokens}) return;
  std::string found;
  for (const std::int64_t size : shape) found += concat(found.empty() ? "" : ", ", size);
  fail(capture.origin.empty() ? "capture record" : capture.origin,
       ": array 'attention/head_map' is [", found, "], expected [", gains.layers(), ", ",
       gains.heads(), ", ", tokens, "] as head/gain and item/patch_offset have it");
}

std::string head_name(std::int64_t head, std::int64_t heads_per_layer) {
  return concat(head / heads_per_layer, ".", head % heads_per_layer);
}

}  // namespace vrp
