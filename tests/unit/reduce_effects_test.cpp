#include <catch2/catch.hpp>
#include <functional>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/proportions.hpp"
#include "reduce_fixture.hpp"
#include "stages/reduce/columns.hpp"
#include "stages/reduce/effects.hpp"
#include "stages/reduce/rows_probe.hpp"

using namespace vrp;
using namespace vrp::testing;

namespace {

using Labels = std::vector<int>;

std::vector<EffectRow> effects_of(const Labels& y, const std::vector<TestEdit>& edits,
                                  std::vector<int> status = {}) {
  Rows rows = informative(y.size());
  rows.y = y;
  if (status.empty()) status.assign(y.size(), 0);
  TestCell cell;
  make_cell(cell, "demo_pope", rows);
  add_interventions(cell.data, edits, status);
  return effect_rows(effect_columns(cell.data, columns_of(cell.data)), quick(), 1, true);
}

const EffectRow& effect(const std::vector<EffectRow>& rows, const std::string& condition,
                        const std::string& against = "baseline", const std::string& type = "") {
  for (const EffectRow& row : rows)
    if (row.condition == condition && row.against == against && row.type == type) return row;
  FAIL("no effect of " << condition << " against " << against);
  return rows.front();
}

TestEdit baseline(const Labels& y) { return {"baseline", "baseline", "", "", -1, -1, -1, y}; }

EffectColumns columns_with(const std::function<void(Record&)>& damage) {
  const Labels y = {1, 0, 1, 1};
  Rows rows = informative(4);
  rows.y = y;
  TestCell cell;
  make_cell(cell, "demo_pope", rows);
  add_interventions(cell.data,
                    {baseline(y), {"mask high", "mask", "high", "pixel", -1, -1, -1, {0, 0, 1, 1}}},
                    rows.status);
  damage(cell.data.interventions);
  return effect_columns(cell.data, columns_of(cell.data));
}

template <class T>
std::vector<T>& data_of(Record& record, const std::string& name) {
  for (Array& array : record.arrays())
    if (array.name == name) return std::get<std::vector<T>>(array.data);
  throw std::runtime_error("no array " + name);
}

}  // namespace

TEST_CASE("an effect is the difference of accuracies with its flips and McNemar's p",
          "[reduce][effects]") {
  const Labels y = {1, 1, 1, 1, 1, 1, 0, 0, 1, 0}, masked = {0, 0, 0, 1, 0, 1, 1, 0, 0, 0};
  const auto rows =
      effects_of(y, {baseline(y), {"mask high", "mask", "high", "pixel", -1, -1, -1, masked}});
  const EffectRow& row = effect(rows, "mask high");
  CHECK(row.n == 10);
  CHECK(row.accuracy_against == Approx(0.7));
  CHECK(row.accuracy == Approx(0.3));
  CHECK(row.delta_pp == Approx(-40));
  CHECK(row.lost == 5);
  CHECK(row.gained == 1);
  CHECK(row.p_item == Approx(2 * (1 + 6) / 64.0));  // 2 (C(6,0) + C(6,1)) / 2^6
  CHECK(row.p == Approx(0.5));  // images change by -3, 0 and -1: two of four assignments of signs
  CHECK(row.item_pp == Approx(10));
  CHECK(row.changed == Approx(0.6));
  CHECK(row.margin_change == Approx(-0.8));
  CHECK(row.low <= -40);
  CHECK(row.high >= -40);
  CHECK(row.test.starts_with("exact sign-flip of images"));
  const EffectRow& base = effect(rows, "baseline");
  CHECK(base.accuracy == Approx(0.7));
  CHECK(std::isnan(base.p));
}

TEST_CASE("the interval is that of the mean paired difference over images", "[reduce][effects]") {
  const std::size_t n = 40;
  Rows fixture = informative(n);
  const Labels& y = fixture.y;
  Labels masked = y;
  for (std::size_t i = 0; i < n; i += 3) masked[i] = 0;
  const auto rows =
      effects_of(y, {baseline(y), {"mask high", "mask", "high", "pixel", -1, -1, -1, masked}});
  std::vector<double> a, b;
  for (std::size_t i = 0; i < n; ++i) {
    a.push_back(masked[i]);
    b.push_back(y[i]);
  }
  stats::BootstrapOptions options;
  options.replicates = quick().replicates;
  options.seed = 1;
  options.bca = false;
  options.purpose = "demo/demo_pope/effects";
  const stats::Estimate want =
      stats::mean_difference_bootstrap(a, b, stats::number_texts(fixture.group), options);
  const EffectRow& row = effect(rows, "mask high");
  CHECK(row.delta_pp == Approx(100 * *want.value));
  CHECK(row.low == Approx(100 * *want.low));
  CHECK(row.high == Approx(100 * *want.high));
  CHECK(row.interval == "percentile over groups");
}

TEST_CASE("draws are averaged per item, the spread is over single draws", "[reduce][effects]") {
  const Labels y = {1, 1, 1, 0};
  const auto draw = [](int number, const Labels& labels) {
    return TestEdit{concat("L3 random5 draw ", number, " zero"),
                    "neuron",
                    "random",
                    "zero",
                    3,
                    5,
                    number,
                    labels};
  };
  const auto rows = effects_of(y, {baseline(y), draw(0, {0, 1, 1, 0}), draw(1, {0, 0, 1, 1})});
  const EffectRow& row = effect(rows, "L3 random5 zero");
  CHECK(row.draws == 2);
  CHECK(row.n == 4);
  CHECK(row.accuracy == Approx((0 + 0.5 + 1 + 0.5) / 4));
  CHECK(row.delta_pp == Approx(-25));
  CHECK(row.lost == Approx(1.5));  // draw 0 loses one, draw 1 two
  CHECK(row.gained == Approx(0.5));
  CHECK(row.draw_low == Approx(-25));  // both draws lose one on balance
  CHECK(row.draw_high == Approx(-25));
  CHECK(row.test.starts_with("permutation within images over 2 random draws"));
  const auto uneven = effects_of(y, {baseline(y), draw(0, {0, 0, 0, 0}), draw(1, y)});
  CHECK(effect(uneven, "L3 random5 zero").draw_low == Approx(-75 + 0.025 * 75));
  CHECK(effect(uneven, "L3 random5 zero").draw_high == Approx(-0.025 * 75));
}

TEST_CASE("an item with one undefined draw keeps the others, with none it is counted",
          "[reduce][effects]") {
  const Labels y = {1, 1, 0, 1};
  const auto draw = [](int number, const Labels& labels) {
    return TestEdit{
        concat("mask random ", number), "mask", "random", "pixel", -1, -1, number, labels};
  };
  const auto rows = effects_of(y, {baseline(y), draw(0, {-2, -2, 0, -1}), draw(1, {0, -2, 0, -1})});
  const EffectRow& row = effect(rows, "mask random");
  CHECK(row.n == 2);
  CHECK(row.undefined == 1);
  CHECK(row.unlabelled == 1);
  CHECK(row.accuracy == 0);
  CHECK(row.delta_pp == Approx(-50));
}

TEST_CASE("failed, unlabelled and undefined items are counted, unevaluated ones are not there",
          "[reduce][effects]") {
  const Labels y = {1, 1, -1, 1, 0, 1};
  const auto rows = effects_of(
      y, {baseline(y), {"mask high", "mask", "high", "pixel", -1, -1, -1, {0, 1, 0, -2, 0, 1}}},
      {0, 1, 0, 0, 0, 0});
  const EffectRow& row = effect(rows, "mask high");
  CHECK(row.items == 6);
  CHECK(row.n == 3);
  CHECK(row.failed == 1);
  CHECK(row.unlabelled == 1);
  CHECK(row.undefined == 1);
  CHECK(row.invalid == 3);
  const EffectColumns columns = columns_with([](Record& record) {
    data_of<std::int32_t>(record, "item/status") = {3, 0, 0, 0};  // rows are in reverse order
  });
  CHECK(columns.key == std::vector<std::string>{"demo_pope/test/1000", "demo_pope/test/1001",
                                                "demo_pope/test/1002"});
}

TEST_CASE("a condition without any item says why", "[reduce][effects]") {
  const Labels y = {1, 0};
  const auto rows = effects_of(
      y, {baseline(y), {"mask region", "mask", "region", "pixel", -1, -1, -1, {-2, -2}}});
  CHECK(effect(rows, "mask region").n == 0);
  CHECK(effect(rows, "mask region").note == "the condition is not defined for any item");
  CHECK(std::isnan(effect(rows, "mask region").delta_pp));
}

TEST_CASE("specific effects pair a target with the control at the same site", "[reduce][effects]") {
  const Labels y = informative(40).y;
  const auto rows = effects_of(y, usual_edits(y));
  CHECK(effect(rows, "mask high", "mask low").draws == 1);
  CHECK(effect(rows, "mask high", "mask random").draws == 3);
  CHECK(effect(rows, "L3 top5 zero", "L3 random5 zero").draws == 3);
  for (const EffectRow& row : rows) {
    CHECK_FALSE((row.condition == "L3 top10 zero" && row.against == "L3 random5 zero"));
    CHECK_FALSE((row.condition == "mask region" && row.against == "mask random"));
  }
  const EffectRow& high = effect(rows, "mask high");
  const EffectRow& low = effect(rows, "mask low");
  CHECK(effect(rows, "mask high", "mask low").delta_pp == Approx(high.delta_pp - low.delta_pp));
  std::int64_t by_type = 0;
  for (const EffectRow& row : rows)
    if (row.condition == "mask high" && !row.type.empty()) by_type += row.n;
  CHECK(by_type == high.n);
}

TEST_CASE("the permutation within items is McNemar's test when there is one control",
          "[reduce][effects]") {
  const std::vector<double> target = {0, 0, 0, 0, 0, 0, 1, 1, kNan},
                            other = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  const double p = *exchange_p(target, {other}, 20000, 3, "one");
  CHECK(p == Approx(2.0 / 64).margin(0.004));  // six flips of one direction
  CHECK(*exchange_p(other, {other}, 200, 3, "none") == Approx(1));
  CHECK_FALSE(exchange_p({kNan}, {{1}}, 200, 3, "empty").has_value());
}

TEST_CASE("the permutation over several draws agrees with all 3^5 assignments",
          "[reduce][effects]") {
  const std::vector<double> target = {0, 0, 0, 1, 0};
  const std::vector<std::vector<double>> others = {{1, 1, 0, 1, 1}, {1, 0, 1, 0, 1}};
  double contrast[5][3], observed = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    const double v[3] = {target[i], others[0][i], others[1][i]};
    for (std::size_t k = 0; k < 3; ++k) contrast[i][k] = v[k] - 0.5 * (v[0] + v[1] + v[2] - v[k]);
    observed += contrast[i][0];
  }
  int extreme = 0;
  for (int code = 0; code < 243; ++code) {
    double sum = 0;
    for (int i = 0, rest = code; i < 5; ++i, rest /= 3) sum += contrast[i][rest % 3];
    extreme += std::abs(sum) >= std::abs(observed) - 1e-9;
  }
  CHECK(*exchange_p(target, others, 40000, 3, "all") == Approx(extreme / 243.0).margin(0.008));
}

TEST_CASE("the sign-flip of images agrees with every assignment of signs, and with McNemar",
          "[reduce][effects]") {
  const std::vector<std::int64_t> sums = {3, -1, 0, 2, 2, 1, -4, 1, 5};
  const std::int64_t observed = 9;
  int extreme = 0;
  for (int code = 0; code < 512; ++code) {
    std::int64_t sum = 0;
    for (std::size_t g = 0; g < 9; ++g) sum += (code >> g & 1) ? sums[g] : -sums[g];
    extreme += std::abs(sum) >= observed;
  }
  CHECK(sign_flip_p(sums) == Approx(extreme / 512.0).epsilon(1e-12));
  // One pair of answers to an image: McNemar's exact test.
  for (const auto& [lost, gained] : {std::pair{7, 2}, {0, 6}, {5, 5}, {40, 61}, {0, 0}}) {
    std::vector<std::int64_t> single(static_cast<std::size_t>(lost), -1);
    single.insert(single.end(), static_cast<std::size_t>(gained), 1);
    single.push_back(0);
    CHECK(sign_flip_p(single) == Approx(stats::mcnemar_exact_p(lost, gained)).epsilon(1e-10));
  }
  CHECK(sign_flip_p({}) == 1);
  CHECK(sign_flip_p({4, -4}) == 1);
  // Many images: twice the normal tail.
  std::vector<std::int64_t> many(20000, 1);
  for (std::size_t i = 0; i < 9800; ++i) many[i] = -1;
  CHECK(sign_flip_p(many) ==
        Approx(stats::two_sided_normal_p(399 / std::sqrt(20000.0))).epsilon(0.02));
}

TEST_CASE("images whose answers all change together are one flip, not several",
          "[reduce][effects]") {
  // Six images of four items; in each all answers are lost.
  Labels y(24, 1), none(24, 0);
  const auto rows =
      effects_of(y, {baseline(y), {"mask high", "mask", "high", "pixel", -1, -1, -1, none}});
  const EffectRow& row = effect(rows, "mask high");
  CHECK(row.p_item == Approx(2 * std::pow(0.5, 24)));
  CHECK(row.p == Approx(2 * std::pow(0.5, 6)));
  CHECK(row.test.starts_with("exact sign-flip of images"));
}

TEST_CASE("the exchange of conditions by image agrees with all 3^3 assignments",
          "[reduce][effects]") {
  const std::vector<double> target = {0, 0, 0, 1, 0, 0};
  const std::vector<std::vector<double>> others = {{1, 1, 0, 1, 1, 1}, {1, 0, 1, 0, 1, 1}};
  const std::vector<std::int32_t> group = {7, 7, 2, 2, 2, 4};
  double contrast[8][3] = {}, observed = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    const double v[3] = {target[i], others[0][i], others[1][i]};
    for (std::size_t k = 0; k < 3; ++k)
      contrast[group[i]][k] += v[k] - 0.5 * (v[0] + v[1] + v[2] - v[k]);
    observed += v[0] - 0.5 * (v[1] + v[2]);
  }
  int extreme = 0;
  for (int code = 0; code < 27; ++code) {
    const double sum = contrast[7][code % 3] + contrast[2][code / 3 % 3] + contrast[4][code / 9];
    extreme += std::abs(sum) >= std::abs(observed) - 1e-9;
  }
  CHECK(*exchange_p(target, others, 40000, 3, "images", group) ==
        Approx(extreme / 27.0).margin(0.008));
  // A group of one item each is the exchange within items.
  CHECK(*exchange_p(target, others, 500, 3, "same", {0, 1, 2, 3, 4, 5}) ==
        *exchange_p(target, others, 500, 3, "same"));
}

TEST_CASE("with items that go together the exchange by image keeps its level, by item it does not",
          "[reduce][effects][coverage]") {
  const Rng rng(10, "exchange by image");
  int by_image = 0, by_item = 0;
  constexpr int kRuns = 300, kImages = 30, kEach = 4;
  std::vector<std::int32_t> group;
  for (std::int32_t i = 0; i < kImages * kEach; ++i) group.push_back(i / kEach);
  for (int run = 0; run < kRuns; ++run) {
    std::vector<std::vector<double>> y(4);
    for (std::size_t k = 0; k < 4; ++k)
      for (std::size_t i = 0; i < group.size(); ++i) {
        const auto at = static_cast<std::uint64_t>(run * kImages + group[i]);
        // A condition changes most answers of an image, or none.
        y[k].push_back(
            rng.uniform(at, k) < 0.3 && rng.uniform(at, 100 + 10 * k + i % kEach) < 0.9 ? 0 : 1);
      }
    const auto seed = static_cast<std::uint64_t>(run);
    by_image += *exchange_p(y[0], {y[1], y[2], y[3]}, 400, seed, "x", group) <= 0.05;
    by_item += *exchange_p(y[0], {y[1], y[2], y[3]}, 400, seed, "x") <= 0.05;
  }
  INFO(by_image << " by image, " << by_item << " by item of " << kRuns);
  CHECK(by_image <= 28);  // 15 expected, sd 3.8
  CHECK(by_image >= 4);
  CHECK(by_item > 45);
}

TEST_CASE("under exchangeable conditions the permutation rejects 5 % of the time",
          "[reduce][effects][coverage]") {
  const Rng rng(9, "exchange");
  int rejected = 0;
  constexpr int kRuns = 400, kItems = 60;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<std::vector<double>> y(4, std::vector<double>(kItems));
    for (std::size_t i = 0; i < kItems; ++i) {
      const auto at = static_cast<std::uint64_t>(run * kItems) + i;
      const double chance = 0.2 + 0.75 * rng.uniform(at, 9);  // items differ, conditions do not
      for (std::size_t k = 0; k < 4; ++k) y[k][i] = rng.uniform(at, k) < chance ? 1 : 0;
    }
    rejected +=
        *exchange_p(y[0], {y[1], y[2], y[3]}, 400, static_cast<std::uint64_t>(run), "x") <= 0.05;
  }
  CHECK(rejected >= 8);  // 20 expected, sd 4.4
  CHECK(rejected <= 34);
}

TEST_CASE("the minimum detectable difference has 80 % power under exact McNemar",
          "[reduce][effects]") {
  bool one_way = true;
  const std::int64_t n = 400;
  const double discordant = 0.15, pp = minimum_detectable_pp(n, discordant, one_way);
  CHECK_FALSE(one_way);
  const double d = pp / 100;
  CHECK(std::sqrt(static_cast<double>(n)) * d ==
        Approx(stats::normal_quantile(0.975) * std::sqrt(discordant) +
               stats::normal_quantile(0.8) * std::sqrt(discordant - d * d)));
  const Rng rng(4, "power");
  int found = 0;
  constexpr int kRuns = 1500;
  for (std::uint64_t run = 0; run < kRuns; ++run) {
    std::int64_t lost = 0, gained = 0;
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(n); ++i) {
      const double u = rng.uniform(run, i);
      lost += u < 0.5 * (discordant + d);
      gained += u >= 0.5 * (discordant + d) && u < discordant;
    }
    found += stats::mcnemar_exact_p(lost, gained) <= 0.05;
  }
  // The exact test is a little conservative beside the normal approximation.
  CHECK(found / static_cast<double>(kRuns) > 0.72);
  CHECK(found / static_cast<double>(kRuns) < 0.85);
}

TEST_CASE("too few flips: the least number of one-way flips that could be found",
          "[reduce][effects]") {
  bool one_way = false;
  for (const double discordant : {0.0, 0.005}) {
    const double share = minimum_detectable_pp(200, discordant, one_way) / 100;
    CHECK(one_way);
    const double need =
        stats::normal_quantile(0.975) + stats::normal_quantile(0.8) * std::sqrt(1 - share);
    CHECK(200 * share == Approx(need * need));
    CHECK(200 * share > 6);  // fewer than six one-way flips are never significant
  }
  CHECK(std::isnan(minimum_detectable_pp(0, 0.1, one_way)));
}

TEST_CASE("names lose the number of their draw once", "[reduce][effects]") {
  CHECK(without_draw("mask random 2", 2) == "mask random");
  CHECK(without_draw("L5 random5 draw 3 zero", 3) == "L5 random5 zero");
  CHECK(without_draw("L5 random 25% draw 0", 0) == "L5 random 25%");
  CHECK(without_draw("L5 random 25 draw 25", 25) == "L5 random 25");
  CHECK(without_draw("L5 single1 zero", -1) == "L5 single1 zero");
  CHECK(without_draw("mask block", 0) == "mask block");
}

TEST_CASE("damaged interventions records are refused", "[reduce][effects]") {
  const auto refused = [](const char* what, const std::function<void(Record&)>& damage) {
    INFO(what);
    CHECK_THROWS_WITH(columns_with(damage), Catch::Contains(what));
  };
  refused("expected the baseline", [](Record& record) {
    data_of<std::string>(record, "edit/family") = {"mask", "mask"};
  });
  refused("twice, expected unique names", [](Record& record) {
    data_of<std::string>(record, "edit/name") = {"baseline", "baseline"};
  });
  refused("expected 1, 0 or -1",
          [](Record& record) { data_of<std::int32_t>(record, "label/yes_no")[3] = 2; });
  refused("mark no label/SCORER as primary", [](Record& record) {
    for (Array& array : record.arrays())
      if (array.name == "label/yes_no") array.attributes["primary"] = std::string("0");
  });
  refused("as primary, expected one", [](Record& record) {
    Array copy = record.at("label/yes_no");
    copy.name = "label/exact";
    record.add(std::move(copy));
  });
  refused("was it computed for another choice of items?", [](Record& record) {
    data_of<std::string>(record, "item/key")[0] = "demo_pope/test/stranger";
  });
  refused("has 1 rows, expected 2 conditions",
          [](Record& record) { data_of<std::int32_t>(record, "edit/layer").pop_back(); });
  refused("conditions, expected 2", [](Record& record) {
    for (Array& array : record.arrays())
      if (array.name == "answer/length") {
        array.shape = {4, 1};
        std::get<std::vector<std::int32_t>>(array.data).resize(4);
      }
  });
  CHECK_NOTHROW(columns_with([](Record&) {}));
}

TEST_CASE("two conditions that differ in nothing but a name that is no draw are refused",
          "[reduce][effects]") {
  EffectColumns columns = columns_with([](Record&) {});
  columns.conditions.push_back(columns.conditions.back());
  CHECK_THROWS_WITH(effect_rows(columns, quick(), 1, false), Catch::Contains("no random draws"));
}

TEST_CASE("the pooled set joins the sets' items and shows each set as a type",
          "[reduce][effects]") {
  TestCell pope, counting;
  const Rows a = informative(40), b = informative(24);
  make_whole_cell(pope, "demo_pope", a);
  make_whole_cell(counting, "demo_counting", b);
  for (std::string& question : counting.items.question) question.insert(0, "How many? ");
  const Record record = reduce_pooled({pope.data, counting.data}, quick(), 1, pope.data.probes);
  const auto rows = read_frame<EffectRow>(record, "effect");
  const EffectRow& all = effect(rows, "mask high");
  CHECK(all.benchmark == "pooled");
  CHECK(all.n == 64);
  CHECK(effect(rows, "mask high", "baseline", "demo_pope").n == 40);
  CHECK(effect(rows, "mask high", "baseline", "demo_counting").n == 24);
  const auto transfer = read_frame<CellProbeControl>(record, "probe_control");
  CHECK_FALSE(transfer.empty());
  CHECK(transfer.front().benchmark == "pooled");
}

TEST_CASE("effects on a benchmark form one Holm family of the model, the others are apart",
          "[reduce][families]") {
  const auto row = [](const char* benchmark, const char* type, double p) {
    EffectRow out;
    out.model = "demo";
    out.benchmark = benchmark;
    out.type = type;
    out.p = p;
    return out;
  };
  const auto adjusted = adjust_effects(
      {row("demo_pope", "", 0.01), row("demo_counting", "", 0.04), row("demo_pope", "cup", 0.01),
       row("pooled", "", 0.04), row("demo_pope", "", kNan)},
      declare_families({"demo"}, {"demo_pope"}, quick()));
  CHECK(adjusted[0].value == Approx(0.02));
  CHECK(adjusted[0].family == "causal/demo (Holm, m = 2)");
  CHECK(adjusted[1].value == Approx(0.04));
  CHECK(adjusted[2].value == Approx(0.02));
  CHECK(adjusted[2].family == "exploratory effects/demo (Benjamini-Hochberg, m = 2)");
  CHECK(std::isnan(adjusted[4].value));
  CHECK_THROWS_AS(adjust_effects({row("demo_pope", "", 0.01)}, Json::object()), Error);
}
