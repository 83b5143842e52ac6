#include <catch2/catch.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/proportions.hpp"
#include "reduce_fixture.hpp"
#include "stages/reduce/columns.hpp"
#include "stages/reduce/lens.hpp"
#include "stages/reduce/means_bootstrap.hpp"

using namespace vrp;
using namespace vrp::testing;

namespace {

LensResult lens_of(TestCell& cell) {
  const CellColumns columns = columns_of(cell.data);
  return lens_result(columns, layer_columns(cell.data, columns), quick(), 1);
}

LensResult lens_of(const Rows& rows) {
  TestCell cell;
  make_whole_cell(cell, "demo_pope", rows);
  return lens_of(cell);
}

const ShareRow& share_of(const LensResult& result, const std::string& form,
                         const std::string& set) {
  for (const ShareRow& row : result.shares)
    if (row.form == form && row.layer_set == set) return row;
  FAIL("no share " << form << " " << set);
  return result.shares.front();
}

/// A cell of four items whose contributions are the same for all: attention a[l], MLP m[l].
void constant_cell(TestCell& cell, const std::vector<double>& a, const std::vector<double>& m,
                   const std::vector<double>& margin) {
  Rows rows = informative(4);
  rows.y = {1, 0, 1, 0};
  make_cell(cell, "demo_pope", rows);
  Record& capture = cell.data.capture;
  capture.add(matrix<float>("lens/margin", "state", {4}, margin.size(),
                            [&](auto, auto s) { return margin[s]; }));
  capture.add(matrix<double>("contribution/attention", "layer", {4}, a.size(),
                             [&](auto, auto l) { return a[l]; }));
  capture.add(matrix<double>("contribution/mlp", "layer", {4}, m.size(),
                             [&](auto, auto l) { return m[l]; }));
}

void remove_array(Record& record, const std::string& name) {
  std::erase_if(record.arrays(), [&](const Array& array) { return array.name == name; });
}

}  // namespace

TEST_CASE("peaks, gaps and shares of a cell with known layers", "[reduce][lens]") {
  const LensResult result = lens_of(informative(40));
  REQUIRE(result.layers.size() == kBlocks + 1);
  REQUIRE(result.peaks.size() == 1);
  const LensSummaryRow& peak = result.peaks.front();
  CHECK(peak.layers == 4);
  CHECK(peak.n == 40);
  CHECK(peak.l_vis == 3);  // margin - blank grows with every block
  CHECK(peak.l_sep == 2);  // right answers gain at block 2 and keep it: the lowest layer of the tie
  CHECK(peak.sep_sep == Approx(1).margin(0.2));
  CHECK(peak.l_margin == 3);
  CHECK(peak.early_lock == 2);
  CHECK(peak.dh_early_lock == Approx(-1.5));
  CHECK(peak.dh_final == Approx(0.5));
  CHECK(peak.sum_check < 1e-5);
  CHECK(peak.note.empty());
  for (const char* set : {"growth", "visual", "boost", "last2", "all"}) {
    CHECK(share_of(result, "absolute", set).share == Approx(0.75));
    CHECK(share_of(result, "signed", set).share == Approx(0.75));
    CHECK(share_of(result, "norm", set).share == Approx(0.8));
  }
  CHECK(share_of(result, "absolute", "growth").is_default == 1);
  CHECK(share_of(result, "absolute", "growth").blocks == "0 1 2 3");
  CHECK(share_of(result, "norm", "last2").blocks == "2 3");
  CHECK(result.layers[0].layer == -1);
  CHECK(result.layers[2].first == 1.0);
  CHECK(result.layers[1].first == 0.0);
  CHECK(result.layers[1].resid == Approx(1.5));
  CHECK(result.layers[1].h_n == Approx(4.05 / std::log(144.0)));
}

TEST_CASE("layer sets follow their definitions, NaN belongs to none but 'all' and 'last2'",
          "[reduce][lens]") {
  const std::vector<double> margin = {0, 1, 0.5, 2, 2}, delta = {0, 0.4, -0.6, 0.7, kNan};
  using Set = std::vector<std::int64_t>;
  CHECK(layer_set("growth", margin, delta) == Set{0, 2});
  CHECK(layer_set("visual", margin, delta) == Set{1, 2});
  CHECK(layer_set("boost", margin, delta) == Set{2});
  CHECK(layer_set("last2", margin, delta) == Set{2, 3});
  CHECK(layer_set("all", margin, delta) == Set{0, 1, 2, 3});
  CHECK(layer_set("visual", margin, {}).empty());
}

TEST_CASE("the largest value is the first of equals, -2 where none is defined", "[reduce][lens]") {
  CHECK(largest({1, 3, 3, 2}) == 1);
  CHECK(largest({kNan, -1, kNan}) == 1);
  CHECK(largest({kNan, kNan}) == -2);
  CHECK(largest({}) == -2);
}

TEST_CASE("signed and absolute shares differ where parts cancel", "[reduce][lens]") {
  TestCell cell;
  constant_cell(cell, {-1, 2}, {3, 4}, {0, 1, 2});
  const LensResult result = lens_of(cell);
  CHECK(share_of(result, "absolute", "all").share == Approx(7.0 / 10));
  CHECK(share_of(result, "signed", "all").share == Approx(7.0 / 8));
  CHECK(share_of(result, "absolute", "all").low == Approx(0.7));  // no item differs
  CHECK(std::isnan(share_of(result, "norm", "all").share));
  CHECK(share_of(result, "norm", "all").note == "no item has contributions");
  CHECK(std::isnan(share_of(result, "absolute", "visual").share));
  CHECK_FALSE(share_of(result, "absolute", "visual").note.empty());
}

TEST_CASE("a share with denominator 0 is undefined and says so", "[reduce][lens]") {
  TestCell cell;
  constant_cell(cell, {-3, 1}, {3, 1}, {0, 1, 0});
  const LensResult result = lens_of(cell);
  CHECK(share_of(result, "signed", "growth").blocks == "0");
  CHECK(std::isnan(share_of(result, "signed", "growth").share));
  CHECK(share_of(result, "signed", "growth").note == "the sum of all parts is 0");
  CHECK(share_of(result, "absolute", "growth").share == Approx(0.5));
}

TEST_CASE("contributions are averaged over items before absolute values are taken",
          "[reduce][lens]") {
  TestCell cell;
  constant_cell(cell, {1, 1}, {0, 0}, {0, 1, 2});
  remove_array(cell.data.capture, "contribution/mlp");
  cell.data.capture.add(matrix<double>("contribution/mlp", "layer", {4}, 2, [](auto i, auto) {
    return i % 2 ? 5.0 : -3.0;  // mean 1, mean of absolute values 4
  }));
  CHECK(share_of(lens_of(cell), "absolute", "all").share == Approx(0.5));
}

TEST_CASE("intervals are the percentile bootstrap of the mean on the shared draws",
          "[reduce][lens]") {
  const Rows rows = informative(40);
  TestCell cell;
  make_whole_cell(cell, "demo_pope", rows);
  const CellColumns columns = columns_of(cell.data);
  const LayerColumns lens = layer_columns(cell.data, columns);
  const LensResult result = lens_result(columns, lens, quick(), 1);
  stats::BootstrapOptions options;
  options.replicates = quick().replicates;
  options.seed = 1;
  options.bca = false;
  options.purpose = "demo/demo_pope/lens";
  const auto group = stats::number_texts(columns.group);
  for (std::size_t state = 0; state <= kBlocks; ++state) {
    const stats::Estimate want = stats::mean_bootstrap(lens.margin[state], group, options);
    CHECK(result.layers[state].margin == Approx(*want.value).margin(1e-12));
    CHECK(result.layers[state].margin_low == Approx(*want.low).margin(1e-12));
    CHECK(result.layers[state].margin_high == Approx(*want.high).margin(1e-12));
  }
}

TEST_CASE("what is missing is NaN with a note, never zero", "[reduce][lens]") {
  Rows rows = informative(24);
  SECTION("items of one class") {
    std::fill(rows.y.begin(), rows.y.end(), 1);
    const LensResult result = lens_of(rows);
    CHECK(result.peaks.front().l_sep == -2);
    CHECK(std::isnan(result.layers[2].sep));
    CHECK(result.layers[2].note.find("one class") != std::string::npos);
  }
  SECTION("no blank-image run") {
    TestCell cell;
    make_whole_cell(cell, "demo_pope", rows);
    remove_array(cell.data.capture, "lens/margin_blank");
    const LensResult result = lens_of(cell);
    CHECK(result.peaks.front().l_vis == -2);
    CHECK(result.peaks.front().note.find("blank") != std::string::npos);
    CHECK(std::isnan(result.layers[2].delta_img));
    CHECK(std::isnan(share_of(result, "signed", "boost").share));
  }
  SECTION("every item failed") {
    std::fill(rows.status.begin(), rows.status.end(), 1);
    const LensResult result = lens_of(rows);
    CHECK(result.peaks.front().n == 0);
    CHECK(result.peaks.front().invalid == 24);
    CHECK(std::isnan(result.peaks.front().margin_final));
    CHECK_FALSE(result.peaks.front().note.empty());
  }
  SECTION("no lens at all") {
    TestCell cell;
    make_cell(cell, "demo_pope", rows);
    CHECK(lens_of(cell).layers.empty());
  }
}

TEST_CASE("arrays that disagree about the layers are refused", "[reduce][lens]") {
  TestCell cell;
  make_whole_cell(cell, "demo_pope", informative(8));
  remove_array(cell.data.capture, "contribution/mlp");
  cell.data.capture.add(
      matrix<double>("contribution/mlp", "layer", {8}, 3, [](auto, auto) { return 0.0; }));
  CHECK_THROWS_WITH(lens_of(cell), Catch::Contains("has 3 blocks, expected 4"));
  remove_array(cell.data.capture, "contribution/mlp");
  cell.data.capture.add(item_column<double>("contribution/mlp", {8}, [](auto) { return 0.0; }));
  CHECK_THROWS_WITH(lens_of(cell), Catch::Contains("expected 2 (item and layer)"));
}

TEST_CASE("the case study is the wrong answer with the lowest H_s", "[reduce][case]") {
  Rows rows = informative(8);
  rows.y = {1, 0, 0, 0, 1, 1, 1, 1};
  rows.h_s = {1, 4, 2, 2, 3, 3, 3, kNan};
  TestCell cell;
  make_whole_cell(cell, "demo_pope", rows);
  const CellColumns columns = columns_of(cell.data);
  const CaseResult result = case_result(columns, layer_columns(cell.data, columns));
  REQUIRE(result.item.size() == 1);
  CHECK(result.item[0].key == "demo_pope/test/1002");  // 1003 has the same H_s
  CHECK(result.item[0].n == 7);
  CHECK(result.item[0].percentile == Approx(100 * 2.0 / 7));  // one below, two equal
  REQUIRE(result.layers.size() == kBlocks + 1);
  CHECK(result.layers[3].yes == 3);
  CHECK(result.layers[3].no == -3);
  std::fill(rows.y.begin(), rows.y.end(), 1);
  TestCell right;
  make_whole_cell(right, "demo_pope", rows);
  const CellColumns all_right = columns_of(right.data);
  const CaseResult none = case_result(all_right, layer_columns(right.data, all_right));
  CHECK(none.item[0].key.empty());
  CHECK(none.item[0].note == "no wrong answer has an attention map");
}

TEST_CASE("a signal that needs the reference is flagged and kept out of selective prediction",
          "[reduce][lens]") {
  TestCell cell;
  make_whole_cell(cell, "demo_pope", informative(40));
  const Record record = reduce_cell(cell.data, quick(), 1);
  const auto rows = read_frame<StatRow>(record, "statistic");
  const StatRow* margin = find_row(rows, "margin_last", "auroc");
  REQUIRE(margin);
  CHECK(margin->flags.find("needs_reference") != std::string::npos);
  CHECK_FALSE(find_row(rows, "margin_last", "aurc"));
  CHECK(find_row(rows, "top2_last", "aurc"));
  for (const CurveRow& row : read_frame<CurveRow>(record, "risk_coverage"))
    CHECK(row.signal != "margin_last");
  std::vector<StatRow> tested = {*margin, *find_row(rows, "margin_last", "r")};
  tested[0].p = 0.01;
  for (const AdjustedP& adjusted :
       adjust(tested, declare_families({"demo"}, {"demo_pope"}, quick()))) {
    CHECK(std::isnan(adjusted.value));
    CHECK(adjusted.family.empty());
  }
}

TEST_CASE("accuracy of a probe counts logits from 0 and probabilities from one half",
          "[reduce][probes]") {
  TestCell cell;
  Rows rows = informative(4);
  rows.y = {1, 1, 0, 0};
  make_cell(cell, "demo_pope", rows);
  cell.data.probes.add(
      item_column<std::string>("item/key", {4}, [&](auto i) { return cell.items.key[i]; }));
  const double logits[] = {0.2, -0.1, -3, 0.4}, shares[] = {0.5, 0.6, 0.4, 0.1};
  for (const bool probability : {false, true}) {
    Array array = item_column<double>(probability ? "probe/stress_test" : "probe/last5", {4},
                                      [&](auto i) { return probability ? shares[i] : logits[i]; });
    array.units = probability ? "probability" : "logit";
    array.attributes = {{"role", "signal"}, {"orientation", "1"}};
    cell.data.probes.add(std::move(array));
  }
  const auto found = read_frame<StatRow>(reduce_cell(cell.data, quick(), 1), "statistic");
  CHECK(find_row(found, "last5", "probe_accuracy")->estimate == Approx(0.5));
  CHECK(find_row(found, "stress_test", "probe_accuracy")->estimate == Approx(1.0));
  CHECK(find_row(found, "last5", "probe_balanced_accuracy")->estimate == Approx(0.5));
}
