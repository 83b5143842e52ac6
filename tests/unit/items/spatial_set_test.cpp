#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "coco_world.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/items/coco_sets.hpp"
#include "pipeline/items/set_files.hpp"

using namespace vrp;

namespace {

const std::vector<std::string> kNames = {"cup", "bowl", "dog", "cat", "boat", "car"};

}  // namespace

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
