#include <catch2/catch.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/store/frame.hpp"
#include "reduce_fixture.hpp"
#include "stages/reduce/pooled.hpp"

using namespace vrp;
using namespace vrp::testing;

namespace {

std::vector<CellData> data_of(const std::vector<TestCell*>& cells) {
  std::vector<CellData> out;
  for (const TestCell* cell : cells) out.push_back(cell->data);
  return out;
}

}  // namespace

TEST_CASE("the pooled set holds one benchmark for each of its names", "[reduce][pooled]") {
  TestCell adversarial, popular, counting, other;
  make_cell(adversarial, "demo_pope_adversarial", informative(40));
  make_cell(popular, "demo_pope_popular", informative(20));
  make_cell(counting, "demo_counting", informative(24));
  make_cell(other, "vqav2", informative(12));
  for (std::string& question : counting.items.question) question.insert(0, "How many? ");
  const Record record =
      reduce_pooled(data_of({&other, &popular, &counting, &adversarial}), quick(), 1);
  const auto sets = read_frame<SetRow>(record, "set");
  REQUIRE(sets.size() == 4);
  CHECK(sets[0].set == "demo_counting");
  CHECK(sets[0].used == 24);
  CHECK(sets[1].set == "demo_pope_adversarial");
  CHECK(sets[1].used == 40);
  CHECK(sets[2].used == 0);
  CHECK(sets[2].note.find("demo_pope_adversarial stands for pope") != std::string::npos);
  CHECK(sets[3].note.find("not one of the pooled sets") != std::string::npos);
  const auto rows = read_frame<StatRow>(record, "statistic");
  const StatRow* accuracy = find_row(rows, "", "accuracy");
  REQUIRE(accuracy);
  CHECK(accuracy->n == 64);
  CHECK(accuracy->benchmark == "pooled");
  CHECK(accuracy->groups == 10);  // both sets show image-0 .. : 10 images, not 16
}

TEST_CASE("a question asked twice about one picture is pooled once", "[reduce][pooled]") {
  TestCell pope, counting;
  make_cell(pope, "pope", informative(20));
  make_cell(counting, "counting", informative(20));
  const Record record = reduce_pooled(data_of({&pope, &counting}), quick(), 1);
  const auto sets = read_frame<SetRow>(record, "set");
  REQUIRE(sets.size() == 2);
  CHECK(sets[0].duplicates + sets[1].duplicates == 20);
  const auto rows = read_frame<StatRow>(record, "statistic");
  REQUIRE(find_row(rows, "", "accuracy"));
  CHECK(find_row(rows, "", "accuracy")->n == 20);
}

TEST_CASE("a set without labels is not pooled, one whose items all failed is", "[reduce][pooled]") {
  Rows unlabelled = informative(12), failed = informative(8);
  std::fill(unlabelled.y.begin(), unlabelled.y.end(), -1);
  std::fill(failed.status.begin(), failed.status.end(), 1);
  TestCell bench, pope, spatial;
  make_cell(bench, "llava_bench", unlabelled);
  make_cell(pope, "pope", informative(20));
  make_cell(spatial, "spatial", failed);
  for (std::string& question : spatial.items.question) question.insert(0, "Left? ");
  const Record record = reduce_pooled(data_of({&bench, &pope, &spatial}), quick(), 1);
  const auto sets = read_frame<SetRow>(record, "set");
  CHECK(sets[0].note == "not pooled: no answer has a label");
  CHECK(sets[2].failed == 8);
  const auto rows = read_frame<StatRow>(record, "statistic");
  const StatRow* accuracy = find_row(rows, "", "accuracy");
  REQUIRE(accuracy);
  CHECK(accuracy->n == 20);
  CHECK(accuracy->failed == 8);
}

TEST_CASE("pooling does not depend on the order of cells", "[reduce][pooled]") {
  TestCell pope, counting;
  make_cell(pope, "pope", informative(20));
  make_cell(counting, "counting", informative(24));
  CHECK(reduce_pooled(data_of({&pope, &counting}), quick(), 1).digest() ==
        reduce_pooled(data_of({&counting, &pope}), quick(), 1).digest());
}

TEST_CASE("nothing to pool gives the accounting alone", "[reduce][pooled]") {
  TestCell other;
  make_cell(other, "vqav2", informative(12));
  const Record record = reduce_pooled(data_of({&other}), quick(), 1);
  CHECK(read_frame<StatRow>(record, "statistic").empty());
  CHECK(read_frame<SetRow>(record, "set").size() == 1);
  CHECK(read_frame<SetRow>(reduce_pooled({}, quick(), 1), "set").empty());
}

TEST_CASE("cells that cannot be pooled are refused", "[reduce][pooled]") {
  TestCell pope, counting;
  make_cell(pope, "pope", informative(20));
  make_cell(counting, "counting", informative(20));
  const auto message = [&] {
    try {
      reduce_pooled(data_of({&pope, &counting}), quick(), 1);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  SECTION("two models") {
    counting.data.model = "other";
    CHECK(message().find("expected one model") != std::string::npos);
  }
  SECTION("a shared key") {
    counting.items.key[3] = pope.items.key[3];
    auto rename = [&](Record& record) {
      for (Array& array : record.arrays())
        if (array.name == "item/key")
          std::get<std::vector<std::string>>(array.data)[16] = pope.items.key[3];
    };
    rename(counting.data.capture);
    rename(counting.data.metrics);
    rename(counting.data.consistency);
    CHECK(message().find("expected unique keys") != std::string::npos);
  }
  SECTION("another orientation") {
    for (Array& array : counting.data.metrics.arrays())
      if (array.name == "metrics/h_s") array.attributes["orientation"] = "1";
    CHECK(message().find("expected 1 as on the other pooled sets") != std::string::npos);
  }
}

TEST_CASE("rows that share a picture or a group name share a group", "[reduce][pooled]") {
  const auto groups = image_groups({"a", "b", "b", "c", "d"}, {"1", "1", "2", "3", ""});
  CHECK(groups[0] == groups[1]);
  CHECK(groups[1] == groups[2]);
  CHECK(groups[3] != groups[0]);
  CHECK(groups[4] != groups[3]);
}

TEST_CASE("a signal of another quantity enters the pooled set only where asked for",
          "[reduce][pooled]") {
  TestCell pope, open;
  make_cell(pope, "pope", informative(20));
  make_cell(open, "llava_bench", informative(20));
  for (std::string& question : open.items.question) question.insert(0, "Describe. ");
  for (Array& array : open.data.consistency.arrays()) {
    if (array.name == "consistency/s_sc") array.attributes["pooled"] = "0";
  }
  const auto n_of = [&](bool classes) {
    ReduceParams params = quick();
    params.pooled_classes = classes;
    const Record record = reduce_pooled(data_of({&pope, &open}), params, 1);
    const auto rows = read_frame<StatRow>(record, "statistic");
    const StatRow* row = find_row(rows, "s_sc", "auroc");
    REQUIRE(row);
    CHECK(find_row(rows, "", "accuracy")->n == 40);
    return row->n;
  };
  CHECK(n_of(false) == 20);
  CHECK(n_of(true) == 40);
}
