#include "pipeline/items/coco.hpp"

#include <catch2/catch.hpp>

#include "coco_world.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/items/importers.hpp"

using namespace vrp;

namespace {

CocoWorld small_world() {
  CocoWorld world;
  world.add_category(47, "cup");
  world.add_category(1, "person");
  world.add_image(42);
  world.add_image(7);
  world.add_object(42, 47, 10, 20, 30, 40);
  world.add_object(7, 1, 1, 2, 3, 4, true);
  world.add_object(42, 1, 5, 5, 50, 50);
  return world;
}

std::string refusal(const CocoWorld& world, const std::string& text) {
  try {
    read_coco_instances(world.file("bad.json", text));
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::bad_input);
    return error.what();
  }
  return "no error";
}

/// The world with one change.
std::string changed(const std::function<void(CocoWorld&)>& change) {
  CocoWorld world = small_world();
  change(world);
  const CocoWorld folder;
  return refusal(folder, world.text());
}

}  // namespace

TEST_CASE("instances are read and ordered, outlines in a second pass", "[items][coco]") {
  const CocoWorld world = small_world();
  const auto path = world.write();
  const CocoInstances c = read_coco_instances(path);
  REQUIRE(c.images.size() == 2);
  CHECK(c.images[0].id == 7);
  CHECK(c.find_image(42)->width == 400);
  CHECK(c.find_image(43) == nullptr);
  CHECK(c.find_category("cup")->id == 47);
  CHECK(c.find_category(1)->name == "person");
  REQUIRE(c.annotations.size() == 3);
  CHECK(c.annotations[0].crowd);
  CHECK(c.of(42, 47).at(0)->box == std::array<double, 4>{10, 20, 30, 40});
  CHECK(c.of(42, 3).empty());
  const auto outlines = read_coco_polygons(path, {1000, 1001});
  CHECK(outlines.at(1000) == std::vector<std::vector<double>>{{10, 20, 40, 20, 40, 60, 10, 60}});
  CHECK(outlines.at(1001).empty());  // run-length mask
  CHECK_FALSE(outlines.contains(1002));
}

TEST_CASE("sections in any order, unknown fields, numbers of either kind", "[items][coco]") {
  const CocoWorld folder;
  const auto path = folder.file(
      "odd.json",
      "\xEF\xBB\xBF"
      R"({"categories": [{"id": 1, "name": "cup", "keypoints": ["a", "b"], "skeleton": [[1, 2], [3, 4]]}],
   "licenses": [{"id": [{"deep": {"bbox": "x"}}]}],
   "annotations": [{"segmentation": [[1, 2, 3, 4]], "attributes": {"id": 9, "bbox": [1]}, "score": 0.5, "area": 12, "iscrowd": 0, "image_id": 5, "bbox": [1, 2.5, 3, 0], "category_id": 1, "id": 3}],
   "images": [{"id": 5, "file_name": "a.jpg", "width": 10, "height": 20, "license": null}]})");
  const CocoInstances c = read_coco_instances(path);
  CHECK(c.annotations[0].id == 3);
  CHECK(c.annotations[0].box[1] == 2.5);
  CHECK(read_coco_polygons(path, {3}).at(3).empty());  // two points are no outline
}

TEST_CASE("malformed instances are refused with section, index and field", "[items][coco]") {
  const auto annotation = [](const char* field, const Json& value) {
    return changed([&](CocoWorld& w) { w.annotations[2][field] = value; });
  };
  CHECK_THAT(annotation("bbox", {1, 2, 3}),
             Catch::Contains("annotations[2]: field 'bbox' is [1, 2, 3]"));
  CHECK_THAT(annotation("bbox", {1, 2, -3, 4}), Catch::Contains("sides >= 0"));
  CHECK_THAT(annotation("bbox", "x"),
             Catch::Contains("field 'bbox' is 'x', expected four numbers"));
  CHECK_THAT(annotation("bbox", 4), Catch::Contains("field 'bbox' is 4"));
  CHECK_THAT(annotation("bbox", {1, 2, 3, {4}}), Catch::Contains("field 'bbox' is an array"));
  CHECK_THAT(annotation("bbox", {{"x", 1}}), Catch::Contains("field 'bbox' is an object"));
  CHECK_THAT(annotation("area", -1), Catch::Contains("field 'area' is -1"));
  CHECK_THAT(annotation("area", nullptr), Catch::Contains("field 'area' is null"));
  CHECK_THAT(annotation("iscrowd", 2), Catch::Contains("field 'iscrowd' is 2, expected 0 or 1"));
  CHECK_THAT(annotation("id", 1000), Catch::Contains("annotations[2]: field 'id' is 1000") &&
                                         Catch::Contains("annotations[0]"));
  CHECK_THAT(annotation("id", "7"), Catch::Contains("field 'id' is '7', expected an integer"));
  CHECK_THAT(annotation("id", 7.5), Catch::Contains("field 'id' is 7.5"));
  CHECK_THAT(annotation("image_id", 43),
             Catch::Contains("annotations[2]: field 'image_id' is 43, which is not in 'images'"));
  CHECK_THAT(annotation("category_id", 2), Catch::Contains("not in 'categories'"));
  CHECK_THAT(annotation("segmentation", "x"), Catch::Contains("field 'segmentation' is 'x'"));
  CHECK_THAT(changed([](CocoWorld& w) { w.annotations[1].erase("bbox"); }),
             Catch::Contains("annotations[1]: field 'bbox' is missing"));
  CHECK_THAT(changed([](CocoWorld& w) { w.images[1]["id"] = 42; }),
             Catch::Contains("images[1]: field 'id' is 42"));
  CHECK_THAT(changed([](CocoWorld& w) { w.images[1]["width"] = 0; }),
             Catch::Contains("images[1]") && Catch::Contains("0 x 300"));
  CHECK_THAT(changed([](CocoWorld& w) { w.images[1]["file_name"] = 3; }),
             Catch::Contains("field 'file_name' is 3, expected text"));
  CHECK_THAT(changed([](CocoWorld& w) { w.images[1] = 3; }),
             Catch::Contains("images[1]: found 3, expected an object"));
  CHECK_THAT(changed([](CocoWorld& w) { w.images[1] = Json::array(); }),
             Catch::Contains("images[1]: found an array"));
  CHECK_THAT(changed([](CocoWorld& w) { w.categories[0]["name"] = ""; }),
             Catch::Contains("categories[0]: field 'name' is empty"));
  CHECK_THAT(changed([](CocoWorld& w) { w.categories = Json::array(); }),
             Catch::Contains("'categories' is empty"));
  CHECK_THAT(changed([](CocoWorld& w) { w.images = 5; }),
             Catch::Contains("'images' is 5, expected an array"));
  CHECK_THAT(changed([](CocoWorld& w) { w.images = Json::object(); }),
             Catch::Contains("'images' is an object"));
}

TEST_CASE("broken JSON is refused with its place", "[items][coco]") {
  const CocoWorld world = small_world();
  const std::string text = world.text();
  CHECK_THAT(refusal(world, text.substr(0, text.size() / 2)),
             Catch::Contains("malformed JSON at byte"));
  CHECK_THAT(refusal(world, text + "x"), Catch::Contains("malformed JSON"));
  CHECK_THAT(refusal(world, ""), Catch::Contains("malformed JSON"));
  CHECK_THAT(refusal(world, "[]"), Catch::Contains("expected an object"));
  CHECK_THAT(refusal(world, "3"), Catch::Contains("expected an object"));
  CHECK_THAT(refusal(world, "{}"), Catch::Contains("'images' is missing"));
  CHECK_THAT(refusal(world, R"({"images": [{"id": 1, "file_name": ")"
                            "\xFF"
                            R"("}]})"),
             Catch::Contains("malformed JSON"));
  CHECK_THAT(refusal(world, R"({"x": )" + std::string(300, '[')), Catch::Contains("nested deeper"));
  CHECK_THROWS_WITH(read_coco_instances(world.root / "absent.json"),
                    Catch::Contains("absent.json"));
  CHECK_THROWS_WITH(read_coco_instances(world.root), Catch::Contains("cannot be opened"));
}

TEST_CASE("POPE items answered yes get the annotations of the asked category", "[items][pope]") {
  const CocoWorld world = small_world();
  world.image("val2014/" + CocoWorld::image_name(42));
  world.image("val2014/" + CocoWorld::image_name(7));
  ImportOptions options;
  options.images = world.root;
  const auto row = [](int id, int image, const char* name, const char* label) {
    return concat(R"({"question_id": )", id, R"(, "image": ")", CocoWorld::image_name(image),
                  R"(", "text": "Is there a )", name, R"( in the image?", "label": ")", label,
                  "\"}\n");
  };
  options.annotations =
      world.file("coco_pope_random.json", row(1, 42, "cup", "yes") + row(2, 42, "dog", "no") +
                                              row(3, 7, "person", "yes") + row(4, 7, "cup", "yes"));
  const Imported imported = import_pope(options, {{}, world.write()});
  const auto& regions = imported.table.regions;
  REQUIRE(regions[0].size() == 1);
  CHECK(regions[0][0].category == "cup");
  CHECK(regions[0][0].annotation == 1000);
  CHECK(regions[0][0].polygons.size() == 1);
  CHECK(regions[1].empty());
  REQUIRE(regions[2].size() == 1);
  CHECK(regions[2][0].polygons.empty());  // a crowd: box only
  CHECK(regions[3].empty());
  const Json size = parse_json(imported.table.metadata[0], "metadata");  // what the region lies in
  CHECK(size.at("width") == 400);
  CHECK(size.at("height") == 300);
  CHECK_FALSE(parse_json(imported.table.metadata[3], "metadata").contains("width"));
  CHECK(imported.table.facts.at("items_with_region") == "2");
  CHECK(std::any_of(imported.warnings.begin(), imported.warnings.end(), [](const auto& text) {
    return text.find("1 of 3 items answered yes have no annotation") != std::string::npos;
  }));
}
