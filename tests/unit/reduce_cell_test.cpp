#include <algorithm>
#include <catch2/catch.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/store/frame.hpp"
#include "reduce_fixture.hpp"

using namespace vrp;
using namespace vrp::testing;

namespace {

std::vector<StatRow> statistics(const Rows& rows, const ReduceParams& params = quick()) {
  TestCell cell;
  make_cell(cell, "demo_pope", rows);
  return read_frame<StatRow>(reduce_cell(cell.data, params, 1), "statistic");
}

const StatRow& require(const std::vector<StatRow>& rows, const std::string& signal,
                       const std::string& statistic, bool majority = false) {
  const StatRow* row = find_row(rows, signal, statistic, majority);
  INFO(signal << " " << statistic);
  REQUIRE(row);
  return *row;
}

}  // namespace

TEST_CASE("four items with a known order have the R and AUROC of the formulas", "[reduce]") {
  Rows rows;
  rows.y = {1, 0, 1, 0};
  rows.h_s = {1, 2, 3, 4};  // right at ranks 1 and 3: raw AUROC 1/4, oriented (-1) 3/4
  rows.s_sc = {1, 0.5, 1, 1};
  rows.status = {0, 0, 0, 0};
  rows.group = {"a", "b", "c", "d"};
  rows.type = {"no", "no", "yes", "yes"};
  const auto found = statistics(rows);
  CHECK(require(found, "h_s", "auroc").estimate == Approx(0.75).margin(1e-12));
  CHECK(require(found, "h_s", "auroc_within_type").estimate == Approx(1.0).margin(1e-12));
  CHECK(require(found, "h_s", "auroc_within_type").pairs == 2);
  CHECK(require(found, "h_s", "r").estimate == Approx(-1 / std::sqrt(5.0)).margin(1e-12));
  CHECK(require(found, "", "accuracy").estimate == 0.5);
  const StatRow& precision = require(found, "s_sc", "precision_at_sc1");
  CHECK(precision.n == 3);
  CHECK(precision.estimate == Approx(2.0 / 3).margin(1e-12));
  // s_sc descending: a block {1,1,1} with one error, then the error at 0.5:
  // risks (1/3)/1, (2/3)/2, 1/3, 2/4; mean (1/3 + 1/3 + 1/3 + 1/2) / 4.
  CHECK(require(found, "s_sc", "aurc").estimate == Approx(1.5 / 4).margin(1e-12));
  CHECK(require(found, "h_s", "auroc").orientation == -1);
  CHECK(require(found, "h_s", "r").groups == 4);
  CHECK(require(found, "h_s", "mean").estimate == Approx(2.5).margin(1e-12));
}

TEST_CASE("groups of several items are resampled as groups, and items when told so", "[reduce]") {
  const auto by_group = statistics(informative(80));
  ReduceParams params = quick();
  params.resample = "item";
  const auto by_item = statistics(informative(80), params);
  const StatRow& a = require(by_group, "s_sc", "auroc");
  const StatRow& b = require(by_item, "s_sc", "auroc");
  CHECK(a.interval.find("groups") != std::string::npos);
  CHECK(b.interval.find("items") != std::string::npos);
  CHECK(a.estimate == b.estimate);
  CHECK(a.low != b.low);
  CHECK(a.low < a.estimate);
  CHECK(a.estimate < a.high);
  CHECK(std::isfinite(a.low_bca));
  CHECK(a.low_item_bca == b.low_bca);
  CHECK(a.groups == 20);
  CHECK(a.p_item < 0.001);
  CHECK(a.p < 0.01);  // 20 images
}

TEST_CASE("an AUROC of orientation -1 has the mirrored limits of the raw one", "[reduce]") {
  Rows rows = informative(80);
  rows.h_s = rows.s_sc;
  const auto found = statistics(rows);
  const StatRow& raw = require(found, "s_sc", "auroc");
  const StatRow& mirrored = require(found, "h_s", "auroc");
  CHECK(mirrored.estimate == Approx(1 - raw.estimate).margin(1e-12));
  CHECK(mirrored.low == Approx(1 - raw.high).margin(1e-12));
  CHECK(mirrored.high == Approx(1 - raw.low).margin(1e-12));
  CHECK(mirrored.low_bca == Approx(1 - raw.high_bca).margin(1e-12));
}

TEST_CASE("every item is used or counted as failed, unlabelled or undefined", "[reduce]") {
  Rows rows = informative(40);
  rows.status[3] = rows.status[9] = 1;  // failed
  rows.status[5] = 2;                   // no attention map: label holds, h_s does not
  rows.y[7] = -1;
  rows.s_sc[11] = kNan;
  const auto found = statistics(rows);
  for (const StatRow& row : found) {
    INFO(row.signal << " " << row.statistic);
    // n counts one level, or one class, only
    if (row.statistic == "precision_at_sc1" ||
        row.statistic.find("_share_of_") != std::string::npos)
      continue;
    CHECK(row.n + row.invalid == 40);
    CHECK(row.invalid == row.failed + row.unlabelled + row.undefined);
    CHECK(row.failed == 2);
  }
  const StatRow& h_s = require(found, "h_s", "r");
  CHECK(h_s.n == 36);
  CHECK(h_s.unlabelled == 1);
  CHECK(h_s.undefined == 1);
  CHECK(require(found, "s_sc", "r").undefined == 1);
  CHECK(require(found, "", "accuracy").n == 37);
  CHECK(require(found, "h_s", "mean").n == 37);
}

TEST_CASE("undefined statistics carry a reason instead of a number", "[reduce]") {
  Rows rows = informative(40);
  SECTION("one class only") {
    std::fill(rows.y.begin(), rows.y.end(), 1);
    const auto found = statistics(rows);
    CHECK(std::isnan(require(found, "s_sc", "auroc").estimate));
    CHECK(std::isnan(require(found, "s_sc", "r").estimate));
    CHECK(require(found, "s_sc", "r").note.find("class") != std::string::npos);
    CHECK(require(found, "", "accuracy").estimate == 1);
  }
  SECTION("constant signal: AUROC 0.5 and flagged, R undefined") {
    std::fill(rows.h_s.begin(), rows.h_s.end(), 3.0);
    const auto found = statistics(rows);
    CHECK(require(found, "h_s", "auroc").estimate == 0.5);
    CHECK(require(found, "h_s", "auroc").flags.find("constant") != std::string::npos);
    CHECK(std::isnan(require(found, "h_s", "r").estimate));
    CHECK_FALSE(require(found, "h_s", "r").note.empty());
  }
  SECTION("all items failed") {
    std::fill(rows.status.begin(), rows.status.end(), 1);
    for (const StatRow& row : statistics(rows)) {
      INFO(row.signal << " " << row.statistic);
      CHECK(row.n == 0);
      CHECK(row.failed == 40);
      CHECK(std::isnan(row.estimate));
      CHECK_FALSE(row.note.empty());
    }
  }
  SECTION("a signal that is NaN everywhere") {
    std::fill(rows.h_s.begin(), rows.h_s.end(), kNan);
    const auto found = statistics(rows);
    CHECK(require(found, "h_s", "auroc").n == 0);
    CHECK(require(found, "h_s", "auroc").undefined == 40);
    CHECK_FALSE(require(found, "h_s", "auroc").note.empty());
    CHECK(std::isfinite(require(found, "s_sc", "auroc").estimate));
  }
  SECTION("no items at all") {
    const auto found = statistics(Rows{});
    CHECK(require(found, "", "accuracy").n == 0);
    for (const StatRow& row : found) CHECK(std::isnan(row.estimate));
  }
}

TEST_CASE("undefined numbers and reasons come together in every row", "[reduce]") {
  Rows rows = informative(24);
  rows.status[0] = 1;
  rows.status[1] = 2;
  for (const StatRow& row : statistics(rows)) {
    INFO(row.signal << " " << row.statistic << " " << row.estimate << " " << row.note);
    if (std::isnan(row.estimate)) CHECK_FALSE(row.note.empty());
    CHECK(std::isnan(row.low) == std::isnan(row.high));
    if (std::isfinite(row.low)) CHECK_FALSE(row.interval.empty());
    if (std::isfinite(row.p)) CHECK_FALSE(row.test.empty());
  }
}

TEST_CASE("the same cell gives the same bits, another seed other intervals", "[reduce]") {
  TestCell cell;
  make_cell(cell, "demo_pope", informative(60));
  const Record once = reduce_cell(cell.data, quick(), 1),
               again = reduce_cell(cell.data, quick(), 1);
  CHECK(once.digest() == again.digest());
  CHECK(once.digest() != reduce_cell(cell.data, quick(), 2).digest());
}

TEST_CASE("balance, agreement, curves and scorers count what is there", "[reduce]") {
  Rows rows;
  rows.y = {1, 0, 1, 1, 0, 1};
  rows.h_s = {1, 2, 3, 4, 5, 6};
  rows.s_sc = {1, 0.5, 1, 0.9, 1, 0.4};
  rows.status = {0, 0, 0, 0, 0, 1};
  rows.group = {"a", "a", "b", "b", "c", "c"};
  rows.type = {"yes", "no", "no", "yes", "yes", "yes"};  // also the reference answers
  TestCell cell;
  make_cell(cell, "demo_pope", rows);
  const Record record = reduce_cell(cell.data, quick(), 1);
  const auto balance = read_frame<BalanceRow>(record, "balance");
  REQUIRE(balance.size() == 3);
  CHECK(balance[0].type.empty());
  CHECK(balance[0].items == 6);
  CHECK(balance[0].n == 5);
  CHECK(balance[0].correct == 3);
  CHECK(balance[0].failed == 1);
  CHECK(balance[0].majority_rate == Approx(0.6));
  // Said yes: items 0 (right), 1 (wrong), 3 (right); said no: 2 (right), 4 (wrong).
  CHECK(balance[0].yes_ratio == Approx(0.6));
  CHECK(balance[0].precision == Approx(2.0 / 3));
  CHECK(balance[0].recall == Approx(2.0 / 3));
  CHECK(balance[1].type == "no");
  CHECK(balance[1].n == 2);
  const auto scorers = read_frame<ScorerRow>(record, "scorer");
  REQUIRE(scorers.size() == 2);
  CHECK(scorers[0].scorer == "yes_no@1");
  CHECK(scorers[0].primary == 1);
  CHECK(scorers[1].correct == 0);
  CHECK(scorers[1].only_primary == 3);
  CHECK(scorers[1].p_item == Approx(0.25));
  CHECK(scorers[1].p == Approx(0.5));  // the three changes lie in two images
  const auto levels = read_frame<AgreementRow>(record, "agreement");
  REQUIRE(levels.size() == 10);
  CHECK(levels[9].level == 1);
  CHECK(levels[9].n == 3);
  CHECK(levels[9].correct == 2);
  CHECK(levels[0].n == 0);
  CHECK(std::isnan(levels[0].precision));
  CHECK_FALSE(levels[0].note.empty());
  for (const auto& level : levels) CHECK(level.invalid == 1);
  const auto curves = read_frame<CurveRow>(record, "risk_coverage");
  const auto last = std::find_if(curves.rbegin(), curves.rend(),
                                 [](const CurveRow& row) { return row.signal == "s_sc"; });
  REQUIRE(last != curves.rend());
  CHECK(last->coverage == 1);
  CHECK(last->risk == Approx(0.4));
  std::int64_t binned = 0;
  for (const auto& bin : read_frame<BinRow>(record, "reliability"))
    binned += bin.signal == "s_sc" ? bin.n : 0;
  CHECK(binned == 5);
}

TEST_CASE("S_SC is also held against the label of the majority answer", "[reduce]") {
  const auto found = statistics(informative(40));
  CHECK(require(found, "s_sc", "auroc", true).label == "majority:yes_no@1");
  CHECK(require(found, "s_sc", "precision_at_sc1", true).n > 0);
}

TEST_CASE("a cell without metrics and consistency has output signals only", "[reduce]") {
  TestCell cell;
  make_cell(cell, "demo_pope", informative(40));
  cell.data.metrics = Record();
  cell.data.consistency = Record();
  const Record record = reduce_cell(cell.data, quick(), 1);
  const auto found = read_frame<StatRow>(record, "statistic");
  CHECK_FALSE(find_row(found, "h_s", "r"));
  CHECK(find_row(found, "p_tok", "auroc"));
  CHECK(read_frame<AgreementRow>(record, "agreement").empty());
}

TEST_CASE("items that were never computed are counted as failed, those behind a limit not at all",
          "[reduce]") {
  TestCell cell;
  make_cell(cell, "demo_pope", informative(40));
  SECTION("no record at all") {
    cell.data.capture = cell.data.metrics = cell.data.consistency = Record();
    const auto found = read_frame<StatRow>(reduce_cell(cell.data, quick(), 1), "statistic");
    CHECK(require(found, "", "accuracy").failed == 40);
  }
  SECTION("a table longer than the run, and a gap in the run") {
    TestCell longer;
    make_cell(longer, "demo_pope", informative(44));
    longer.data.capture = cell.data.capture;
    longer.data.metrics = cell.data.metrics;
    longer.data.consistency = cell.data.consistency;
    auto found = read_frame<StatRow>(reduce_cell(longer.data, quick(), 1), "statistic");
    CHECK(require(found, "", "accuracy").n == 40);
    CHECK(require(found, "", "accuracy").invalid == 0);
    std::swap(longer.items.key[20], longer.items.key[43]);  // row 20 now has no record
    found = read_frame<StatRow>(reduce_cell(longer.data, quick(), 1), "statistic");
    CHECK(require(found, "", "accuracy").n == 40);
    CHECK(require(found, "", "accuracy").failed == 4);
  }
}

TEST_CASE("records that do not fit the item table are refused", "[reduce]") {
  TestCell cell;
  make_cell(cell, "demo_pope", informative(8));
  const auto message = [&] {
    try {
      reduce_cell(cell.data, quick(), 1);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  SECTION("unknown item") {
    cell.items.key[2] = "demo_pope/test/other";
    CHECK(message().find("expected one of the 8 items asked") != std::string::npos);
  }
  SECTION("repeated item") {
    auto& keys = std::get<std::vector<std::string>>(cell.data.capture.arrays()[0].data);
    keys[1] = keys[0];
    CHECK(message().find("expected each item once") != std::string::npos);
  }
  SECTION("a label that is none of 1, 0, -1") {
    for (Array& array : cell.data.capture.arrays())
      if (array.name == "label/yes_no") std::get<std::vector<std::int32_t>>(array.data)[0] = 2;
    CHECK(message().find("expected 1, 0 or -1") != std::string::npos);
  }
  SECTION("no orientation") {
    for (Array& array : cell.data.metrics.arrays())
      if (array.name == "metrics/h_s") array.attributes["orientation"] = "up";
    CHECK(message().find("has orientation 'up'") != std::string::npos);
  }
  SECTION("two primary scorers") {
    for (Array& array : cell.data.capture.arrays())
      if (array.name == "label/exact") array.attributes["primary"] = "1";
    CHECK(message().find("both marked primary") != std::string::npos);
  }
  SECTION("no primary scorer") {
    for (Array& array : cell.data.capture.arrays()) array.attributes.erase("primary");
    CHECK(message().find("marked primary, expected one") != std::string::npos);
  }
  SECTION("a short column") {
    for (Array& array : cell.data.metrics.arrays())
      if (array.name == "metrics/h_s") {
        std::get<std::vector<double>>(array.data).pop_back();
        array.shape = {7};
      }
    CHECK(message().find("has 7 rows") != std::string::npos);
  }
}

TEST_CASE("parameters out of range are refused by name", "[reduce]") {
  const auto refused = [](auto change, const char* name) {
    ReduceParams params;
    change(params);
    try {
      check(params);
    } catch (const Error& error) {
      return error.code() == ExitCode::usage &&
             std::string(error.what()).find(name) != std::string::npos;
    }
    return false;
  };
  CHECK(refused([](ReduceParams& p) { p.replicates = 5; }, "replicates"));
  CHECK(refused([](ReduceParams& p) { p.level = 1; }, "level"));
  CHECK(refused([](ReduceParams& p) { p.level = kNan; }, "level"));
  CHECK(refused([](ReduceParams& p) { p.resample = "rows"; }, "resample"));
  CHECK(refused([](ReduceParams& p) { p.ece_bins = 1; }, "ece_bins"));
  CHECK(refused([](ReduceParams& p) { p.equivalence = 0; }, "equivalence"));
  CHECK(refused([](ReduceParams& p) { p.curve_points = 1; }, "curve_points"));
}

TEST_CASE("the permutation p of the mean lift counts permutations at least as large", "[reduce]") {
  TestCell cell;
  make_cell(cell, "demo_pope", informative(8));
  std::vector<double> lift = {2, 2, 2, 2, 2, 2, 2, kNan};
  cell.data.metrics.add(signal_array("relevance/lift", lift, 1, "1", "lift"));
  Array permuted;
  permuted.name = "relevance/null_lift";
  permuted.dims = {"item", "permutation"};
  permuted.shape = {8, 3};
  std::vector<float> values;
  for (int i = 0; i < 8; ++i) values.insert(values.end(), {1.0f, 3.0f, 2.0f});
  permuted.data = values;
  cell.data.metrics.add(permuted);
  const auto found = read_frame<StatRow>(reduce_cell(cell.data, quick(), 1), "statistic");
  const StatRow& row = require(found, "lift", "mean");
  CHECK(row.n == 7);
  CHECK(row.estimate == 2);
  CHECK(row.p == Approx((1.0 + 2) / (1 + 3)));
}
