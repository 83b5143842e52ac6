#include "pipeline/control/compare_match.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/reduce_fixture.hpp"

using namespace vrp;
using namespace vrp::testing;

namespace {

/// A made-up cell with its columns.
struct Prepared {
  TestCell cell;
  CellColumns columns;
  explicit Prepared(const Rows& rows, const std::string& benchmark = "pope") {
    make_cell(cell, benchmark, rows);
    update();
  }
  void update() { columns = columns_of(cell.data); }
  CompareSide side() const { return {&cell.items, &columns}; }
};

}  // namespace

TEST_CASE("items are matched by key and the same content; the rest is counted by reason",
          "[compare]") {
  Rows rows = informative(20);
  rows.status[2] = 1;
  Prepared a(rows);
  rows.status[2] = 0;
  rows.status[3] = 1;
  rows.status[4] = 1;
  rows.y[5] = -1;
  Prepared b(rows);
  b.cell.items.question[6] += " Really?";
  b.cell.items.image_hash[7] = "other";
  b.cell.items.key[8] = "pope/test/new";
  b.cell.items.answer[9] = "other";
  b.cell.items.choices[10] = {"A", "B"};
  auto& keys = std::get<std::vector<std::string>>(b.cell.data.capture.arrays()[0].data);
  for (std::string& key : keys)
    if (key == a.cell.items.key[8]) key = "pope/test/new";
  for (Record* record : {&b.cell.data.metrics, &b.cell.data.consistency})
    std::get<std::vector<std::string>>(record->arrays()[0].data) = keys;
  b.update();
  const Match match = match_items(a.side(), b.side());
  CHECK(match.items.size() == 21);
  const MatchCounts& c = match.counts;
  CHECK(c.only_a == 1);
  CHECK(c.only_b == 1);
  CHECK(c.other_content == 3);
  CHECK(match.first_other == "'pope/test/1006' (another question)");
  CHECK(c.failed_a == 1);
  CHECK(c.failed_b == 2);
  CHECK(c.failed_both == 0);
  CHECK(c.compared == 13);
  CHECK(c.unlabelled == 1);
  CHECK(c.other_reference == 1);
  const PairedColumns columns = paired_columns(match, a.side(), b.side());
  CHECK(columns.size() == 13);
  CHECK(columns.signals.size() == a.columns.signals.size());
  CHECK(*std::max_element(columns.group.begin(), columns.group.end()) == 4);
}

TEST_CASE("items that a run has not computed are no failures", "[compare]") {
  Prepared a(informative(12)), b(informative(12));
  // The unit of the first four items (last rows of the reversed record) is not there yet.
  for (Record* record : {&b.cell.data.capture, &b.cell.data.metrics, &b.cell.data.consistency}) {
    Record rest;
    for (Array array : record->arrays()) {
      const std::int64_t width = array.size() / 12;
      array.shape[0] = 8;
      std::visit([&](auto& values) { values.resize(static_cast<std::size_t>(8 * width)); },
                 array.data);
      rest.add(std::move(array));
    }
    *record = rest;
  }
  b.update();
  const Match match = match_items(a.side(), b.side());
  CHECK(match.counts.not_computed == 4);
  CHECK(match.counts.compared == 8);
  CHECK(match.items.front().state() == "not computed in B");
}

TEST_CASE("signals are shared when dataset and orientation are the same", "[compare]") {
  Prepared a(informative(8)), b(informative(8));
  for (Array& array : b.cell.data.metrics.arrays())
    if (array.name == "metrics/h_s") array.attributes["orientation"] = "1";
  b.update();
  std::vector<std::string> names;
  for (const SharedSignal& signal : shared_signals(a.columns, b.columns))
    names.push_back(signal.name);
  CHECK(std::find(names.begin(), names.end(), "h_s") == names.end());
  CHECK(std::find(names.begin(), names.end(), "s_sc") != names.end());
}

TEST_CASE("pooled sets share pictures and ask a question once", "[compare]") {
  Prepared a(informative(8), "pope"), b(informative(8), "pope");
  Prepared c(informative(8), "counting"), d(informative(8), "counting");
  for (Prepared* set : {&c, &d}) {
    set->cell.items.question[0] = a.cell.items.question[0];  // the same picture and question
    for (std::size_t i = 1; i < 8; ++i)
      set->cell.items.question[i] = "How many? " + std::to_string(i);
    set->update();
  }
  const Match one = match_items(a.side(), b.side()), two = match_items(c.side(), d.side());
  const PairedColumns pooled =
      pooled_columns({{&one, a.side(), b.side()}, {&two, c.side(), d.side()}});
  CHECK(pooled.size() == 15);
  CHECK(*std::max_element(pooled.group.begin(), pooled.group.end()) == 1);
  for (const PairedSignal& signal : pooled.signals) CHECK(signal.a.size() == 15);
}
