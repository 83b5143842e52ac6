// Counting and spatial sets as the paper's code reads them.
#include "import_folder.hpp"

using namespace vrp;

namespace {

struct SetFolder : Scratch {
  ImportOptions options;
  SetFolder() {
    image("COCO_val2014_000000000042.jpg");
    options.images = root;
  }
  Imported import(const std::string& text, const std::string& family) {
    options.annotations = file("set.json", text);
    return import_set(options, family);
  }
  std::string refusal(const std::string& text, const std::string& family) {
    return refusal_of([&] { import(text, family); });
  }
};

}  // namespace

TEST_CASE("sets in the paper's format", "[items][set]") {
  SetFolder folder;
  const Imported counting = folder.import(
      R"([{"image_id": "COCO_val2014_000000000042", "question": "How many cups are in the image?", "answer": "3"},
          {"image_id": 42, "question": "How many wine glasses are in the image?", "answer": 2}])",
      "counting");
  CHECK(counting.table.kind == "integer");
  CHECK(counting.table.key[1] == "counting/coco/2");
  CHECK(counting.table.answer == std::vector<std::string>{"3", "2"});
  CHECK(counting.table.type == std::vector<std::string>{"cups", "wine glasses"});
  const Imported spatial = folder.import(
      R"([{"image_id": "COCO_val2014_000000000042", "question": "Is the cup to the left of the bowl?", "answer": "Yes",
           "objects": [{"category": "cup", "annotation_ids": [5], "boxes": [[1, 2, 3, 4]], "polygons": [[[0, 0, 1, 0, 1, 1]]]},
                       {"category": "bowl", "annotation_ids": [6], "boxes": [[5, 6, 7, 8]]}]}])",
      "spatial");
  CHECK(spatial.table.kind == "yes_no");
  CHECK(spatial.table.answer[0] == "yes");
  CHECK(spatial.table.type[0] == "left");
  REQUIRE(spatial.table.regions[0].size() == 2);
  CHECK(spatial.table.regions[0][0].polygons.size() == 1);
  CHECK(spatial.table.regions[0][1].annotation == 6);
  const Imported open = folder.import(
      R"([{"image_id": 42, "question": "Is the cup above or below the bowl?", "answer": "below"}])",
      "spatial");
  CHECK(open.table.kind == "relation");
  CHECK(open.table.type[0] == "above/below");
}

TEST_CASE("sets: malformed rows are refused with their index", "[items][set]") {
  SetFolder folder;
  const auto row = [](const std::string& answer, const std::string& more = "") {
    return R"([{"image_id": 42, "question": "How many?", "answer": )" + answer + more + "}]";
  };
  CHECK_THAT(folder.refusal(row("\"many\""), "counting"),
             Catch::Contains("set.json: [0]: field 'answer' is 'many', expected a whole number"));
  CHECK_THAT(folder.refusal(row("-1"), "counting"), Catch::Contains("'-1'"));
  CHECK_THAT(folder.refusal(row("1.5"), "counting"), Catch::Contains("'answer' is 1.5"));
  CHECK_THAT(folder.refusal(row("\"maybe\""), "spatial"), Catch::Contains("expected yes or no"));
  CHECK_THAT(folder.refusal(R"([{"image_id": 42, "question": "q1", "answer": "left"},
                               {"image_id": 42, "question": "q2", "answer": "yes"}])",
                            "spatial"),
             Catch::Contains("[1]: field 'answer' is 'yes', expected left, right"));
  CHECK_THAT(folder.refusal(R"([{"image_id": 43, "question": "q", "answer": "1"}])", "counting"),
             Catch::Contains("COCO_val2014_000000000043.jpg"));
  CHECK_THAT(folder.refusal(R"([{"question": "q", "answer": "1"}])", "counting"),
             Catch::Contains("'image_id' is missing"));
  CHECK_THAT(folder.refusal(row("\"1\"", R"(, "objects": 3)"), "counting"),
             Catch::Contains("'objects' is 3, expected a list"));
  CHECK_THAT(
      folder.refusal(
          row("\"1\"", R"(, "objects": [{"category": "a", "annotation_ids": [1], "boxes": []}])"),
          "counting"),
      Catch::Contains("objects[0]: 1 annotation_ids, 0 boxes"));
  CHECK_THAT(
      folder.refusal(
          row("\"1\"",
              R"(, "objects": [{"category": "a", "annotation_ids": [1], "boxes": [[1, 2, 3]]}])"),
          "counting"),
      Catch::Contains("expected an id and x, y, width, height"));
}

TEST_CASE("sets: the paper's files name images by id, with or without extension", "[items][set]") {
  SetFolder folder;
  folder.image("images/COCO_val2014_000000000007.jpg");
  folder.image("images/scene.png");
  folder.options.images = folder.root / "images";
  const Imported imported = folder.import(
      R"({"image_id": "COCO_val2014_000000000007", "question": "How many cups are there?", "answer": "1"}
{"image_id": "COCO_val2014_000000000007.jpg", "question": "How many bowls are there?", "answer": 0}
{"image_id": "scene.png", "question": "How many dogs are there?", "answer": " 2 ", "question_id": "d1", "kind": "open"})",
      "counting");  // JSON Lines under the name of an array
  CHECK(imported.table.image == std::vector<std::string>{"COCO_val2014_000000000007.jpg",
                                                         "COCO_val2014_000000000007.jpg",
                                                         "scene.png"});
  CHECK(imported.table.answer == std::vector<std::string>{"1", "0", "2"});
  CHECK(imported.table.key[2] == "counting/coco/d1");
  CHECK(imported.table.metadata[2] == R"({"kind":"open"})");
  CHECK(imported.table.group[0] == "COCO_val2014_000000000007");
}

TEST_CASE("sets: a pair or an id twice is refused, or left out on request", "[items][set]") {
  SetFolder folder;
  const std::string row = R"({"image_id": 42, "question": "How many?", "answer": "1")";
  CHECK_THAT(
      folder.refusal("[" + row + "}, " + row + "}]", "counting"),
      Catch::Contains("set.json: [1]: image 'COCO_val2014_000000000042.jpg' with question") &&
          Catch::Contains("set.json: [0]"));
  const std::string
      named = R"(, "question_id": 5})",
      other = R"({"image_id": 42, "question": "How many cups?", "answer": "1", "question_id": 5})";
  CHECK_THAT(folder.refusal("[" + row + named + ", " + other + "]", "counting"),
             Catch::Contains("[1]: question id '5'"));
  folder.options.skip_bad_rows = true;
  const Imported imported = folder.import("[" + row + named + ", " + other + "]", "counting");
  CHECK(imported.table.size() == 1);
  CHECK(imported.skipped.size() == 1);
  CHECK_THAT(folder.refusal("", "counting"), Catch::Contains("set.json: the file is empty"));
}
