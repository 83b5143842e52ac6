// What the stage promises whatever it is given: the same bits, and reasons where nothing is
// defined.
#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <set>

#include "pipeline/base/error.hpp"
#include "stages/probes/collect.hpp"
#include "stages/probes/folds.hpp"
#include "stages/probes/outcome.hpp"
#include "stages/probes/parts.hpp"
#include "tests/unit/probes_cell.hpp"

namespace vrp {
namespace {

using testing::CellPlan;
using testing::ProbeCell;
using testing::quick;

const std::vector<std::string> kOwn = {"hidden_mlp", "hidden_linear", "last5",
                                       "contrib12",  "sparse",        "fusion"};

ProbesParams all_controls() {
  ProbesParams params = quick(kOwn);
  params.fits.push_back("attention");
  params.controls = ProbesParams{}.controls;
  params.shuffles_linear = params.shuffles_sparse = params.shuffles_net = 2;
  params.mlp_epochs = 5;
  return params;
}

/// Whether every score of every column is undefined, and some row says why.
void check_undefined(const Record& record, const std::string& reason) {
  const ProbeOutcome out = read_outcome(record);
  REQUIRE(out.columns.size() >= 6);
  for (const ProbeColumn& column : out.columns)
    for (const double score : column.score) CHECK_FALSE(score == score);
  REQUIRE_FALSE(out.folds.empty());
  for (const ProbeFoldRow& row : out.folds) {
    INFO(row.probe << ": " << row.note);
    CHECK_FALSE(row.auroc == row.auroc);
    CHECK(row.note.find(reason) != std::string::npos);
  }
  for (const ProbeLayerRow& row : out.layers) CHECK_FALSE(row.auroc == row.auroc);
  for (const ProbeControlRow& row : out.controls)
    if (row.control != "duplicates") {
      INFO(row.probe << " " << row.control << " " << row.value);
      CHECK_FALSE(row.value == row.value);
    }
}

TEST_CASE("the bits do not depend on memory, the order of parts or the cut of units", "[probes]") {
  const ProbesParams params = all_controls();
  ProbeCell cell(CellPlan{});
  const Hash128 expected = cell.run(params).digest();
  SECTION("features in a scratch file") {
    ProbesParams scratch = params;
    scratch.memory_mb = 0;
    CHECK(cell.run(scratch).digest() == expected);
  }
  SECTION("parts in reverse") {
    std::vector<std::size_t> order(fit_parts(params, 4).size());
    std::iota(order.rbegin(), order.rend(), 0);
    CHECK(cell.run(params, order).digest() == expected);
  }
  SECTION("other capture units") {
    CellPlan plan;
    plan.unit = 17;
    CHECK(ProbeCell(plan).run(params).digest() == expected);
  }
}

TEST_CASE("the cut of layers into parts changes no score", "[probes]") {
  ProbesParams params = quick({"hidden_linear"});
  ProbeCell cell(CellPlan{});
  const auto one = cell.run(params).values<double>("probe/linear_probe");
  params.layers_per_part = 4;
  CHECK(cell.run(params).values<double>("probe/linear_probe") == one);
}

TEST_CASE("one class is undefined, with the reason", "[probes]") {
  ProbeCell cell(CellPlan{});
  std::fill(cell.label.begin(), cell.label.end(), 1);
  check_undefined(cell.run(all_controls()), "one class");
}

TEST_CASE("fewer images than folds are undefined, with the reason", "[probes]") {
  CellPlan plan;
  plan.items = 40;
  plan.per_image = 10;
  ProbeCell cell(plan);
  ProbesParams params = all_controls();
  params.controls = {"shuffle", "duplicates"};
  check_undefined(cell.run(params), "4 images, fewer than 5 folds");
}

TEST_CASE("no item at all is undefined, with the reason", "[probes]") {
  ProbeCell cell(CellPlan{});
  std::fill(cell.status.begin(), cell.status.end(), 1);
  check_undefined(cell.run(all_controls()), "no item is used");
}

TEST_CASE("constant features are undefined and not 0.5", "[probes]") {
  CellPlan plan;
  plan.constant = true;
  plan.signal_layer = -1;
  ProbeCell cell(plan);
  const ProbeOutcome out = read_outcome(cell.run(quick({"hidden_linear", "hidden_mlp", "last5"})));
  for (const ProbeColumn& column : out.columns)
    for (const double score : column.score) CHECK_FALSE(score == score);
  for (const ProbeLayerRow& row : out.layers) {
    CHECK_FALSE(row.auroc == row.auroc);
    CHECK(row.note.find("constant features") != std::string::npos);
  }
  for (const ProbeFoldRow& row : out.folds)
    CHECK(row.note.find("constant features") != std::string::npos);
}

TEST_CASE("equal questions about one image in two folds are an error", "[probes]") {
  ProbeCell cell(CellPlan{});
  for (const std::size_t i : {std::size_t{0}, std::size_t{60}}) {
    cell.items.image_hash[i] = "";  // the hash would make them one group
    cell.items.image[i] = "same.jpg";
    cell.items.question[i] = "Same question?";
  }
  ProbesParams params = quick({"hidden_linear"});
  const auto folds = [&] {
    const CellItems items = read_items(cell.input(), params);
    return make_folds(items, items.y, 5, 4).fold;
  }();
  REQUIRE(folds[0] != folds[60]);
  CHECK_THROWS_WITH(cell.run(params),
                    Catch::Contains("planted/test/0") && Catch::Contains("planted/test/60"));
  params.allow_duplicates = true;
  params.controls = {"duplicates"};
  const ProbeOutcome out = read_outcome(cell.run(params));
  REQUIRE(out.controls.size() == 1);
  CHECK(out.controls[0].value == 1);
}

TEST_CASE("equal image files are one group whatever their names", "[probes]") {
  ProbeCell cell(CellPlan{});
  cell.items.image_hash[100] = cell.items.image_hash[0];
  const ProbesParams params = quick({"hidden_linear"});
  const CellItems items = read_items(cell.input(), params);
  CHECK(items.group[100] == items.group[0]);
  const Folds folds = make_folds(items, items.y, 5, 4);
  CHECK(folds.fold[100] == folds.fold[0]);
  for (const auto& inner : folds.inner_fold) CHECK(inner[100] == inner[0]);
}

TEST_CASE("folds are balanced, and the same for another model's labels of one image", "[probes]") {
  ProbeCell cell(CellPlan{});
  const CellItems items = read_items(cell.input(), quick({"hidden_linear"}));
  const Folds folds = make_folds(items, items.y, 5, 4);
  for (int o = 0; o < 5; ++o) {
    int count[2] = {0, 0};
    for (std::size_t i = 0; i < items.size(); ++i)
      if (folds.fold[i] == o) ++count[items.y[i]];
    CHECK(count[0] + count[1] >= 36);
    CHECK(count[0] + count[1] <= 44);
    const auto positives = std::count(items.y.begin(), items.y.end(), 1);
    CHECK(std::abs(count[1] - static_cast<double>(positives) / 5) <= 3);
  }
}

TEST_CASE("a missing array names the parameter of capture", "[probes]") {
  ProbeCell cell(CellPlan{});
  ProbeInput input = cell.input();
  const auto each = input.each;
  const auto without = [&](const std::string& name) {
    input.each = [&, name](const std::string& stage, const std::function<void(const Record&)>& f) {
      each(stage, [&](const Record& record) {
        Record rest;
        for (const Array& array : record.arrays())
          if (array.name != name) rest.add(array);
        f(rest);
      });
    };
  };
  ProbesParams params = quick(kOwn);
  params.controls = {"blank"};
  without("hidden/first");
  CHECK_THROWS_WITH(fit_part(input, "hidden_linear.b0-1", params), Catch::Contains("hidden = 1"));
  without("hidden/blank");
  CHECK_THROWS_WITH(fit_part(input, "hidden_linear_blank.b0-1", params),
                    Catch::Contains("blank = 1"));
  without("hidden/mlp_first");
  CHECK_THROWS_WITH(fit_part(input, "sparse.b0-1", params), Catch::Contains("hidden = 1"));
  without("contribution/mlp");
  CHECK_THROWS_WITH(fit_part(input, "contrib12", params), Catch::Contains("lens = 1"));
  without("label/yes_no");
  CHECK_THROWS_WITH(fit_part(input, "contrib12", params), Catch::Contains("primary"));
  CHECK_THROWS_WITH(fit_part(input, "hidden_linear.b0-9", params),
                    Catch::Contains("no part") && Catch::Contains("hidden_linear.b0-1"));
}

TEST_CASE("items that are not those of the table are an error", "[probes]") {
  ProbeCell cell(CellPlan{}), other(CellPlan{});
  ProbeInput input = cell.input();
  other.items.key[3] = "somebody/else";
  input.items = &other.items;
  CHECK_THROWS_WITH(fit_part(input, "hidden_linear.b0-1", quick(kOwn)),
                    Catch::Contains("somebody/else"));
  ItemTable longer = cell.items;
  for (auto* column : {&longer.key, &longer.group, &longer.image, &longer.image_hash,
                       &longer.question, &longer.type})
    column->push_back("more");
  input.items = &longer;
  CHECK_THROWS_WITH(fit_part(input, "hidden_linear.b0-1", quick(kOwn)), Catch::Contains("200"));
}

TEST_CASE("parameters out of range name themselves", "[probes]") {
  const auto refuses = [](const std::function<void(ProbesParams&)>& change, const char* field) {
    ProbesParams params;
    change(params);
    INFO(field);
    CHECK_THROWS_WITH(check(params), Catch::Contains(field));
  };
  CHECK_NOTHROW(check(ProbesParams{}));
  refuses([](auto& p) { p.fits = {"hidden"}; }, "fits");
  refuses([](auto& p) { p.controls = {"shufle"}; }, "controls");
  refuses([](auto& p) { p.outer_folds = 1; }, "outer_folds");
  refuses([](auto& p) { p.inner_folds = 101; }, "inner_folds");
  refuses([](auto& p) { p.position = "middle"; }, "position");
  refuses([](auto& p) { p.linear_c = "0.1 zero"; }, "linear_c");
  refuses([](auto& p) { p.linear_c = "-1"; }, "linear_c");
  refuses([](auto& p) { p.linear_c = ""; }, "linear_c");
  refuses([](auto& p) { p.sparse_form = "max"; }, "sparse_form");
  refuses([](auto& p) { p.sparse_c = 0; }, "sparse_c");
  refuses([](auto& p) { p.attention_widths = "1024 x"; }, "attention_widths");
  refuses([](auto& p) { p.attention_dropout = 1; }, "attention_dropout");
  refuses([](auto& p) { p.learning_rate = 0; }, "learning_rate");
  refuses([](auto& p) { p.neurons_kept = 0; }, "neurons_kept");
  refuses([](auto& p) { p.heads = {"0"}; }, "heads");
}

TEST_CASE("parts cover every block once and have names that files can bear", "[probes]") {
  ProbesParams params;
  params.shuffles_linear = 45;
  const std::vector<ProbePart> parts = probe_parts(params, 10);
  std::set<std::string> names;
  std::vector<int> covered(10, 0);
  int draws = 0;
  for (const ProbePart& part : parts) {
    CHECK(names.insert(part.name()).second);
    CHECK(part.name().find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") ==
          std::string::npos);
    if (part.probe != "hidden_linear" || !part.variant.empty()) continue;
    if (part.kind == ProbePart::Kind::layers)
      for (int b = part.first; b <= part.last; ++b) ++covered[static_cast<std::size_t>(b)];
    else
      draws += part.last - part.first + 1;
  }
  CHECK(covered == std::vector<int>(10, 1));
  CHECK(draws == 45);
  CHECK(contribution_blocks(32) == std::vector<std::int64_t>{17, 21, 26, 29, 30, 31});
  CHECK(contribution_blocks(6) == std::vector<std::int64_t>{3, 3, 4, 5, 5, 5});
}

TEST_CASE("a probe made from the reference answer says so", "[probes]") {
  ProbeCell cell(CellPlan{});
  const Record record = cell.run(quick({"contrib12", "hidden_linear"}));
  CHECK(record.at("probe/contrib12").attributes.at("needs_reference") == "1");
  CHECK(record.at("probe/linear_probe").attributes.count("needs_reference") == 0);
  for (const ProbeLayerRow& row : read_outcome(record).layers)
    CHECK((row.note.find("not a predictor") != std::string::npos) == (row.probe == "contrib12"));
}

TEST_CASE("a probe carries over to a set that has the same signal", "[probes]") {
  CellPlan plan;
  ProbeCell a(plan);
  plan.benchmark = "other";
  ProbeCell b(plan);
  plan.benchmark = "noise";
  plan.signal_layer = -1;
  ProbeCell c(plan);
  b.items.group[0] = a.items.group[0];  // one image in both
  const Record record =
      transfer_probes({a.input(), b.input(), c.input()}, quick({"hidden_linear"}));
  const auto rows = read_frame<ProbeControlRow>(record, "probe_control");
  REQUIRE(rows.size() == 6);
  std::set<std::string> seen;
  for (const ProbeControlRow& row : rows) {
    seen.insert(row.control);
    INFO(row.control << " " << row.value << " " << row.note);
    CHECK(row.note.find("block") != std::string::npos);
    if (row.control.find("noise") == std::string::npos) CHECK(row.value > 0.85);
    CHECK(row.low <= row.value);
    CHECK(row.high >= row.value);
    if (row.control == "transfer:planted:noise") CHECK(row.p > 0.001);
    if (row.control == "transfer:planted:other") CHECK(row.p < 1e-6);
    if (row.control == "transfer:planted:noise") CHECK(std::abs(row.value - 0.5) < 0.15);
    CHECK(row.n == (row.control == "transfer:planted:other"   ? 199
                    : row.control == "transfer:other:planted" ? 198
                                                              : 200));
  }
  CHECK(seen.count("transfer:planted:other") == 1);
}

TEST_CASE("the authors' options are honoured", "[probes]") {
  ProbeCell cell(CellPlan{});
  ProbesParams params = quick({"sparse", "hidden_mlp"});
  params.sparse_form = "lambda";
  params.sparse_c = 0.05;
  params.top_variance = 4;
  params.nonzero_above = 0.01;
  params.neuron_ranking = "delta";
  params.neurons_kept = 3;
  params.fullbatch = true;
  params.position = "last";
  params.net_seeds = 2;
  const ProbeOutcome out = read_outcome(cell.run(params));
  for (const ProbeLayerRow& row : out.layers)
    if (row.probe == "sparse") CHECK(row.nonzero <= 0.25);
  for (const NeuronRow& row : out.neurons) {
    CHECK(row.rank < 3);
    if (row.layer == 1 && row.kind == "success" && row.rank == 0) CHECK(row.neuron == 3);
  }
}

}  // namespace
}  // namespace vrp
