#include "stages/metrics/assemble.hpp"

#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

using Rows = std::vector<ItemMetrics>;

std::int64_t length(const Rows& rows) { return static_cast<std::int64_t>(rows.size()); }

/// A column [item] of what `get` returns for each row.
template <class T, class Get>
std::vector<T> column(const Rows& rows, Get get) {
  std::vector<T> out;
  out.reserve(rows.size());
  for (const ItemMetrics& row : rows) out.push_back(get(row));
  return out;
}

template <class T, class Get>
void add_column(Record& record, const Rows& rows, const char* name, const char* units,
                const char* description, Get get) {
  record.add(name, {"item"}, {length(rows)}, column<T>(rows, get), units, description);
}

/// An array [item, DIM] of equally long vectors.
template <class T, class Get>
void add_matrix(Record& record, const Rows& rows, const char* name, const char* dim,
                std::int64_t extent, const char* units, const char* description, Get get) {
  std::vector<T> values;
  for (const ItemMetrics& row : rows) {
    const std::vector<T>& part = get(row);
    values.insert(values.end(), part.begin(), part.end());
  }
  record.add(name, {"item", dim}, {length(rows), extent}, std::move(values), units, description);
}

void add_structural(Record& record, const Rows& rows, int ck_orientation) {
  struct Column {
    const char* name;
    double Structural::*field;
    int orientation;
    const char* units;
    const char* description;
  };
  const Column columns[] = {
      {"h_s", &Structural::h_s, -1, "nats", "spatial entropy H_s of the mean map"},
      {"h_n", &Structural::h_n, -1, "1", "H_s / ln S"},
      {"c_k", &Structural::c_k, ck_orientation, "count",
       "components of the cells with the top mass, minus 1"},
      {"c_k_dbscan", &Structural::c_k_dbscan, ck_orientation, "count",
       "DBSCAN clusters of the brightest cells"},
      {"c_k_cells", &Structural::c_k_cells, ck_orientation, "count",
       "components of the largest cells, minus 1"},
      {"dh_last", &Structural::dh_last, -1, "nats", "H_s of the last layer minus the one before"},
      {"img_share", &Structural::img_share, 0, "probability",
       "attention mass on the image, mean over layers"}};
  for (const Column& c : columns) {
    record.add(signal_array(
        std::string("metrics/") + c.name,
        column<double>(rows, [&](const ItemMetrics& row) { return row.structural.*c.field; }),
        c.orientation, c.units, c.description));
  }
}

struct RegionColumn {
  const char* name;
  double RegionMetrics::*field;
  int orientation;
  bool controlled;  ///< also computed for the two control regions
  const char* units;
  const char* description;
};
const RegionColumn kRegionColumns[] = {
    {"mass", &RegionMetrics::mass, 1, true, "probability", "share of the map on the region, b"},
    {"lift", &RegionMetrics::lift, 1, true, "1", "b / area share"},
    {"log_lift", &RegionMetrics::log_lift, 1, true, "nats", "ln(b / area share)"},
    {"iou", &RegionMetrics::iou, 1, true, "1", "IoU of the top-mass mask and the region mask"},
    {"precision", &RegionMetrics::precision, 1, true, "1", "share of the top mask in the region"},
    {"recall", &RegionMetrics::recall, 0, false, "1", "share of the region in the top mask"},
    {"pointing", &RegionMetrics::pointing, 1, true, "1", "1 = the largest cell is on the region"},
    {"h_rel", &RegionMetrics::h_rel, -1, true, "nats", "diffusion that is not inside the region"},
    {"h_in", &RegionMetrics::h_in, 0, false, "nats", "entropy inside the region"},
    {"h_in_norm", &RegionMetrics::h_in_norm, 0, false, "1", "h_in / ln(cells of the region)"},
    {"h_out", &RegionMetrics::h_out, 0, false, "nats", "entropy outside the region"},
    {"h_b", &RegionMetrics::h_b, 0, false, "nats", "entropy of the split inside / outside"},
    {"c_in", &RegionMetrics::c_in, 0, false, "count", "components of the top mask on the region"},
    {"c_out", &RegionMetrics::c_out, -1, true, "count",
     "components of the top mask off the region"},
    {"count_match", &RegionMetrics::count_match, 1, true, "count", "-|c_in - reference count|"}};

void add_region(Record& record, const Rows& rows, RegionMetrics ItemRelevance::*which,
                const std::string& suffix, const char* control) {
  for (const RegionColumn& c : kRegionColumns) {
    if (control != nullptr && !c.controlled) continue;
    std::string description = c.description;
    if (control != nullptr) description += std::string("; control: ") + control;
    Array array = signal_array(
        "relevance/" + (c.name + suffix),
        column<double>(rows, [&](const ItemMetrics& row) { return row.relevance.*which.*c.field; }),
        c.orientation, c.units, description);
    if (control != nullptr) array.attributes["control"] = control;
    record.add(std::move(array));
  }
}

void add_relevance(Record& record, const Rows& rows, std::int64_t layers, int permutations) {
  add_region(record, rows, &ItemRelevance::own, "", nullptr);
  add_region(record, rows, &ItemRelevance::other, "_other", "region of another item, equal area");
  add_region(record, rows, &ItemRelevance::square, "_square", "centred square of equal area");
  add_column<double>(record, rows, "relevance/area", "1", "area share of the region on the grid",
                     [](const ItemMetrics& row) { return row.relevance.own.area; });
  add_column<double>(record, rows, "relevance/area_other", "1", "area share of the lent region",
                     [](const ItemMetrics& row) { return row.relevance.other.area; });
  add_column<std::string>(record, rows, "relevance/donor", "",
                          "item that lent its region as control, or empty",
                          [](const ItemMetrics& row) { return row.relevance.donor; });
  add_column<std::uint8_t>(
      record, rows, "relevance/defined", "1", "1 = region and map are there",
      [](const ItemMetrics& row) { return static_cast<std::uint8_t>(row.relevance.defined); });
  add_column<std::string>(record, rows, "relevance/reason", "", "why not defined, or empty",
                          [](const ItemMetrics& row) { return row.relevance.reason; });
  add_column<double>(record, rows, "relevance/peak_layer", "layer",
                     "layer with the largest share of its map on the region",
                     [](const ItemMetrics& row) { return row.relevance.peak_layer; });
  add_matrix<double>(
      record, rows, "relevance/mass_layer", "layer", layers, "probability",
      "share of each layer's map on the region",
      [](const ItemMetrics& row) -> const auto& { return row.relevance.mass_layer; });
  if (permutations == 0) return;
  add_matrix<float>(
      record, rows, "relevance/null_lift", "permutation", permutations, "1",
      "lift on the region that each permutation of the set's regions gives the item",
      [](const ItemMetrics& row) -> const auto& { return row.relevance.null_lift; });
}

}  // namespace

Record assemble(const Rows& rows, std::int64_t layers, const MetricsParams& params) {
  Record record;
  add_column<std::string>(record, rows, "item/key", "", "item key",
                          [](const ItemMetrics& row) { return row.key; });
  add_column<std::int32_t>(record, rows, "item/status", "1", "0 ok, 1 failed, 2 attention invalid",
                           [](const ItemMetrics& row) { return row.status; });
  add_column<std::string>(record, rows, "item/reason", "", "why not ok, or empty",
                          [](const ItemMetrics& row) { return row.reason; });
  add_column<std::string>(record, rows, "metrics/flag", "",
                          "failed, attention_invalid, att_zero, empty; comma-separated",
                          [](const ItemMetrics& row) { return join(row.flags, ","); });
  add_structural(record, rows, params.ck_orientation);
  add_matrix<double>(
      record, rows, "metrics/h_s_layer", "layer", layers, "nats",
      "spatial entropy of each layer's map",
      [](const ItemMetrics& row) -> const auto& { return row.structural.h_layer; });
  add_matrix<double>(
      record, rows, "metrics/dh_layer", "layer", layers, "nats",
      "spatial entropy of each layer minus the one before",
      [](const ItemMetrics& row) -> const auto& { return row.structural.dh_layer; });
  add_relevance(record, rows, layers, params.permutations);
  return record;
}

}  // namespace vrp
