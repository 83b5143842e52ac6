#include <map>

#include "metrics_cell.hpp"
#include "pipeline/base/error.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

Cell one(std::vector<std::vector<float>> maps, int layers = 2) {
  Cell cell;
  cell.layers = layers;
  Item item;
  item.key = "made/0";
  item.maps = std::move(maps);
  cell.items.push_back(item);
  return cell;
}

void fails(const Cell& cell, const MetricsParams& params, ExitCode code, const std::string& word) {
  try {
    cell.metrics(params);
    FAIL("no error, expected one with '" << word << "'");
  } catch (const Error& error) {
    CHECK(error.code() == code);
    CHECK_THAT(error.what(), Catch::Contains(word));
  }
}

}  // namespace

TEST_CASE("structural metrics of a peak are those of its closed form", "[metrics]") {
  const Record r = one(peak(14, 0.065, 0.001)).metrics();  // p = 0.65 and 35 times 0.01
  const double h = -(0.65 * std::log(0.65) + 0.35 * std::log(0.01));
  near(value(r, "metrics/h_s", 0), h, 1e-6);
  near(value(r, "metrics/h_n", 0), h / std::log(36), 1e-6);
  near(value(r, "metrics/c_k", 0), 0, 0);
  near(value(r, "metrics/img_share", 0), 0.1, 1e-7);
  near(value(r, "metrics/dh_last", 0), 0, 1e-12);
  CHECK(text(r, "metrics/flag", 0).empty());
  CHECK(value(r, "item/status", 0) == 0);
}

TEST_CASE("a constant map is what it is: full entropy, one cluster", "[metrics]") {
  const Record r = one(flat(0.01)).metrics();
  near(value(r, "metrics/h_n", 0), 1, 1e-6);
  near(value(r, "metrics/c_k", 0), 0, 0);
  near(value(r, "metrics/c_k_cells", 0), 0, 0);
  near(value(r, "metrics/c_k_dbscan", 0), 1, 0);
}

TEST_CASE("M is the mean of the layers before normalising, H_s(l) of each layer after",
          "[metrics]") {
  // Layer 0: all of 0.8 on cell 0; layer 1: 0.2 on cell 35.
  auto maps = flat(0);
  maps[0][0] = 0.8f;
  maps[1][35] = 0.2f;
  const Record r = one(maps).metrics();
  near(value(r, "metrics/h_s", 0), -(0.8 * std::log(0.8) + 0.2 * std::log(0.2)), 1e-6);
  near(value(r, "metrics/img_share", 0), 0.5, 1e-7);
  near(value(r, "metrics/c_k", 0), 0, 0);  // 0.8 is enough for 30 %
  near(value(r, "metrics/h_s_layer", 0), 0, 1e-8);
  near(value(r, "metrics/h_s_layer", 1), 0, 1e-8);
  CHECK(std::isnan(value(r, "metrics/dh_layer", 0)));
  near(value(r, "metrics/dh_layer", 1), 0, 1e-8);
}

TEST_CASE("C_k counts components of the top mass, minus 1; cells and neighbourhood are options",
          "[metrics]") {
  auto maps = flat(0.0001);
  for (auto& map : maps) map[0] = map[7] = map[35] = 0.1f;  // (0,0), (1,1) touch at a corner
  MetricsParams params;
  params.top_mass = 0.95;
  near(value(one(maps).metrics(params), "metrics/c_k", 0), 1, 0);
  params.neighbourhood = 4;
  near(value(one(maps).metrics(params), "metrics/c_k", 0), 2, 0);
  params.top_cells = 1.0 / 36;
  near(value(one(maps).metrics(params), "metrics/c_k_cells", 0), 0, 0);
}

TEST_CASE("layers choose what M averages, not the per-layer values", "[metrics]") {
  auto maps = flat(0.01);
  for (std::size_t s = 1; s < 36; ++s) maps[1][s] = 0;
  MetricsParams params;
  params.layers = "1..1";
  const Record last = one(maps).metrics(params);
  near(value(last, "metrics/h_s", 0), 0, 1e-8);
  near(value(last, "metrics/img_share", 0), 0.01, 1e-8);
  near(value(last, "metrics/h_s_layer", 0), std::log(36), 1e-6);
  near(value(last, "metrics/dh_last", 0), -std::log(36), 1e-6);
  params.layers = "0..0";
  near(value(one(maps).metrics(params), "metrics/h_s", 0), std::log(36), 1e-6);
}

TEST_CASE("query chooses the stored map", "[metrics]") {
  Cell cell = one(flat(0.01));
  cell.items[0].maps_first = peak(3, 0.5, 0);
  MetricsParams params;
  near(value(cell.metrics(params), "metrics/h_n", 0), 1, 1e-6);
  params.query = "first";
  near(value(cell.metrics(params), "metrics/h_n", 0), 0, 1e-6);
  params.query = "last";
  fails(cell, params, ExitCode::bad_input, "[capture] last_map = 1");
}

TEST_CASE("an empty answer is measured by its first query and flagged", "[metrics]") {
  Cell cell = one(flat(0.01));
  cell.items[0].maps_first = peak(3, 0.5, 0);
  cell.items[0].answer_length = 0;
  const Record r = cell.metrics();
  near(value(r, "metrics/h_s", 0), 0, 1e-7);
  CHECK(text(r, "metrics/flag", 0) == "empty");
  CHECK(value(r, "item/status", 0) == 0);
}

TEST_CASE("a model of one layer has no dH_s", "[metrics]") {
  const Record r = one({std::vector<float>(36, 0.01f)}, 1).metrics();
  CHECK(std::isnan(value(r, "metrics/dh_last", 0)));
  near(value(r, "metrics/h_n", 0), 1, 1e-6);
}

TEST_CASE("signals carry the declared orientation", "[metrics]") {
  const std::map<std::string, std::string> declared{
      {"metrics/h_s", "-1"},        {"metrics/h_n", "-1"},          {"metrics/c_k", "-1"},
      {"metrics/c_k_dbscan", "-1"}, {"metrics/c_k_cells", "-1"},    {"metrics/dh_last", "-1"},
      {"metrics/img_share", "0"},   {"relevance/mass", "1"},        {"relevance/lift", "1"},
      {"relevance/log_lift", "1"},  {"relevance/iou", "1"},         {"relevance/precision", "1"},
      {"relevance/pointing", "1"},  {"relevance/count_match", "1"}, {"relevance/h_rel", "-1"},
      {"relevance/c_out", "-1"},    {"relevance/recall", "0"},      {"relevance/h_in", "0"}};
  MetricsParams params;
  for (const std::string sign : {"-1", "1"}) {
    params.ck_orientation = sign == "1" ? 1 : -1;
    const Record r = one(flat(0.01)).metrics(params);
    for (const auto& [name, orientation] : declared) {
      const Array& array = r.at(name);
      INFO(name);
      CHECK(array.attributes.at("role") == "signal");
      CHECK(array.attributes.at("orientation") ==
            (name.starts_with("metrics/c_k") ? sign : orientation));
      CHECK(array.attributes.count("control") == 0);
    }
    CHECK(r.at("relevance/mass_square").attributes.at("control") == "centred square of equal area");
    CHECK(r.at("relevance/h_rel_other").attributes.at("orientation") == "-1");
    CHECK(r.at("relevance/h_rel_other").attributes.count("control") == 1);
  }
}

TEST_CASE("the record of a cell is the join of the records of its units", "[metrics]") {
  const Cell cell = random_cell(45);
  const ItemTable table = cell.table();
  MetricsParams params;
  params.permutations = 50;
  const Record whole = cell.metrics(params, 7);
  for (const std::size_t unit : {1u, 4u, 17u, 44u}) {
    std::vector<Record> parts;
    for (std::size_t first = 0; first < table.size(); first += unit) {
      const std::size_t last = std::min(table.size(), first + unit);
      parts.push_back(
          compute_metrics(table, first, last, cell.capture(first, last), params, 7, "model"));
    }
    CHECK(concatenate(parts).digest() == whole.digest());
  }
  CHECK(cell.metrics(params, 7).digest() == whole.digest());
  CHECK(cell.metrics(params, 8).digest() != whole.digest());
}

TEST_CASE("scaling all maps of an item changes its image share alone", "[metrics][metamorphic]") {
  Cell cell = random_cell(20), scaled = cell;
  for (Item& item : scaled.items) {
    for (auto* maps : {&item.maps, &item.maps_first})
      for (auto& map : *maps)
        for (float& v : map) v *= 0.25f;
  }
  const Record a = cell.metrics(), b = scaled.metrics();
  for (const Array& array : a.arrays()) {
    if (array.attributes.count("role") == 0) continue;
    const auto before = a.as_double(array.name), after = b.as_double(array.name);
    for (std::size_t i = 0; i < before.size(); ++i) {
      INFO(array.name << " of item " << i);
      if (std::isnan(before[i])) {
        CHECK(std::isnan(after[i]));
      } else {
        near(after[i], array.name == "metrics/img_share" ? before[i] / 4 : before[i], 1e-9);
      }
    }
  }
}

TEST_CASE("each parameter out of range is refused by name", "[metrics][params]") {
  const Cell cell = one(flat(0.01));
  const auto refused = [&](auto change, const std::string& word) {
    MetricsParams params;
    change(params);
    fails(cell, params, ExitCode::usage, word);
  };
  for (const char* layers : {"", "some", "3", "2..1", "-1..1", "0..1x", "..", "0..9999999999"})
    refused([&](MetricsParams& p) { p.layers = layers; }, "layers");
  refused([](MetricsParams& p) { p.layers = "0..2"; }, "blocks 0..1");
  refused([](MetricsParams& p) { p.query = "any"; }, "query");
  refused([](MetricsParams& p) { p.top_mass = 0; }, "top_mass");
  refused([](MetricsParams& p) { p.top_mass = std::nan(""); }, "top_mass");
  refused([](MetricsParams& p) { p.top_cells = 1.5; }, "top_cells");
  refused([](MetricsParams& p) { p.neighbourhood = 6; }, "neighbourhood");
  refused([](MetricsParams& p) { p.ck_orientation = 0; }, "ck_orientation");
  refused([](MetricsParams& p) { p.dbscan_percentile = 101; }, "dbscan_percentile");
  refused([](MetricsParams& p) { p.dbscan_eps = 0; }, "dbscan_eps");
  refused([](MetricsParams& p) { p.dbscan_min_samples = 0; }, "dbscan_min_samples");
  refused([](MetricsParams& p) { p.region = "mask"; }, "region");
  refused([](MetricsParams& p) { p.pointing_tolerance = -1; }, "pointing_tolerance");
  refused([](MetricsParams& p) { p.control_area = -0.1; }, "control_area");
  refused([](MetricsParams& p) { p.permutations = -1; }, "permutations");
}

TEST_CASE("every parameter is in the list of fields", "[metrics][params]") {
  MetricsParams params;
  std::vector<std::string> names;
  params.fields([&](const char* name, auto&, const char* help) {
    names.emplace_back(name);
    CHECK_FALSE(std::string(help).empty());
  });
  CHECK(names.size() == 13);
}
