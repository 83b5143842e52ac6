#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "coco_world.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/items/coco_sets.hpp"
#include "pipeline/items/importers.hpp"
#include "pipeline/items/plural.hpp"
#include "pipeline/items/set_files.hpp"

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
