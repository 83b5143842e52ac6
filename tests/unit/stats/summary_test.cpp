#include <catch2/catch.hpp>

#include "data.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/clustered.hpp"
#include "pipeline/stats/signal_summary.hpp"

using namespace vrp::stats;

namespace {

constexpr std::int64_t kB = 400;

std::vector<SignalSummary> summarise(const Columns& columns) {
  const Analysis analysis(columns, {.replicates = kB});
  return analysis.summaries(analysis.replicates({0, kB}));
}

}  // namespace

TEST_CASE("a summary has every interval, and its n and invalid", "[stats][summary]") {
  Columns c = test::example(150);
  c.label[3] = kNoLabel;
  const std::vector<SignalSummary> rows = summarise(c);
  REQUIRE(rows.size() == 4);
  for (const SignalSummary& row : rows) {
    CHECK(row.n + row.invalid == 150);
    const bool constant = row.name == "constant";
    CHECK(row.r.defined() == !constant);
    CHECK(row.r_intervals.item_bca.defined() == !constant);
    for (const Intervals* i : {&row.auroc_intervals, &row.within_intervals}) {
      for (const Interval* interval :
           {&i->item_percentile, &i->item_bca, &i->group_percentile, &i->group_bca}) {
        REQUIRE(interval->defined());
        CHECK(*interval->low <= *interval->high);
        CHECK((*interval->low < *interval->high) == !constant);
      }
      CHECK(i->item_bca.flags.has(Flag::percentile_fallback) == constant);
    }
  }
  CHECK(rows[0].invalid == 1);
  CHECK(rows[2].invalid > 10);
}

TEST_CASE("columns that were not given say so", "[stats][summary]") {
  Columns c = test::example(60);
  c.group.clear();
  c.type.clear();
  const SignalSummary row = summarise(c)[0];
  CHECK(row.within.estimate.flags.has(Flag::not_given));
  CHECK_FALSE(row.within_intervals.item_bca.defined());
  CHECK(row.auroc_intervals.group_bca.flags.has(Flag::not_given));
  CHECK(row.auroc_intervals.item_bca.defined());
}

TEST_CASE("no rows, or one class: undefined everywhere, with the reason", "[stats][summary]") {
  Columns empty;
  empty.signals = {{"x", {}}};
  const SignalSummary nothing = summarise(empty)[0];
  CHECK(nothing.auroc.flags.has(Flag::empty));
  CHECK(nothing.auroc_intervals.item_bca.flags.has(Flag::empty));
  CHECK_FALSE(nothing.r.defined());
  Columns one = test::example(30);
  for (std::int8_t& y : one.label) y = 1;
  const SignalSummary single = summarise(one)[0];
  CHECK(single.auroc.flags.has(Flag::single_class));
  CHECK_FALSE(single.auroc_intervals.group_percentile.defined());
  CHECK(single.auroc_intervals.group_percentile.flags.has(Flag::single_class));
}

TEST_CASE("groups are renumbered when their rows have no label", "[stats][summary]") {
  Columns c = test::example(30);
  c.label[0] = c.label[1] = c.label[2] = kNoLabel;  // all of group 0
  const Analysis analysis(c, {.replicates = 10});
  CHECK(analysis.groups() == 9);
  CHECK(analysis.unlabelled() == 3);
  CHECK(analysis.columns().group.front() == 0);
}

TEST_CASE("parts gathered from ranks give the summary of one process", "[stats][summary]") {
  const Columns c = test::example(90);
  const Analysis analysis(c, {.replicates = kB});
  Replicates joined;
  for (int rank = 0; rank < 3; ++rank) {
    append(joined, analysis.replicates(replicate_block(kB, rank, 3)));
  }
  const auto whole = summarise(c), parts = analysis.summaries(joined);
  for (std::size_t s = 0; s < whole.size(); ++s) {
    CHECK(whole[s].auroc_intervals.group_bca.low == parts[s].auroc_intervals.group_bca.low);
    CHECK(whole[s].r_intervals.item_bca.high == parts[s].r_intervals.item_bca.high);
  }
  CHECK_THROWS_AS(analysis.summaries(analysis.replicates({0, kB - 1})), vrp::Error);
}

TEST_CASE("the difference of two AUROCs uses the shared draws", "[stats][summary]") {
  Columns c = test::example(120);
  c.signals.push_back({"copy", c.signals[0].values});
  const Analysis analysis(c, {.replicates = kB});
  const Replicates all = analysis.replicates({0, kB});
  const Interval same = analysis.auroc_difference_interval(all, 0, 4);
  CHECK(*same.low == 0.0);
  CHECK(*same.high == 0.0);
  const Interval near = analysis.auroc_difference_interval(all, 0, 1);  // rounded copy
  CHECK(*near.high - *near.low < 0.05);
  CHECK(near.method == "percentile over groups");
}

TEST_CASE("a summary has the p over groups beside the classical one", "[stats][summary]") {
  Columns c = test::example(120);
  c.label[3] = kNoLabel;
  const auto grouped = summarise(c);
  const Columns used = labelled(c);
  for (std::size_t s = 0; s < 3; ++s) {
    const std::vector<double>& x = used.signals[s].values;
    CHECK(grouped[s].auroc_clustered.p == auroc_clustered(x, used.label, used.group).p);
    CHECK(grouped[s].r_clustered.p == point_biserial_clustered(x, used.label, used.group).p);
    CHECK(grouped[s].auroc_clustered.value == grouped[s].auroc.value);
    CHECK(*grouped[s].r_clustered.df <= 39);
  }
  c.group.clear();
  const auto plain = summarise(c);
  CHECK(plain[0].auroc_clustered.flags == Flags(Flag::not_given));
  CHECK_FALSE(plain[0].r_clustered.p);
}
