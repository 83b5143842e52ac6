#include "stages/metrics/metrics.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "stages/capture/record.hpp"
#include "stages/metrics/assemble.hpp"

namespace vrp {
namespace {

ItemMetrics without_map(std::int64_t layers, int permutations) {
  ItemMetrics row;
  row.structural.h_layer.assign(static_cast<std::size_t>(layers), kNotDefined);
  row.structural.dh_layer = row.structural.h_layer;
  row.relevance.mass_layer = row.structural.h_layer;
  row.relevance.null_lift.assign(static_cast<std::size_t>(permutations),
                                 static_cast<float>(kNotDefined));
  return row;
}

void mark_invalid(ItemMetrics& row, std::string reason) {
  row.status = static_cast<int>(ItemStatus::attention_invalid);
  row.reason = std::move(reason);
}

/// Area of the region where the map is missing but the picture was placed.
void add_area(ItemMetrics& row, const RelevanceContext& context, std::size_t item,
              const Placement& placement) {
  ItemMaps none;
  none.layers = static_cast<std::int64_t>(row.structural.h_layer.size());
  row.relevance = item_relevance(context, item, none, placement);
}

ItemMetrics item_metrics(const Captured& captured, std::size_t i, std::size_t item,
                         const RelevanceContext& context) {
  ItemMetrics row = without_map(captured.layers(), context.params.permutations);
  row.key = context.items.key[item];
  row.status = captured.status(i);
  row.reason = captured.reason(i);
  if (row.status == static_cast<int>(ItemStatus::failed)) {
    row.flags = {"failed"};
    row.relevance.reason = "no answer";
    return row;
  }
  const Placement placement = captured.placement(i);
  if (captured.empty_answer(i)) row.flags.push_back("empty");
  if (row.status == static_cast<int>(ItemStatus::ok)) {
    if (std::string fault = captured.map_fault(i); !fault.empty())
      mark_invalid(row, std::move(fault));
  }
  if (row.status != static_cast<int>(ItemStatus::ok)) {
    row.flags.push_back("attention_invalid");
    add_area(row, context, item, placement);
    return row;
  }
  const ItemMaps maps = captured.maps(i);
  if (maps.mean.empty()) {
    row.flags.push_back("att_zero");
    mark_invalid(row, "attention on the image is 0 in layers " + context.params.layers);
  }
  row.structural = structural(maps, placement.grid, context.params);
  row.relevance = item_relevance(context, item, maps, placement);
  return row;
}

}  // namespace

Record compute_metrics(const ItemTable& items, std::size_t first, std::size_t last,
                       const Record& capture, const MetricsParams& params, std::uint64_t seed,
                       std::string_view model) {
  check(params);
  if (first > last || last > items.size())
    fail("metrics: rows ", first, "..", last, " of ", items.benchmark, ", expected rows within 0..",
         items.size());
  const Captured captured(items, first, last, capture, params);
  Donors donors(items, params.region);
  const auto permutations =
      region_permutations(donors.size(), params.permutations, seed, model, items.benchmark);
  const RelevanceContext context{items, params, donors, permutations};
  std::vector<ItemMetrics> rows;
  rows.reserve(captured.size());
  for (std::size_t i = 0; i < captured.size(); ++i)
    rows.push_back(item_metrics(captured, i, first + i, context));
  return assemble(rows, captured.layers(), params);
}

}  // namespace vrp
