#include "stages/metrics/item_relevance.hpp"

#include <charconv>
#include <cmath>

#include "pipeline/base/text.hpp"
#include "stages/metrics/regions.hpp"

namespace vrp {
namespace {

/// The reference count of a counting item; NaN when its answer is no whole number.
double reference_count(const ItemTable& items, std::size_t row) {
  if (items.kind != "integer") return kNotDefined;
  const std::string text = trim(items.answer[row]);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? value : kNotDefined;
}

RegionMetrics measure(const ItemMaps& maps, const std::vector<double>& share, Grid grid,
                      const MetricsParams& params, double reference) {
  RegionMetrics out;
  Relevance row;
  relevance(Device::cpu, {maps.mean.data(), 1, maps.cells}, {share.data(), 1, maps.cells}, grid,
            {params.top_mass, params.neighbourhood, params.pointing_tolerance}, {&row, 1});
  static_cast<Relevance&>(out) = row;
  out.count_match = -std::abs(row.c_in - reference);
  return out;
}

void add_layers(ItemRelevance& out, const ItemMaps& maps, const std::vector<double>& share) {
  relevance_mass<double>(Device::cpu, {maps.by_layer.data(), maps.layers, maps.cells},
                         {share.data(), 1, maps.cells}, out.mass_layer);
  double best = -1;
  for (std::size_t l = 0; l < out.mass_layer.size(); ++l) {
    if (!(out.mass_layer[l] > best)) continue;  // NaN never wins
    best = out.mass_layer[l];
    out.peak_layer = static_cast<double>(l);
  }
}

void add_null(ItemRelevance& out, const RelevanceContext& context, std::size_t row,
              const std::vector<double>& lift_of_donor) {
  const auto self = context.donors.donor(row);
  if (!self) return;
  const std::size_t donors = context.donors.size();
  for (std::size_t r = 0; r < out.null_lift.size(); ++r)
    out.null_lift[r] = static_cast<float>(lift_of_donor[context.permutations[r * donors + *self]]);
}

}  // namespace

RegionMetrics undefined_region() {
  RegionMetrics r;
  for (double* field :
       {&r.area, &r.mass, &r.lift, &r.log_lift, &r.iou, &r.precision, &r.recall, &r.pointing,
        &r.h_in, &r.h_in_norm, &r.h_out, &r.h_b, &r.h_rel, &r.c_in, &r.c_out, &r.count_match})
    *field = kNotDefined;
  return r;
}

ItemRelevance item_relevance(const RelevanceContext& context, std::size_t row, const ItemMaps& maps,
                             const Placement& placement) {
  const MetricsParams& params = context.params;
  ItemRelevance out;
  out.mass_layer.assign(static_cast<std::size_t>(maps.layers), kNotDefined);
  out.null_lift.assign(static_cast<std::size_t>(params.permutations),
                       static_cast<float>(kNotDefined));
  const GridRegion region = grid_region(context.items.regions[row], params.region, placement);
  out.own.area = region.area;
  if (!region.reason.empty()) {
    out.reason = region.reason;
    return out;
  }
  if (maps.mean.empty()) return out;
  out.defined = true;
  out.reason.clear();

  const double reference = reference_count(context.items, row);
  out.own = measure(maps, region.share, placement.grid, params, reference);
  add_layers(out, maps, region.share);
  out.square =
      measure(maps, centred_square(region.area, placement), placement.grid, params, reference);
  const std::vector<LaidRegion>& laid = context.donors.laid(placement);
  if (const auto donor = context.donors.equal_area(row, region.area, laid, params.control_area)) {
    out.donor = context.items.key[context.donors.row(*donor)];
    out.other =
        measure(maps, dense(laid[*donor], placement.grid), placement.grid, params, reference);
  }
  add_null(out, context, row, lifts(maps.mean, laid));
  return out;
}

}  // namespace vrp
