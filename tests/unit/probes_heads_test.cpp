// Top-k heads: choice on the training part, streamed maps, bad input.
#include <catch2/catch.hpp>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "stages/probes/heads.hpp"
#include "tests/unit/probes_attention_cell.hpp"

namespace vrp {
namespace {

using testing::AttentionCell;
using testing::CellPlan;

ProbesParams with_heads(const std::vector<std::string>& ks) {
  ProbesParams params;
  params.heads = ks;
  return params;
}

const ProbeControlRow& control(const ProbeOutcome& out, const std::string& probe,
                               const std::string& name) {
  for (const ProbeControlRow& row : out.controls)
    if (row.probe == probe && row.control == name) return row;
  throw std::runtime_error("no control " + probe + " " + name);
}

const std::vector<double>& score(const ProbeOutcome& out, const std::string& name) {
  for (const ProbeColumn& c : out.columns)
    if (c.name == name) return c.score;
  throw std::runtime_error("no column " + name);
}

void check_undefined(const ProbeOutcome& out, const std::string& reason) {
  CHECK(out.columns.size() == 5);
  for (const ProbeColumn& c : out.columns)
    for (const double s : c.score) CHECK(std::isnan(s));
  REQUIRE_FALSE(out.controls.empty());
  for (const ProbeControlRow& row : out.controls) {
    CHECK(std::isnan(row.value));
    CHECK_THAT(row.note, Catch::Contains(reason));
  }
}

TEST_CASE("heads are ranked by mean gain, ties by layer and head", "[probes][heads]") {
  const std::vector<double> gain{1, 3, 2, 3, 0, 2};
  CHECK(top_heads(gain, 4) == std::vector<std::int64_t>{1, 3, 2, 5});
  CHECK(top_heads(gain, 9).size() == 6);
  CHECK(head_name(11, 3) == "3.2");
}

TEST_CASE("a planted head is found and its entropy tells right from wrong", "[probes][heads]") {
  CellPlan plan;
  plan.planted_head = 1.5;
  const AttentionCell cell(plan);
  const ProbeOutcome out = fit_heads(cell.input(), with_heads({"1", "5", "10", "25"}));
  for (const ProbeFoldRow& row : out.folds) {
    if (row.probe == "head_entropy_k1") CHECK(row.choice == "heads=2.1");
    if (row.probe == "head_entropy") CHECK(row.choice == "k=1");
  }
  CHECK(control(out, "head_entropy_k1", "r2").value > 0.2);
  CHECK(control(out, "head_entropy_k1", "r2").value ==
        Approx(control(out, "head_entropy", "r2").value));
  CHECK(control(out, "head_entropy", "r2_max").value ==
        control(out, "head_entropy_k1", "r2").value);
  CHECK_THAT(control(out, "head_entropy", "r2_max").note,
             Catch::StartsWith("maximum over 3 values of k"));
  // 4 layers of 3 heads: 25 is left out and said so.
  CHECK(out.columns.size() == 4);
  CHECK_THAT(control(out, "head_entropy_k1", "r2").note,
             Catch::Contains("the model has only 12 heads: k=25"));
  for (const ProbeColumn& c : out.columns) {
    CHECK(c.orientation == 0);
    for (const double s : c.score) CHECK((s > 0 && s <= 1));
  }
}

TEST_CASE("heads that know nothing give an R near 0", "[probes][heads]") {
  const AttentionCell cell(CellPlan{});
  const ProbeOutcome out = fit_heads(cell.input(), with_heads({"1", "5", "10"}));
  for (const char* name : {"head_entropy_k1", "head_entropy_k5", "head_entropy_k10"})
    CHECK(control(out, name, "r2").value < 9.0 / 200);  // |R| < 3 / sqrt(n)
}

TEST_CASE("a fold's heads are chosen without its items", "[probes][heads]") {
  // Head 3.2 has an overwhelming gain in the items of one image only: it is chosen in every fold
  // but the one that holds the image.
  CellPlan plan;
  plan.items = 60;
  plan.per_unit = 60;
  AttentionCell cell(plan);
  for (Array& a : cell.units[0].arrays())
    if (a.name == "head/gain")
      for (std::size_t i = 0; i < 2; ++i) std::get<std::vector<float>>(a.data)[i * 12 + 11] = 1000;
  const ProbeOutcome out = fit_heads(cell.input(), with_heads({"1"}));
  const CellItems items = read_items(cell.input(), ProbesParams{});
  const Folds folds = make_folds(items, items.y, 5, 4);
  int seen = 0;
  for (const ProbeFoldRow& row : out.folds) {
    if (row.probe != "head_entropy_k1") continue;
    CHECK((row.choice == "heads=3.2") == (row.fold != folds.fold[0]));
    ++seen;
  }
  CHECK(seen == 5);
}

TEST_CASE("units of any size give the same bits", "[probes][heads]") {
  CellPlan plan;
  plan.ragged = true;
  const ProbeOutcome a = fit_heads(AttentionCell(plan).input(), with_heads({"1", "5"}));
  plan.per_unit = 7;
  const ProbeOutcome b = fit_heads(AttentionCell(plan).input(), with_heads({"5", "1"}));
  REQUIRE(a.columns.size() == b.columns.size());
  for (std::size_t c = 0; c < a.columns.size(); ++c)
    CHECK(a.columns[c].score == b.columns[c].score);
  REQUIRE(a.folds.size() == b.folds.size());
  for (std::size_t f = 0; f < a.folds.size(); ++f) CHECK(a.folds[f].choice == b.folds[f].choice);
}

TEST_CASE("items without gains or valid maps have no head entropy", "[probes][heads]") {
  CellPlan plan;
  plan.items = 100;
  plan.per_unit = 100;
  plan.status.assign(100, 0);
  plan.status[3] = 1;
  plan.status[10] = 2;
  AttentionCell cell(plan);
  for (Array& a : cell.units[0].arrays())
    if (a.name == "head/gain") std::get<std::vector<float>>(a.data)[20 * 12] = std::nanf("");
  const ProbeOutcome out = fit_heads(cell.input(), with_heads({"1", "5"}));
  for (const ProbeColumn& c : out.columns)
    for (std::size_t i = 0; i < 100; ++i)
      CHECK(std::isnan(c.score[i]) == (i == 3 || i == 10 || i == 20));
  CHECK(control(out, "head_entropy", "r2").n == 97);
  CHECK(control(out, "head_entropy", "r2").note ==
        "2 labelled items without head gains or valid maps left out");
}

TEST_CASE("heads that cannot be judged are undefined with the reason", "[probes][heads][bad]") {
  CellPlan plan;
  plan.items = 40;
  const ProbesParams params = with_heads({"1", "5", "10", "12"});
  SECTION("no head maps") {
    plan.head_maps = false;
    check_undefined(fit_heads(AttentionCell(plan).input(), params), "capture.head_map = 0");
  }
  SECTION("no gains") {
    plan.gains = false;
    check_undefined(fit_heads(AttentionCell(plan).input(), params), "capture.head_gain = 0");
  }
  SECTION("one class") {
    plan.y.assign(40, 0);
    check_undefined(fit_heads(AttentionCell(plan).input(), params), "one class");
  }
  SECTION("fewer images than folds") {
    for (std::size_t i = 0; i < 40; ++i) plan.group.push_back(i % 2 ? "a" : "b");
    check_undefined(fit_heads(AttentionCell(plan).input(), params), "fewer than 5 folds");
  }
  SECTION("no item with maps") {
    plan.status.assign(40, 2);
    const ProbeOutcome out = fit_heads(AttentionCell(plan).input(), params);
    for (const ProbeColumn& c : out.columns)
      for (const double s : c.score) CHECK(std::isnan(s));
    CHECK_THAT(control(out, "head_entropy", "r2").note,
               Catch::Contains("40 labelled items without head gains or valid maps"));
    for (const ProbeFoldRow& row : out.folds)
      CHECK(row.note == "no training item has head gains and maps");
  }
  SECTION("constant maps") {
    plan.equal_maps = true;
    const ProbeOutcome out = fit_heads(AttentionCell(plan).input(), with_heads({"12"}));
    CHECK(std::isnan(control(out, "head_entropy_k12", "r2").value));
    CHECK_THAT(control(out, "head_entropy_k12", "r2").note, Catch::Contains("R is undefined"));
  }
  SECTION("every k too large") {
    const ProbeOutcome out = fit_heads(AttentionCell(plan).input(), with_heads({"25"}));
    CHECK(control(out, "head_entropy", "r2_max").note ==
          "the model has 12 heads, fewer than any k");
  }
}

TEST_CASE("records whose heads do not fit are errors", "[probes][heads][bad]") {
  CellPlan plan;
  plan.items = 40;
  plan.per_unit = 20;
  AttentionCell cell(plan);
  const auto reshape = [&](const std::string& name, std::vector<std::int64_t> shape) {
    for (Array& a : cell.units[1].arrays())
      if (a.name == name) a.shape = shape;
  };
  SECTION("another model's heads in a later unit") {
    reshape("head/gain", {20, 3, 4});
    CHECK_THROWS_WITH(fit_heads(cell.input(), with_heads({"1"})),
                      Catch::Contains("3 layers of 4 heads, expected 4 of 3"));
  }
  SECTION("gains of another rank") {
    reshape("head/gain", {20, 12});
    CHECK_THROWS_WITH(fit_heads(cell.input(), with_heads({"1"})),
                      Catch::Contains("expected [item, layer, head] of 20 items"));
  }
  SECTION("maps of another shape") {
    reshape("attention/head_map", {3, 4, 320});
    CHECK_THROWS_WITH(fit_heads(cell.input(), with_heads({"1"})),
                      Catch::Contains("is [3, 4, 320], expected [4, 3, 320]"));
  }
}

TEST_CASE("authors' form: per item, against ln P of the first token", "[probes][heads]") {
  CellPlan plan;
  plan.items = 120;
  AttentionCell cell(plan);
  ProbesParams params = with_heads({"1", "5", "25"});
  params.heads_form = "authors";
  const ProbeOutcome out = fit_heads(cell.input(), params);
  CHECK(out.columns.size() == 3);
  CHECK_THAT(control(out, "head_entropy", "r2_max").note, Catch::Contains("against ln P(y_0)"));
  CHECK(control(out, "head_entropy", "r2_max").value ==
        std::max(control(out, "head_entropy_k1", "r2").value,
                 control(out, "head_entropy_k5", "r2").value));
  // k = 1: the item's own best head, minus its minimum, over its sum.
  const Record& record = cell.units[0];
  const auto& gain = record.values<float>("head/gain");
  const auto best = std::max_element(gain.begin(), gain.begin() + 12) - gain.begin();
  const auto& maps = record.values<float>("attention/head_map");
  const auto tokens =
      static_cast<std::size_t>(record.values<std::int64_t>("item/patch_offset").back());
  const float* map = maps.data() + static_cast<std::size_t>(best) * tokens;
  const double low = *std::min_element(map, map + 16);
  double mass = 0, bits = 0;
  for (int s = 0; s < 16; ++s) mass += map[s] - low;
  for (int s = 0; s < 16; ++s) {
    const double p = (map[s] - low) / mass;
    if (p > 0) bits -= p * std::log2(p);
  }
  CHECK(score(out, "head_entropy_k1")[0] == Approx(bits / 4));
  plan.head_maps = false;
  const ProbeOutcome none = fit_heads(AttentionCell(plan).input(), params);
  CHECK(control(none, "head_entropy", "r2_max").note == "capture.head_map = 0");
}

}  // namespace
}  // namespace vrp
