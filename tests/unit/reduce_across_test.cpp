// R over several models from the item signals that reduce's records carry.
#include <catch2/catch.hpp>

#include "pipeline/stats/clustered.hpp"
#include "pipeline/stats/correlation.hpp"
#include "pipeline/store/frame.hpp"
#include "reduce_fixture.hpp"
#include "stages/reduce/across_models.hpp"
#include "stages/reduce/columns.hpp"
#include "stages/reduce/item_signals.hpp"

using namespace vrp;
using namespace vrp::testing;
using Catch::Contains;

namespace {

/// Record of a model on a benchmark.
Record record_of(const std::string& model, const Rows& rows,
                 const std::string& benchmark = "demo_pope", ReduceParams params = quick()) {
  TestCell cell;
  make_cell(cell, benchmark, rows);
  cell.data.model = model;
  return reduce_cell(cell.data, params, 1);
}

const StatRow& find(const std::vector<StatRow>& rows, const std::string& signal,
                    const std::string& statistic) {
  for (const StatRow& row : rows)
    if (row.signal == signal && row.statistic == statistic) return row;
  FAIL("no " << statistic << " of " << signal);
  return rows.front();
}

stats::Estimate r_of(const ItemSignals& cell, const std::string& signal) {
  return stats::point_biserial(cell.signals.at(signal).value, cell.label);
}

}  // namespace

TEST_CASE("item signals are read back as they were written", "[reduce][across]") {
  const ItemSignals read = read_item_signals(record_of("m", informative(20)));
  CHECK(read.model == "m");
  CHECK(read.benchmark == "demo_pope");
  CHECK(read.params.replicates == 300);
  CHECK(read.params.level == 0.95);
  CHECK(read.params.tests == "cluster");
  CHECK(read.seed == 1);
  CHECK(read.image.size() == 20);
  CHECK(read.signals.at("h_s").orientation == -1);
  CHECK(read.signals.at("s_sc").value.size() == 20);
  CHECK(read_item_signals(Record()).model.empty());
}

TEST_CASE("stratified R is the models' Fisher z weighted by n-3, naive R that of all items",
          "[reduce][across]") {
  Rows a = informative(60), b = informative(100);
  for (double& x : b.h_s) x = 2 * x + 5;  // another scale: stratified R does not see it
  for (std::size_t i = 0; i < 100; i += 9) b.y[i] = 1 - b.y[i];
  b.status[3] = 1;
  b.y[5] = -1;
  const Record of_a = record_of("a", a), of_b = record_of("b", b);
  const std::vector<StatRow> rows = across_models({of_b, of_a});
  const StatRow& row = find(rows, "h_s", "r_stratified");
  const stats::Estimate ra = r_of(read_item_signals(of_a), "h_s"),
                        rb = r_of(read_item_signals(of_b), "h_s");
  const double z = (57 * std::atanh(*ra.value) + 95 * std::atanh(*rb.value)) / (57 + 95);
  CHECK(rb.n == 98);
  CHECK(row.estimate == Approx(std::tanh(z)));
  CHECK(row.model == kAllModels);
  CHECK(row.n == 158);
  CHECK(row.failed == 1);
  CHECK(row.unlabelled == 1);
  CHECK(row.groups == 25);  // the 15 images of a are among those of b
  CHECK(row.low < row.estimate);
  CHECK(row.high > row.estimate);
  CHECK_THAT(row.interval, Contains("all models together"));
  const StatRow& naive = find(rows, "h_s", "r_naive");
  ItemSignals all = read_item_signals(of_a);
  const ItemSignals more = read_item_signals(of_b);
  auto& x = all.signals.at("h_s").value;
  const auto& x2 = more.signals.at("h_s").value;
  x.insert(x.end(), x2.begin(), x2.end());
  all.label.insert(all.label.end(), more.label.begin(), more.label.end());
  CHECK(naive.estimate == Approx(*r_of(all, "h_s").value));
  CHECK(naive.estimate != Approx(row.estimate));
  CHECK(naive.p_item == Approx(*r_of(all, "h_s").p));
}

TEST_CASE("the same answers twice are no second sample: the standard error stays",
          "[reduce][across]") {
  const Rows rows = informative(80);
  const Record once = record_of("a", rows);
  const std::vector<StatRow> twice = across_models({once, record_of("b", rows)});
  const StatRow& row = find(twice, "s_sc", "r_stratified");
  const auto statistics = read_frame<StatRow>(once, "statistic");
  const StatRow& single = *find_row(statistics, "s_sc", "r");
  CHECK(row.estimate == Approx(single.estimate));
  CHECK(row.se == Approx(single.se));
  CHECK(row.p == Approx(single.p));
  CHECK(row.p_item < single.p_item);  // takes them as twice as many items
  CHECK(row.high - row.low == Approx(single.high - single.low).epsilon(0.2));
}

TEST_CASE("sets that a model lacks, and runs of one model, have no rows over models",
          "[reduce][across]") {
  const Rows rows = informative(30);
  CHECK(across_models({record_of("a", rows)}).empty());
  CHECK(across_models({record_of("a", rows), record_of("b", rows, "demo_counting")}).empty());
  CHECK(across_models({}).empty());
  const auto found = across_models(
      {record_of("a", rows), record_of("b", rows, "demo_counting"), record_of("b", rows)});
  for (const StatRow& row : found) CHECK(row.benchmark == "demo_pope");
  CHECK_FALSE(found.empty());
}

TEST_CASE("a model in which a signal is constant is left out and named", "[reduce][across]") {
  const Rows good = informative(40);
  Rows constant = good;
  constant.h_s.assign(40, 3.5);
  const auto rows = across_models({record_of("a", good), record_of("flat", constant)});
  const StatRow& row = find(rows, "h_s", "r_stratified");
  CHECK_THAT(row.method, Contains("models left out: flat"));
  CHECK_THAT(row.flags, Contains("skipped_strata"));
  CHECK(std::isfinite(row.p));
  const auto none = across_models({record_of("a", constant), record_of("b", constant)});
  CHECK(std::isnan(find(none, "h_s", "r_stratified").estimate));
  CHECK_FALSE(find(none, "h_s", "r_stratified").note.empty());
  CHECK_FALSE(find(none, "h_s", "r_naive").note.empty());
}

TEST_CASE("tests = item takes items as independent over models too", "[reduce][across]") {
  ReduceParams params = quick();
  params.tests = "item";
  const Rows rows = informative(40);
  const auto found = across_models(
      {record_of("a", rows, "demo_pope", params), record_of("b", rows, "demo_pope", params)});
  const StatRow& row = find(found, "s_sc", "r_stratified");
  CHECK(row.p == row.p_item);
  CHECK_THAT(row.test, Contains("items taken as independent"));
}
