#include "stages/metrics/params.hpp"

#include <charconv>
#include <cstddef>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

void require_in(const char* field, double value, double low, double high, bool open_low = false) {
  if (value <= high && (open_low ? value > low : value >= low)) return;
  fail_usage("[metrics] ", field, " is ", value, ", expected ", open_low ? "(" : "[", low, ", ",
             high, "]");
}

void require_one_of(const char* field, const std::string& value, const char* a, const char* b,
                    const char* c = nullptr) {
  if (value == a || value == b || (c != nullptr && value == c)) return;
  fail_usage("[metrics] ", field, " is '", excerpt(value), "', expected ", a, " or ", b,
             c == nullptr ? "" : " or ", c == nullptr ? "" : c);
}

/// A block number, digits only; -1 when it is none.
int block_number(std::string_view text) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 0 ? value : -1;
}

}  // namespace

void check(const MetricsParams& params) {
  layer_range(params.layers, std::numeric_limits<int>::max());
  require_one_of("query", params.query, "mean", "first", "last");
  require_in("top_mass", params.top_mass, 0, 1, true);
  require_in("top_cells", params.top_cells, 0, 1, true);
  if (params.neighbourhood != 4 && params.neighbourhood != 8)
    fail_usage("[metrics] neighbourhood is ", params.neighbourhood, ", expected 4 or 8");
  if (params.ck_orientation != -1 && params.ck_orientation != 1)
    fail_usage("[metrics] ck_orientation is ", params.ck_orientation, ", expected -1 or 1");
  require_in("dbscan_percentile", params.dbscan_percentile, 0, 100);
  require_in("dbscan_eps", params.dbscan_eps, 0, 100, true);
  require_in("dbscan_min_samples", params.dbscan_min_samples, 1, 1e6);
  require_one_of("region", params.region, "outline", "box");
  require_in("pointing_tolerance", params.pointing_tolerance, 0, 100);
  require_in("control_area", params.control_area, 0, 1);
  require_in("permutations", params.permutations, 0, 100000);
}

LayerRange layer_range(const std::string& layers, int depth) {
  if (layers == "all") return {0, depth - 1};
  const std::size_t dots = layers.find("..");
  LayerRange range{-1, -1};
  if (dots != std::string::npos) {
    range.first = block_number(std::string_view(layers).substr(0, dots));
    range.last = block_number(std::string_view(layers).substr(dots + 2));
  }
  if (range.first < 0 || range.last < range.first)
    fail_usage("[metrics] layers is '", excerpt(layers), "', expected all or FIRST..LAST");
  if (range.last >= depth)
    fail_usage("[metrics] layers is ", layers, ", but the model has blocks 0..", depth - 1);
  return range;
}

}  // namespace vrp
