// Which p the rows hold, differences of signals, and intervals over images and paths.
#include <algorithm>
#include <catch2/catch.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/auroc.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/clustered.hpp"
#include "pipeline/stats/correlation.hpp"
#include "pipeline/store/frame.hpp"
#include "reduce_fixture.hpp"
#include "stages/reduce/columns.hpp"
#include "stages/reduce/columns_used.hpp"
#include "stages/reduce/differences.hpp"
#include "stages/reduce/signal_tests.hpp"

using namespace vrp;
using namespace vrp::testing;
using Catch::Contains;

namespace {

/// A reduced cell and the columns it was reduced from, rows in the order of the keys.
struct Reduced {
  CellColumns columns;
  Record record;
  std::vector<StatRow> rows;
  std::vector<DifferenceRow> differences;
  std::vector<std::int8_t> y;
  std::vector<std::int32_t> group;
};

Reduced reduce(const Rows& rows, const ReduceParams& params = quick()) {
  TestCell cell;
  make_cell(cell, "demo_pope", rows);
  Reduced out;
  out.columns = columns_of(cell.data);
  out.record = reduce_cell(cell.data, params, 1);
  out.rows = read_frame<StatRow>(out.record, "statistic");
  out.differences = read_frame<DifferenceRow>(out.record, "signal_difference");
  out.y = primary_labels(out.columns);
  out.group = stats::number_texts(out.columns.group);
  return out;
}

const StatRow& require(const Reduced& cell, const std::string& signal,
                       const std::string& statistic) {
  const StatRow* row = find_row(cell.rows, signal, statistic);
  INFO(signal << " " << statistic);
  REQUIRE(row);
  return *row;
}

const DifferenceRow* find_difference(const Reduced& cell, const std::string& a,
                                     const std::string& b) {
  for (const DifferenceRow& row : cell.differences)
    if (row.signal_a == a && row.signal_b == b) return &row;
  return nullptr;
}

Rows alone(Rows rows) {
  for (std::size_t i = 0; i < rows.group.size(); ++i) rows.group[i] = "image-" + std::to_string(i);
  return rows;
}

}  // namespace

TEST_CASE("where images have several items p is cluster-robust and p_item the classical one",
          "[reduce][tests]") {
  const Reduced cell = reduce(informative(80));
  const auto& x = cell.columns.signal("h_s")->value;
  const StatRow& auroc = require(cell, "h_s", "auroc");
  const stats::Estimate clustered = stats::auroc_clustered(x, cell.y, cell.group);
  const stats::Estimate item = stats::auroc(x, cell.y);
  CHECK(auroc.p == *clustered.p);
  CHECK(auroc.p_item == *item.p);
  CHECK(auroc.se == *clustered.se);
  CHECK(auroc.detectable == *stats::minimum_detectable(*clustered.se));
  CHECK(auroc.design_effect == Approx(std::pow(*clustered.se / *item.se, 2)));
  CHECK(auroc.estimate == 1 - *item.value);
  CHECK_THAT(auroc.test, Contains("Obuchowski") && Contains("images as clusters"));
  const StatRow& r = require(cell, "h_s", "r");
  const stats::Estimate robust = stats::point_biserial_clustered(x, cell.y, cell.group);
  CHECK(r.p == *robust.p);
  CHECK(r.p_item == *stats::point_biserial(x, cell.y).p);
  CHECK(r.se == *robust.se);
  CHECK(r.design_effect > 0);
  CHECK_THAT(r.test, Contains("cluster-robust"));
  const StatRow& tost = require(cell, "h_s", "r_equivalence");
  CHECK(tost.p == *stats::equivalence_r_clustered(robust).p);
  CHECK(tost.p_item == *stats::equivalence_r(stats::point_biserial(x, cell.y)).p);
  CHECK(std::isnan(require(cell, "control/type_only", "r").p_item));
  CHECK(std::isnan(require(cell, "control/type_only", "auroc").se));
}

TEST_CASE("with one item to an image, or tests = item, p is the classical one", "[reduce][tests]") {
  ReduceParams items = quick();
  items.tests = "item";
  for (const Reduced& cell : {reduce(alone(informative(40))), reduce(informative(40), items)}) {
    const StatRow& r = require(cell, "h_s", "r");
    CHECK(r.p == r.p_item);
    CHECK_THAT(r.test, Contains("items taken as independent"));
    // The t-test's own standard error: t = R / se.
    CHECK(r.p == Approx(*stats::point_biserial(cell.columns.signal("h_s")->value, cell.y).p));
    CHECK(r.se == Approx(std::sqrt((1 - r.estimate * r.estimate) / 38.0)));
    const StatRow& auroc = require(cell, "h_s", "auroc");
    CHECK(auroc.p == auroc.p_item);
    CHECK(std::isfinite(auroc.detectable));
  }
  ReduceParams wrong = quick();
  wrong.tests = "items";
  CHECK_THROWS_WITH(check(wrong), Contains("reduce.tests is 'items', expected cluster or item"));
}

TEST_CASE("all items of one image give no p but the classical one, and say so", "[reduce][tests]") {
  Rows rows = informative(20);
  rows.group.assign(20, "one image");
  const Reduced cell = reduce(rows);
  const StatRow& r = require(cell, "h_s", "r");
  CHECK(std::isnan(r.p));
  CHECK(std::isfinite(r.p_item));
  CHECK(has_flag(r, "too_few"));
}

TEST_CASE("differences of signals are paired, in declared orientations, on common items",
          "[reduce][tests]") {
  const Reduced cell = reduce(informative(80));
  REQUIRE(find_difference(cell, "h_s", "s_sc"));
  const DifferenceRow& row = *find_difference(cell, "h_s", "s_sc");
  std::vector<double> h_s = oriented(*cell.columns.signal("h_s"));
  const auto& s_sc = cell.columns.signal("s_sc")->value;
  const stats::Estimate paired = stats::auroc_difference_clustered(h_s, s_sc, cell.y, cell.group);
  CHECK(row.estimate == Approx(*paired.value).margin(1e-12));
  CHECK(row.estimate == Approx(row.auroc_a - row.auroc_b).margin(1e-12));
  CHECK(row.auroc_a == Approx(require(cell, "h_s", "auroc").estimate).margin(1e-12));
  CHECK(row.p == Approx(*paired.p));
  CHECK(row.p_item == Approx(*stats::auroc_difference(h_s, s_sc, cell.y).p));
  CHECK(row.n == 80);
  CHECK(row.groups == 20);
  CHECK(row.low < row.estimate);
  CHECK(row.high > row.estimate);
  CHECK(row.interval == "percentile over groups");
  CHECK(row.replicates == 300);
  // Each pair once, and only pairs of signals that the cell has.
  CHECK(find_difference(cell, "confidence", "s_sc"));
  CHECK_FALSE(find_difference(cell, "s_sc", "confidence"));
  CHECK_FALSE(find_difference(cell, "hidden_probe", "fusion"));
  CHECK(declared_differences().size() == 7 + 6 + 2);
}

TEST_CASE("signals with other gaps are compared on the items that both have", "[reduce][tests]") {
  Rows rows = informative(80);
  for (std::size_t i = 0; i < 80; i += 5) rows.status[i] = 2;  // no H_s
  const Reduced cell = reduce(rows);
  const DifferenceRow& row = *find_difference(cell, "h_s", "s_sc");
  CHECK(row.n == 64);
  CHECK(row.undefined == 16);
  std::vector<double> s_sc = cell.columns.signal("s_sc")->value;
  const auto h_s = oriented(*cell.columns.signal("h_s"));
  for (std::size_t i = 0; i < s_sc.size(); ++i)
    if (std::isnan(h_s[i])) s_sc[i] = kNan;
  CHECK(row.auroc_b == Approx(*stats::auroc(s_sc, cell.y).value));
  CHECK(row.auroc_b != Approx(require(cell, "s_sc", "auroc").estimate));
  // The interval is that of the same comparison in a cell which never had the other items.
  CHECK(row.low < row.estimate);
  CHECK(row.high > row.estimate);
  // Signals on the same items still share the replicates of the statistic table.
  const DifferenceRow& shared = *find_difference(cell, "p_tok", "s_sc");
  CHECK(shared.n == 80);
}

TEST_CASE("intervals of S_SC that allow for the paths hold the estimate and are wider",
          "[reduce][paths]") {
  const Reduced cell = reduce(informative(120));
  REQUIRE(cell.columns.no_paths.empty());
  REQUIRE(cell.columns.sampled.items() == 120);
  for (const char* statistic : {"r", "auroc", "mean"}) {
    const StatRow& row = require(cell, "s_sc", statistic);
    INFO(statistic << " " << row.low_hier << " " << row.high_hier);
    CHECK(row.low_hier < row.estimate);
    CHECK(row.high_hier > row.estimate);
    CHECK(row.high_hier - row.low_hier > 0.9 * (row.high - row.low));
    CHECK_THAT(row.interval_hier, Contains("then paths, centred"));
  }
  const StatRow& precision = require(cell, "s_sc", "precision_at_sc1");
  CHECK(precision.interval_hier == "percentile over groups");
  CHECK(precision.low_hier <= precision.estimate);
  CHECK(precision.high_hier >= precision.estimate);
  CHECK(require(cell, "h_s", "r").interval_hier.empty());
}

TEST_CASE("paths that do not give the stored S_SC are not drawn, and the row says why",
          "[reduce][paths]") {
  Rows rows = informative(20);
  TestCell cell;
  make_cell(cell, "demo_pope", rows);
  for (Array& array : cell.data.consistency.arrays())
    if (array.name == "path/normalised")
      std::get<std::vector<std::string>>(array.data)[0] = "something else";
  // The first stored row is the last item: its S_SC was made with one more "yes".
  const auto found = read_frame<StatRow>(reduce_cell(cell.data, quick(), 1), "statistic");
  const StatRow* row = find_row(found, "s_sc", "r");
  REQUIRE(row);
  CHECK(std::isnan(row->low_hier));
  CHECK_THAT(row->interval_hier, Contains("none: the stored answers do not give the stored S_SC"));
}

TEST_CASE("classes by likeness are made again at the threshold of the signal", "[reduce][paths]") {
  Rows rows = informative(2);
  rows.s_sc = {1, 1};
  TestCell cell;
  make_cell(cell, "demo_llava_bench", rows);
  for (Array& array : cell.data.consistency.arrays()) {
    if (array.name == "consistency/s_sc")
      array.description = "S_SC: share of the largest class of answers alike by ROUGE-L F1 >= 0.7";
    if (array.name == "path/normalised") {
      auto& texts = std::get<std::vector<std::string>>(array.data);
      for (std::size_t i = 0; i < texts.size(); ++i)
        texts[i] = i % 2 ? "a red kettle on the old stove" : "a red kettle on the stove";
    }
  }
  const CellColumns columns = columns_of(cell.data);
  CHECK(columns.no_paths.empty());
  CHECK(columns.sampled.answer_class == std::vector<std::int32_t>(20, 0));
}

TEST_CASE("what a cell records in blocks joins to the same paths and differences",
          "[reduce][draws]") {
  Rows rows = informative(60);
  for (std::size_t i = 0; i < 60; i += 7) rows.status[i] = 2;
  TestCell cell;
  make_cell(cell, "demo_pope", rows);
  ReduceParams params = quick();
  params.replicates = 130;
  const Record whole = reduce_cell(cell.data, params, 7);
  std::vector<Record> blocks;
  for (int part = 0; part < 3; ++part) {
    const Draws draws = Draws::block(7, stats::replicate_block(130, part, 3));
    reduce_cell(cell.data, params, draws);
    blocks.push_back(draws.record());
  }
  CHECK(reduce_cell(cell.data, params, Draws::joined(7, blocks)).digest() == whole.digest());
}
