#include "pipeline/items/coco_sets.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "coco_world.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/items/importers.hpp"
#include "pipeline/items/plural.hpp"
#include "pipeline/items/set_files.hpp"
#include "pipeline/items/set_fill.hpp"

using namespace vrp;

namespace {

const std::vector<std::string> kNames = {"cup", "bowl", "dog", "cat", "boat", "car"};

/// A world with `n` images; image i has 1 + i % 3 instances of one category in a row.
CocoWorld counting_world(int n) {
  CocoWorld world;
  for (std::size_t c = 0; c < kNames.size(); ++c) {
    world.add_category(static_cast<int>(c) + 1, kNames[c]);
  }
  for (int i = 1; i <= n; ++i) {
    world.add_image(i);
    for (int k = 0; k <= i % 3; ++k) world.add_object(i, 1 + i / 3 % 6, 20 + 80 * k, 50, 60, 60);
  }
  return world;
}

std::set<std::string> ids(const BuiltSet& set) {
  std::set<std::string> out;
  for (const Json& row : set.rows) out.insert(row.at("question_id").get<std::string>());
  return out;
}

/// Candidate counts of a one-image world under the counting filters.
int counting_candidates(const std::function<void(CocoWorld&)>& fill_image,
                        CountingParams params = {}) {
  CocoWorld world;
  world.add_category(1, "cup");
  world.add_category(2, "book");
  world.add_image(1, 400, 300);
  fill_image(world);
  params.per_answer = 1;
  const BuiltSet set = build_counting_set(read_coco_instances(world.write()), params, {});
  int total = 0;
  for (const auto& entry : set.candidates.items()) total += entry.value().get<int>();
  return total;
}

Stratum stratum(const std::string& name, std::int64_t wanted, const std::vector<Candidate>& c) {
  return {name, wanted, c};
}

}  // namespace

TEST_CASE("plurals of category names", "[items][sets]") {
  const std::map<std::string, std::string> want = {
      {"cup", "cups"},         {"bus", "buses"},
      {"bench", "benches"},    {"toothbrush", "toothbrushes"},
      {"box", "boxes"},        {"person", "people"},
      {"knife", "knives"},     {"mouse", "mice"},
      {"sheep", "sheep"},      {"wine glass", "wine glasses"},
      {"hot dog", "hot dogs"}, {"tv", "tvs"},
      {"berry", "berries"},    {"toy", "toys"}};
  for (const auto& [name, plurals] : want) CHECK(plural(name) == plurals);
}

TEST_CASE("filling is greedy, one question per image, within the caps", "[items][sets]") {
  // tickets 1.. in order; images shared between strata
  const Filled filled =
      fill({stratum("a", 2,
                    {{1, "cup", 0.5, 1, 0, false},
                     {2, "cup", 0.5, 2, 1, false},
                     {3, "dog", 0.5, 3, 2, false}}),
            stratum("b", 1, {{1, "cup", 1, 1, 3, false}, {4, "cat", 1, 2, 4, false}})},
           {0.02, false});
  CHECK(filled.payloads[1] == std::vector<std::size_t>{3});     // fewer candidates: filled first
  CHECK(filled.payloads[0] == std::vector<std::size_t>{1, 2});  // image 1 is used
  CHECK(filled.log.empty());
  CHECK(filled.shortages.empty());
  CHECK(interleave(filled) == std::vector<std::size_t>{1, 3, 2});
}

TEST_CASE("caps rise by steps, logged, when a stratum cannot be filled", "[items][sets]") {
  std::vector<Candidate> cups;
  for (int i = 0; i < 10; ++i) {
    cups.push_back(
        {i, "cup", 0.2, static_cast<std::uint64_t>(i), static_cast<std::size_t>(i), false});
  }
  const Filled filled = fill({stratum("3", 10, cups)}, {0.1, false});
  CHECK(filled.payloads[0].size() == 10);
  REQUIRE(filled.log.size() == 8);  // 20 % -> 30 % ... 100 %
  CHECK_THAT(filled.log[0],
             Catch::Contains("stratum '3': 2 of 10") && Catch::Contains("20 % -> 30 % (cup)"));
  CHECK_THAT(filled.log[7], Catch::Contains("100 %"));
}

TEST_CASE("a cap can hold for the whole set", "[items][sets]") {
  const auto many = [](const char* cap, int from) {
    std::vector<Candidate> out;
    for (int i = 0; i < 4; ++i) {
      const std::string name = i < 2 ? cap : "other" + std::to_string(from + i);
      out.push_back({from + i, name, 0.25, static_cast<std::uint64_t>(i),
                     static_cast<std::size_t>(from + i), false});
    }
    return out;
  };
  // share 25 % of 2 -> at least 1 per stratum; of the set of 4 -> 1
  const Filled filled =
      fill({stratum("x", 2, many("pair", 0)), stratum("y", 2, many("pair", 10))}, {0.02, true});
  CHECK(filled.payloads[0] == std::vector<std::size_t>{0, 2});
  CHECK(filled.payloads[1] == std::vector<std::size_t>{12, 13});
}

TEST_CASE("a stratum without enough candidates is reported", "[items][sets]") {
  const Filled filled =
      fill({stratum("9", 3, {{1, "cup", 1, 1, 0, false}, {2, "cup", 1, 2, 1, true}})}, {});
  CHECK(filled.payloads[0] == std::vector<std::size_t>{0});
  REQUIRE(filled.shortages.size() == 1);
  CHECK_THAT(filled.shortages[0], Catch::Contains("stratum '9': 1 of 3"));
}

TEST_CASE("counting filters keep the labels true", "[items][sets]") {
  CHECK(counting_candidates([](CocoWorld& w) { w.add_object(1, 1, 50, 50, 60, 60); }) == 1);
  SECTION("a crowd of the category") {
    CHECK(counting_candidates([](CocoWorld& w) {
            w.add_object(1, 1, 50, 50, 60, 60);
            w.add_object(1, 1, 150, 50, 60, 60, true);
          }) == 0);
  }
  SECTION("an instance below 32 x 32 or 0.2 %") {
    CHECK(counting_candidates([](CocoWorld& w) { w.add_object(1, 1, 50, 50, 32, 32); }) == 1);
    CHECK(counting_candidates([](CocoWorld& w) { w.add_object(1, 1, 50, 50, 31, 32); }) == 0);
    CountingParams share;
    share.min_area_share = 0.03;  // 3600 pixels here
    CHECK(counting_candidates([](CocoWorld& w) { w.add_object(1, 1, 50, 50, 60, 60); }, share) ==
          1);
    CHECK(counting_candidates([](CocoWorld& w) { w.add_object(1, 1, 50, 50, 60, 59); }, share) ==
          0);
  }
  SECTION("more than one instance at the border") {
    CHECK(counting_candidates([](CocoWorld& w) {
            w.add_object(1, 1, 2, 50, 60, 60);
            w.add_object(1, 1, 100, 50, 60, 60);
          }) == 1);
    CHECK(counting_candidates([](CocoWorld& w) {
            w.add_object(1, 1, 2, 50, 60, 60);
            w.add_object(1, 1, 338, 50, 60, 60);
          }) == 0);
    CHECK(counting_candidates([](CocoWorld& w) {
            w.add_object(1, 1, 3, 50, 60, 60);
            w.add_object(1, 1, 337, 50, 60, 60);
          }) == 1);
  }
  SECTION("categories left out, counts not asked, small images") {
    CHECK(counting_candidates([](CocoWorld& w) { w.add_object(1, 2, 50, 50, 60, 60); }) == 0);
    CHECK(counting_candidates([](CocoWorld& w) {
            for (int i = 0; i < 6; ++i) w.add_object(1, 1, 5 + 60 * i, 50, 50, 50);
          }) == 0);
    CountingParams sides;
    sides.min_side = 301;
    CHECK(counting_candidates([](CocoWorld& w) { w.add_object(1, 1, 50, 50, 60, 60); }, sides) ==
          0);
  }
}

TEST_CASE("the counting set is balanced, seeded and true to the annotations", "[items][sets]") {
  const CocoWorld world = counting_world(120);
  const CocoInstances instances = read_coco_instances(world.write());
  CountingParams params;
  params.answers = "1,2,3";
  params.per_answer = 12;
  params.category_cap = 0.25;
  const BuiltSet set = build_counting_set(instances, params, {});
  REQUIRE(set.rows.size() == 36);
  CHECK(set.shortages.empty());
  std::map<std::string, int> per_answer, per_pair;
  std::set<std::string> images;
  for (const Json& row : set.rows) {
    const std::string answer = row.at("answer"), type = row.at("type");
    ++per_answer[answer];
    CHECK(++per_pair[answer + type] <= 3);  // 25 % of 12
    CHECK(images.insert(row.at("image_id")).second);
    CHECK(row.at("annotation_ids").size() == std::stoul(answer));
    CHECK(row.at("objects")[0].at("polygons").size() == std::stoul(answer));
    CHECK(row.at("question") == "How many " + plural(type) + " are in the image?");
  }
  CHECK(per_answer == std::map<std::string, int>{{"1", 12}, {"2", 12}, {"3", 12}});
  CHECK(set.rows[0].at("answer") == "1");  // strata take turns
  CHECK(set.rows[4].at("answer") == "2");
  CHECK(build_counting_set(instances, params, {}).rows == set.rows);
  params.seed = 43;
  CHECK(ids(build_counting_set(instances, params, {})) != ids(set));
}

TEST_CASE("excluded images are not used, a vetoed item is replaced by one other", "[items][sets]") {
  const CocoWorld world = counting_world(120);
  const CocoInstances instances = read_coco_instances(world.write());
  CountingParams params;
  params.answers = "1,2,3";
  params.per_answer = 10;
  const auto before = build_counting_set(instances, params, {});
  const Json& victim = before.rows[4];
  Exclusions veto;
  veto.vetoes.insert(victim.at("image_id").get<std::string>() + "\n" +
                     victim.at("question").get<std::string>());
  const auto old_ids = ids(before), new_ids = ids(build_counting_set(instances, params, veto));
  std::vector<std::string> gone, fresh;
  std::set_difference(old_ids.begin(), old_ids.end(), new_ids.begin(), new_ids.end(),
                      std::back_inserter(gone));
  std::set_difference(new_ids.begin(), new_ids.end(), old_ids.begin(), old_ids.end(),
                      std::back_inserter(fresh));
  CHECK(gone == std::vector<std::string>{victim.at("question_id").get<std::string>()});
  CHECK(fresh.size() == 1);
  Exclusions without;
  for (const Json& row : before.rows) without.images.insert(row.at("image_id").get<std::string>());
  for (const Json& row : build_counting_set(instances, params, without).rows) {
    CHECK_FALSE(without.images.contains(row.at("image_id").get<std::string>()));
  }
}

TEST_CASE("count 0 asks for categories that are absent", "[items][sets]") {
  const CocoWorld world = counting_world(60);
  const CocoInstances instances = read_coco_instances(world.write());
  CountingParams params;
  params.answers = "0";
  params.per_answer = 20;
  params.category_cap = 1;
  const BuiltSet set = build_counting_set(instances, params, {});
  REQUIRE(set.rows.size() == 20);
  for (const Json& row : set.rows) {
    const int image = std::stoi(row.at("image_id").get<std::string>().substr(13));
    CHECK(instances.of(image, row.at("category_ids")[0].get<int>()).empty());
    CHECK(row.at("objects").empty());
    CHECK(row.at("answer") == "0");
  }
}

TEST_CASE("counting parameters out of range are refused", "[items][sets]") {
  const CocoWorld world = counting_world(6);
  const CocoInstances instances = read_coco_instances(world.write());
  for (const char* answers : {"1,1", "21", "-1", "a", ""}) {
    CountingParams params;
    params.answers = answers;
    CHECK_THROWS_WITH(build_counting_set(instances, params, {}),
                      Catch::Contains("expected different counts"));
  }
  CountingParams params;
  params.per_answer = 0;
  CHECK_THROWS_WITH(build_counting_set(instances, params, {}), Catch::Contains("per_answer"));
  params = {};
  params.cap_step = 0;
  CHECK_THROWS_WITH(build_counting_set(instances, params, {}), Catch::Contains("step"));
}

TEST_CASE("relations from box centres", "[items][sets]") {
  const CocoImage image{1, "a.jpg", 400, 200, 0};
  const SpatialParams p;
  const auto relation = [&](double x, double y) {
    return relation_of_boxes({100, 100, 20, 20}, {100 + x, 100 + y, 20, 20}, image, p);
  };
  CHECK(relation(60, 0) == "left");  // B lies to the right of A, 15 % of the width
  CHECK(relation(59, 0).empty());
  CHECK(relation(-60, 0) == "right");
  CHECK(relation(0, 30) == "above");  // B lies lower
  CHECK(relation(0, 29).empty());
  CHECK(relation(0, -30) == "below");
  CHECK(relation(60, 40) == "left");  // exactly 1.5 times
  CHECK(relation(60, 41).empty());
  CHECK(relation(0, 0).empty());
  CHECK(box_iou({0, 0, 10, 10}, {5, 0, 10, 10}) == Approx(1.0 / 3));
  CHECK(box_iou({0, 0, 10, 10}, {10, 0, 10, 10}) == 0);
}

namespace {

/// n images with two different objects in one of four arrangements.
CocoWorld spatial_world(int n) {
  CocoWorld world;
  for (std::size_t c = 0; c < kNames.size(); ++c) {
    world.add_category(static_cast<int>(c) + 1, kNames[c]);
  }
  for (int i = 1; i <= n; ++i) {
    world.add_image(i);
    const int a = 1 + i % 6, b = 1 + (i + 1 + i / 6 % 5) % 6;
    if (i % 2 == 0) {
      world.add_object(i, a, 20, 100, 60, 60);
      world.add_object(i, b, 250, 110, 60, 60);
    } else {
      world.add_object(i, a, 100, 20, 60, 60);
      world.add_object(i, b, 110, 200, 60, 60);
    }
  }
  return world;
}

int spatial_candidates(const std::function<void(CocoWorld&)>& fill_image) {
  CocoWorld world;
  world.add_category(1, "cup");
  world.add_category(2, "dog");
  world.add_category(3, "book");
  world.add_image(1, 400, 300);
  fill_image(world);
  SpatialParams params;
  params.per_stratum = 1;
  const BuiltSet set = build_spatial_set(read_coco_instances(world.write()), params, {});
  int total = 0;
  for (const auto& entry : set.candidates.items()) total += entry.value().get<int>();
  return total;
}

}  // namespace

TEST_CASE("spatial filters leave clear pairs of single objects", "[items][sets]") {
  const auto two = [](CocoWorld& w) {
    w.add_object(1, 1, 20, 100, 60, 60);
    w.add_object(1, 2, 250, 100, 60, 60);
  };
  CHECK(spatial_candidates(two) == 4);  // both orders, yes and no
  CHECK(spatial_candidates([&](CocoWorld& w) {
          two(w);
          w.add_object(1, 1, 100, 200, 60, 60);  // a second cup
        }) == 0);
  CHECK(spatial_candidates([&](CocoWorld& w) {
          two(w);
          w.add_object(1, 1, 100, 200, 60, 60, true);  // a crowd of cups
        }) == 0);
  CHECK(spatial_candidates([](CocoWorld& w) {
          w.add_object(1, 1, 20, 100, 30, 39);  // below 1 % of 120000
          w.add_object(1, 2, 250, 100, 60, 60);
        }) == 0);
  CHECK(spatial_candidates([](CocoWorld& w) {
          w.add_object(1, 1, 20, 100, 200, 60);
          w.add_object(1, 2, 190, 100, 200, 60);  // IoU 0.081
        }) == 0);
  CHECK(spatial_candidates([](CocoWorld& w) {
          w.add_object(1, 1, 20, 100, 60, 60);
          w.add_object(1, 3, 250, 100, 60, 60);  // book is left out
        }) == 0);
}

TEST_CASE("the spatial set has every relation with yes and no, and they are true",
          "[items][sets]") {
  const CocoWorld world = spatial_world(240);
  const CocoInstances instances = read_coco_instances(world.write());
  SpatialParams params;
  params.per_stratum = 10;
  params.pair_cap = 0.1;
  const BuiltSet set = build_spatial_set(instances, params, {});
  REQUIRE(set.rows.size() == 80);
  std::map<std::string, int> strata, pairs;
  std::set<std::string> images;
  for (const Json& row : set.rows) {
    ++strata[row.at("stratum")];
    CHECK(images.insert(row.at("image_id")).second);
    const Json& objects = row.at("objects");
    const auto a = row.at("boxes")[0].get<std::array<double, 4>>();
    const auto b = row.at("boxes")[1].get<std::array<double, 4>>();
    const CocoImage& image =
        *instances.find_image(std::stoi(row.at("image_id").get<std::string>().substr(13)));
    const std::string truth = relation_of_boxes(a, b, image, params), asked = row.at("type");
    CHECK((row.at("answer") == "yes") == (truth == asked));
    const bool sideways = asked == "left" || asked == "right";
    CHECK(((truth == "left" || truth == "right") == sideways));  // "no" asks for the opposite
    const std::string names = objects[0].at("category").get<std::string>() + ">" +
                              objects[1].at("category").get<std::string>();
    CHECK(++pairs[names] <= 8);  // 10 % of 80
    CHECK(row.at("question") ==
          "Is the " + objects[0].at("category").get<std::string>() +
              (sideways ? " to the " + asked + " of the " : " " + asked + " the ") +
              objects[1].at("category").get<std::string>() + "?");
  }
  CHECK(strata.size() == 8);
  for (const auto& [name, n] : strata) CHECK(n == 10);
  CHECK(build_spatial_set(instances, params, {}).rows == set.rows);
  params.form = "open";
  const BuiltSet open = build_spatial_set(instances, params, {});
  CHECK(open.rows.size() == 40);
  CHECK(open.rows[0].at("answer") == "left");
  CHECK(open.rows[0].at("type") == "left/right");
  CHECK_THAT(open.rows[0].at("question").get<std::string>(),
             Catch::Contains(" to the left or the right of the "));
  params.form = "closed";
  CHECK_THROWS_WITH(build_spatial_set(instances, params, {}),
                    Catch::Contains("expected yes_no or open"));
}

TEST_CASE("check sheet, vetoes and balance report of a set", "[items][sets]") {
  const CocoWorld world = spatial_world(120);
  SpatialParams params;
  params.per_stratum = 5;
  params.pair_cap = 0.5;
  const BuiltSet set = build_spatial_set(read_coco_instances(world.write()), params, {});
  REQUIRE(set.rows.size() == 40);
  Json sheet = check_sheet(set.rows, 0.05, 42);
  CHECK(sheet.size() == 2);
  CHECK(check_sheet(set.rows, 0.05, 42) == sheet);
  CHECK(sheet[0].at("verdict") == "");
  CHECK(read_vetoes(world.file("s.json", set_text(sheet))).checked == 0);
  sheet[0]["verdict"] = "veto";
  sheet[1]["verdict"] = "ok";
  const Vetoes vetoes = read_vetoes(world.file("s.json", set_text(sheet)));
  CHECK(vetoes.checked == 2);
  CHECK(vetoes.items == std::set<std::string>{sheet[0].at("image_id").get<std::string>() + "\n" +
                                              sheet[0].at("question").get<std::string>()});
  sheet[1]["verdict"] = "good";
  CHECK_THROWS_WITH(read_vetoes(world.file("s.json", set_text(sheet))),
                    Catch::Contains("[1]: field 'verdict' is 'good'"));
  sheet[0]["question"] = "<script>";
  const std::string page = check_sheet_html(sheet, "a & b", {"x y.jpg", "\"quoted\".jpg"});
  CHECK_THAT(page, Catch::Contains("&lt;script&gt;") && Catch::Contains("a &amp; b") &&
                       Catch::Contains("&quot;quoted&quot;.jpg"));
  CHECK(page.find("<script") == std::string::npos);
  const Json balance = balance_report(set);
  CHECK(balance.at("answers") == Json({{"no", 20}, {"yes", 20}}));
  CHECK(balance.at("types").at("left") == 10);
  CHECK(balance.at("pair_order").at("lower_category_id_first").get<int>() +
            balance.at("pair_order").at("higher_category_id_first").get<int>() ==
        40);
}

TEST_CASE("images in use are read from POPE files, sets and item tables", "[items][sets]") {
  const CocoWorld world = counting_world(30);
  for (int i = 1; i <= 30; ++i) world.image("val2014/" + CocoWorld::image_name(i));
  const auto pope = world.file("p.json",
                               "{\"image\": \"COCO_val2014_000000000001.jpg\"}\r\n{\"image\": "
                               "\"COCO_val2014_000000000002.jpg\"}\r\n");
  CHECK(images_used_by(pope) ==
        std::set<std::string>{"COCO_val2014_000000000001", "COCO_val2014_000000000002"});
  CHECK(images_used_by(pope, 1).size() == 1);
  CountingParams params;
  params.answers = "1,2";
  params.per_answer = 3;
  const BuiltSet set = build_counting_set(read_coco_instances(world.write()), params, {});
  const auto json = world.file("set.json", set_text(set.rows));
  ImportOptions options;
  options.annotations = json;
  options.images = world.root;
  const Imported imported = import_set(options, "counting");
  write_item_table(world.root / "t.h5", imported.table);
  CHECK(images_used_by(json).size() == 6);
  CHECK(images_used_by(world.root / "t.h5") == images_used_by(json));
}
