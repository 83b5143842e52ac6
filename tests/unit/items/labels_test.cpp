#include "pipeline/items/labels.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "pipeline/base/error.hpp"

using namespace vrp;

namespace {

using Texts = std::vector<std::string>;

/// Three yes/no questions; the last one has no reference.
ItemTable asked() {
  ItemTable t;
  t.benchmark = "toy";
  t.kind = "yes_no";
  t.scorers = {"yes_no@1", "exact@1"};
  t.key = {"toy/val/1", "toy/val/2", "toy/val/3"};
  t.answer = {"yes", "no", ""};
  t.answers.resize(3);
  t.choices.resize(3);
  return t;
}

template <class T>
void add(Record& record, const char* name, std::vector<T> values, std::int64_t columns = 0) {
  const auto size = static_cast<std::int64_t>(values.size());
  if (columns == 0) {
    record.add(name, {"item"}, {size}, std::move(values), "1", "");
  } else {
    record.add(name, {"item", "condition"}, {size / columns, columns}, std::move(values), "1", "");
  }
}

Record captured(Texts keys, std::vector<std::int32_t> status, Texts answers) {
  Record record;
  record.origin = "unit.h5";
  add(record, "item/key", std::move(keys));
  add(record, "item/status", std::move(status));
  add(record, "answer/text", std::move(answers));
  return record;
}

using Values = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("labels of all scorers are made of the stored answers", "[items][labels]") {
  Record record = captured({"toy/val/2", "toy/val/1", "toy/val/3"}, {0, 0, 0},
                           {"No, there is none", "perhaps", "yes"});
  add_labels(record, asked());
  CHECK(record.values<std::int32_t>("label/yes_no") == Values{1, 0, -1});
  CHECK(record.values<std::int32_t>("label/exact") == Values{0, 0, -1});
  CHECK(record.values<std::uint8_t>("label_invalid/yes_no") == std::vector<std::uint8_t>{0, 1, 0});
  CHECK(record.values<std::string>("label_parsed/yes_no") == Texts{"no", "", ""});
  CHECK(record.values<double>("label_score/yes_no")[0] == 1);
  CHECK(std::isnan(record.values<double>("label_score/yes_no")[2]));
  CHECK(record.at("label/yes_no").attributes.at("primary") == "1");
  CHECK(record.at("label/exact").attributes.at("primary") == "0");
  CHECK(record.at("label/exact").attributes.at("version") == "1");
}

TEST_CASE("a failed item has no label", "[items][labels]") {
  Record record = captured({"toy/val/1", "toy/val/2"}, {1, 2}, {"", "no"});
  add_labels(record, asked());
  CHECK(record.values<std::int32_t>("label/yes_no") == Values{-1, 1});  // 2: attention invalid
  CHECK(record.values<std::uint8_t>("label_invalid/yes_no")[0] == 0);
}

TEST_CASE("an item that the table lacks is named", "[items][labels]") {
  Record record = captured({"toy/val/1", "other/val/9"}, {0, 0}, {"yes", "no"});
  CHECK_THROWS_WITH(add_labels(record, asked()), Catch::Contains("unit.h5") &&
                                                     Catch::Contains("other/val/9") &&
                                                     Catch::Contains("'toy'"));
}

TEST_CASE("the majority answer is labelled by every scorer", "[items][labels]") {
  Record record;
  add(record, "item/key", Texts{"toy/val/1", "toy/val/2", "toy/val/3"});
  add(record, "item/status", Values{0, 1, 0});
  add(record, "consistency/majority", Texts{"Yes!", "", "no"});
  add_majority_labels(record, asked());
  CHECK(record.values<std::int32_t>("label_majority/yes_no") == Values{1, -1, -1});
  CHECK(record.values<std::int32_t>("label_majority/exact") == Values{1, -1, -1});
}

TEST_CASE("conditions are labelled by the primary scorer, those without an answer are not",
          "[items][labels]") {
  Record record;
  add(record, "item/key", Texts{"toy/val/1", "toy/val/2"});
  add(record, "answer/text", Texts{"yes", "no", "", "no"}, 2);
  add(record, "answer/length", Values{1, 1, -1, 1}, 2);
  add_edit_labels(record, asked());
  CHECK(record.values<std::int32_t>("label/yes_no") == Values{1, 0, -1, 1});
  CHECK(record.at("label/yes_no").dims == Texts{"item", "condition"});
  CHECK(record.at("label/yes_no").attributes.at("primary") == "1");
  CHECK(record.find("label/exact") == nullptr);
}
