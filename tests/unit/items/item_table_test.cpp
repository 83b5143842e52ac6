#include "pipeline/items/item_table.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <set>

#include "pipeline/base/error.hpp"
#include "scratch.hpp"

using namespace vrp;

namespace {

/// n rows, two questions per image.
ItemTable small_table(std::size_t n = 6) {
  ItemTable t;
  t.benchmark = "pope_adversarial";
  t.kind = "yes_no";
  t.scorers = {"yes_no@1", "exact@1"};
  t.image_root = "images";
  t.facts = {{"source", "a.json"}, {"note", "line\nbreak \xC3\xA9"}};
  for (std::size_t i = 0; i < n; ++i) {
    const std::string id = std::to_string(i + 1), image = std::to_string(i / 2);
    t.key.push_back("pope/adversarial/" + id);
    t.id.push_back(id);
    t.group.push_back("COCO_" + image);
    t.image.push_back("val2014/COCO_" + image + ".jpg");
    t.image_hash.push_back("00ff" + image);
    t.question.push_back("Is there a thing " + id + "?\nShort.");
    t.answer.push_back(i % 2 == 0 ? "yes" : "no");
    t.answers.push_back(i == 1 ? std::vector<std::string>{"a", ""} : std::vector<std::string>{});
    t.choices.push_back(i == 2 ? std::vector<std::string>{"one", "two"}
                               : std::vector<std::string>{});
    t.hint.push_back(i == 0 ? "a hint" : "");
    t.type.push_back("thing");
    std::vector<Region> regions;
    if (i == 2) {
      regions.push_back(
          {"cup", 17, {1.5, 2, 3, 4}, {{0, 0, 1, 0, 1, 1}, {2, 2, 3, 2, 3, 3, 2, 3}}});
      regions.push_back({"cup", 18, {0, 0, 0.1, 1e6}, {}});
    }
    t.regions.push_back(regions);
    t.metadata.push_back(i == 0 ? R"({"source":"x"})" : "{}");
  }
  return t;
}

std::string message_of(const std::function<void()>& action, ExitCode code = ExitCode::bad_input) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.code() == code);
    return error.what();
  }
  FAIL("no error was thrown");
  return {};
}

}  // namespace

TEST_CASE("an item table comes back from its file as it was", "[items][table]") {
  const Scratch scratch;
  const auto path = scratch.root / "sub/table.h5";
  const ItemTable t = small_table();
  CHECK(write_item_table(path, t));
  const ItemTable back = read_item_table(path);
  CHECK(back.benchmark == t.benchmark);
  CHECK(back.kind == t.kind);
  CHECK(back.scorers == t.scorers);
  CHECK(back.image_root == t.image_root);
  CHECK(back.facts == t.facts);
  CHECK(back.key == t.key);
  CHECK(back.id == t.id);
  CHECK(back.group == t.group);
  CHECK(back.image == t.image);
  CHECK(back.image_hash == t.image_hash);
  CHECK(back.question == t.question);
  CHECK(back.answer == t.answer);
  CHECK(back.answers == t.answers);
  CHECK(back.choices == t.choices);
  CHECK(back.hint == t.hint);
  CHECK(back.rules.soft_threshold == t.rules.soft_threshold);
  CHECK(back.type == t.type);
  CHECK(back.metadata == t.metadata);
  REQUIRE(back.regions.size() == t.size());
  REQUIRE(back.regions[2].size() == 2);
  CHECK(back.regions[2][0].polygons == t.regions[2][0].polygons);
  CHECK(back.regions[2][1].box == t.regions[2][1].box);
  CHECK(back.regions[2][1].polygons.empty());
  CHECK(back.regions[3].empty());
  CHECK(back.hash() == t.hash());
  // no temporary file stays behind
  CHECK(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}) == 1);
}

TEST_CASE("a table without regions and references comes back", "[items][table]") {
  const Scratch scratch;
  ItemTable t = select_rows(small_table(), {0});
  write_item_table(scratch.root / "t.h5", t);
  CHECK(read_item_table(scratch.root / "t.h5").hash() == t.hash());
}

TEST_CASE("a file of another table is kept unless it is to be replaced", "[items][table]") {
  const Scratch scratch;
  const auto path = scratch.root / "t.h5";
  ItemTable t = small_table();
  CHECK(write_item_table(path, t));
  CHECK_FALSE(write_item_table(path, t));  // same items: left as it is
  CHECK(holds_item_table(path, t));
  t.answer[0] = "no";
  CHECK_FALSE(holds_item_table(path, t));
  CHECK_THAT(message_of([&] { write_item_table(path, t); }, ExitCode::foreign_folder),
             Catch::Contains("exists and holds something else"));
  CHECK(read_item_table(path).answer[0] == "yes");
  CHECK(write_item_table(path, t, true));
  CHECK(read_item_table(path).answer[0] == "no");
}

TEST_CASE("damaged and foreign files are refused as item tables", "[items][table]") {
  const Scratch scratch;
  const auto path = scratch.root / "t.h5";
  write_item_table(path, small_table());
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 100);
  message_of([&] { read_item_table(path); });
  message_of([&] { read_item_table(scratch.file("text.h5", "not HDF5")); });
  message_of([&] { read_item_table(scratch.root / "absent.h5"); });
}

TEST_CASE("the row hash sees all that a model or scorer sees", "[items][table]") {
  const ItemTable base = small_table();
  const auto differs = [&](const std::function<void(ItemTable&)>& change) {
    ItemTable t = base;
    change(t);
    return t.row_hash(2) != base.row_hash(2) && t.hash() != base.hash();
  };
  CHECK(differs([](ItemTable& t) { t.key[2] += "x"; }));
  CHECK(differs([](ItemTable& t) { t.group[2] += "x"; }));
  CHECK(differs([](ItemTable& t) { t.question[2] += "x"; }));
  CHECK(differs([](ItemTable& t) { t.answer[2] = "no"; }));
  CHECK(differs([](ItemTable& t) { t.answers[2] = {"a"}; }));
  CHECK(differs([](ItemTable& t) { t.choices[2] = {"a"}; }));
  CHECK(differs([](ItemTable& t) { t.hint[2] = "a"; }));
  CHECK(differs([](ItemTable& t) { t.type[2] += "x"; }));
  CHECK(differs([](ItemTable& t) { t.image[2] += "x"; }));
  CHECK(differs([](ItemTable& t) { t.image_hash[2] += "x"; }));
  CHECK(differs([](ItemTable& t) { t.regions[2][0].box[3] += 1e-9; }));
  CHECK(differs([](ItemTable& t) { t.regions[2][0].polygons[1][0] += 1; }));
  CHECK(differs([](ItemTable& t) { t.regions[2].pop_back(); }));
  CHECK_FALSE(differs([](ItemTable& t) { t.image_root = "elsewhere"; }));
  CHECK_FALSE(differs([](ItemTable& t) { t.facts["more"] = "facts"; }));
  ItemTable scorers = base;
  scorers.scorers.pop_back();
  CHECK(scorers.hash() != base.hash());
  CHECK(scorers.content_hash() == base.content_hash());  // captures do not depend on scorers
  ItemTable rules = base;
  rules.rules.soft_threshold = 0.3;
  CHECK(rules.hash() != base.hash());
  CHECK(rules.content_hash() == base.content_hash());
  ItemTable sized = base;
  sized.metadata[2] = R"({"width":640})";
  CHECK(sized.row_hash(2) == base.row_hash(2));
  CHECK(sized.hash() != base.hash());
  ItemTable kind = base;
  kind.kind = "integer";
  CHECK(kind.content_hash() != base.content_hash());
}

TEST_CASE("check names the row and what is wrong", "[items][table]") {
  const auto message = [](const std::function<void(ItemTable&)>& change) {
    ItemTable t = small_table();
    change(t);
    return message_of([&] { check(t); });
  };
  CHECK_NOTHROW(check(small_table()));
  CHECK_THAT(message([](ItemTable& t) { t.key[3] = t.key[1]; }),
             Catch::Contains("row 3") && Catch::Contains("in row 1"));
  CHECK_THAT(message([](ItemTable& t) { t.question[1] = t.question[0]; }),
             Catch::Contains("those of row 0") && Catch::Contains("--allow-duplicates"));
  CHECK_THAT(message([](ItemTable& t) { t.question[4] = " \n"; }),
             Catch::Contains("row 4") && Catch::Contains("question is empty"));
  CHECK_THAT(message([](ItemTable& t) { t.image[4] = "../x.jpg"; }),
             Catch::Contains("leaves the folder"));
  CHECK_THAT(message([](ItemTable& t) { t.image[4] = "/etc/x.jpg"; }),
             Catch::Contains("/etc/x.jpg"));
  CHECK_THAT(message([](ItemTable& t) { t.answer[4] = "maybe"; }),
             Catch::Contains("'maybe' cannot be a reference of kind yes_no"));
  CHECK_THAT(message([](ItemTable& t) { t.type.pop_back(); }),
             Catch::Contains("column 'type' has 5"));
  CHECK_THAT(message([](ItemTable& t) { t.scorers = {"yes_mo"}; }), Catch::Contains("yes_no"));
  CHECK_THAT(message([](ItemTable& t) { t.scorers.clear(); }), Catch::Contains("names no scorer"));
  CHECK_THAT(message([](ItemTable& t) { t.kind = "colour"; }),
             Catch::Contains("unknown kind 'colour'"));
  CHECK_THAT(message([](ItemTable& t) { t.group[1] = ""; }), Catch::Contains("group"));
  CHECK_THAT(message([](ItemTable& t) { t.key[1] = ""; }), Catch::Contains("key is empty"));
  CHECK_THAT(message([](ItemTable& t) { t.question[1] = std::string("a\0b", 3); }),
             Catch::Contains("NUL"));
  CHECK_THAT(message([](ItemTable& t) { t.regions[2][0].polygons[0].pop_back(); }),
             Catch::Contains("outline of 'cup' has 5 numbers"));
  CHECK_THAT(message([](ItemTable& t) {
               t.regions[2][0].box[0] = std::numeric_limits<double>::quiet_NaN();
             }),
             Catch::Contains("not a finite box"));
  CHECK_THAT(message([](ItemTable& t) { t = select_rows(t, {}); }), Catch::Contains("has no rows"));
}

TEST_CASE("equal questions about one image are allowed in different splits", "[items][table]") {
  ItemTable t = small_table();
  t.question[1] = t.question[0];
  t.key[1] = "pope/popular/2";
  CHECK_NOTHROW(check(t));
  t.key[1] = "pope/adversarial/2";
  CHECK_THROWS(check(t));
  CHECK_NOTHROW(check(t, true));
}

TEST_CASE("choice: first rows, whole images, equal answers", "[items][choice]") {
  const ItemTable t = small_table(60);  // 30 images of 2, each with a yes and a no
  CHECK(choose(t, {0, "groups", 1}).size() == 60);
  const ItemTable first = choose(t, {5, "first", 1});
  CHECK(first.size() == 5);
  CHECK(first.key[4] == t.key[4]);
  CHECK_THAT(first.facts.at("choice"), Catch::Contains("5 of 60 rows"));
  for (const char* rule : {"groups", "stratified"}) {
    const ItemTable drawn = choose(t, {20, rule, 7});
    CHECK(drawn.size() == 20);
    std::map<std::string, int> per_group, per_answer;
    for (std::size_t row = 0; row < drawn.size(); ++row) {
      ++per_group[drawn.group[row]];
      ++per_answer[drawn.answer[row]];
    }
    CHECK(per_group.size() == 10);
    CHECK(per_answer["yes"] == 10);
    CHECK(std::is_sorted(drawn.id.begin(), drawn.id.end(),
                         [](const auto& a, const auto& b) { return std::stoi(a) < std::stoi(b); }));
    CHECK(choose(t, {20, rule, 7}).hash() == drawn.hash());
    CHECK(choose(t, {20, rule, 8}).hash() != drawn.hash());
  }
  CHECK(choose(t, {21, "groups", 7}).size() == 20);  // images stay whole
}

TEST_CASE("a drawn choice does not depend on the order of the rows", "[items][choice]") {
  const ItemTable t = small_table(40);
  std::vector<std::size_t> reversed;
  for (std::size_t i = 40; i-- > 0;) reversed.push_back(i);
  const ItemTable a = choose(t, {10, "groups", 3});
  const ItemTable b = choose(select_rows(t, reversed), {10, "groups", 3});
  CHECK(std::set<std::string>(a.key.begin(), a.key.end()) ==
        std::set<std::string>(b.key.begin(), b.key.end()));
}

TEST_CASE("a choice that cannot be made says why", "[items][choice]") {
  const ItemTable t = small_table(10);
  CHECK_THAT(message_of(
                 [&] {
                   choose(t, {11, "first", 1});
                 },
                 ExitCode::usage),
             Catch::Contains("11 rows") && Catch::Contains("has 10"));
  CHECK_THAT(message_of(
                 [&] {
                   choose(t, {2, "random", 1});
                 },
                 ExitCode::usage),
             Catch::Contains("unknown choice 'random'"));
  ItemTable skewed = small_table(10);
  for (auto& answer : skewed.answer) answer = "yes";
  skewed.answer[9] = "no";
  CHECK_THAT(message_of(
                 [&] {
                   choose(skewed, {8, "stratified", 1});
                 },
                 ExitCode::usage),
             Catch::Contains("equal shares"));
}
