// POPE and image names: what is read, and what is refused where.
#include <catch2/catch.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/items/importers.hpp"
#include "scratch.hpp"

using namespace vrp;

namespace {

const char* kImage = "COCO_val2014_000000000042.jpg";

std::string pope_line(int id, const std::string& object, const std::string& label,
                      const std::string& image = kImage) {
  return concat(R"({"question_id": )", id, R"(, "image": ")", image, R"(", "text": "Is there a )",
                object, R"( in the image?", "label": ")", label, "\"}");
}

struct PopeFolder : Scratch {
  ImportOptions options;
  PopeOptions pope;
  PopeFolder() {
    image("val2014/" + std::string(kImage));
    options.images = root;
  }
  Imported import(const std::string& text, const std::string& name = "coco_pope_popular.json") {
    options.annotations = file(name, text);
    return import_pope(options, pope);
  }
  std::string refusal(const std::string& text) {
    try {
      import(text);
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::bad_input);
      return error.what();
    }
    return "no error";
  }
};

bool warned(const Imported& imported, const std::string& text) {
  for (const auto& warning : imported.warnings) {
    if (warning.find(text) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("POPE: JSON Lines with either line end, or an array", "[items][pope]") {
  PopeFolder folder;
  const std::string a = pope_line(1, "kettle", "yes"), b = pope_line(2, "cup", "no");
  for (const std::string& text :
       {a + "\n" + b, a + "\r\n" + b + "\r\n\r\n", "\xEF\xBB\xBF" + a + "\r\n" + b + "\n",
        "[" + a + "," + b + "]"}) {
    const Imported imported = folder.import(text);
    const ItemTable& t = imported.table;
    REQUIRE(t.size() == 2);
    CHECK(t.benchmark == "pope_popular");
    CHECK(t.kind == "yes_no");
    CHECK(t.key[1] == "pope/popular/2");
    CHECK(t.id[1] == "2");
    CHECK(t.question[0] == "Is there a kettle in the image?");
    CHECK(t.answer[0] == "yes");
    CHECK(t.type[0] == "kettle");
    CHECK(t.image[0] == "val2014/COCO_val2014_000000000042.jpg");
    CHECK(t.group[0] == "COCO_val2014_000000000042");
    CHECK(t.image_hash[0].size() == 32);
    CHECK(t.facts.at("source_sha256").size() == 64);
    CHECK(warned(imported, "2 rows, the published files have 3000"));
    CHECK(warned(imported, "not one of the published"));
  }
}

TEST_CASE("POPE: ids may be text, further fields are kept", "[items][pope]") {
  PopeFolder folder;
  const Imported imported = folder.import(
      R"({"question_id": "v1", "image": "COCO_val2014_000000000042.jpg", "text": "Is there an traffic light in the imange?", "label": "no", "source": [1]})");
  CHECK(imported.table.key[0] == "pope/popular/v1");
  CHECK(imported.table.type[0] == "traffic light");
  CHECK(imported.table.metadata[0] == R"({"source":[1]})");
}

TEST_CASE("POPE: malformed rows are refused with file, line, field and text", "[items][pope]") {
  PopeFolder folder;
  const std::string good = pope_line(1, "kettle", "yes") + "\n";
  const auto refused = [&](const std::string& line) { return folder.refusal(good + line); };
  CHECK_THAT(refused(pope_line(2, "cup", "Yes")),
             Catch::Contains("popular.json:2: field 'label' is 'Yes', expected yes or no"));
  CHECK_THAT(refused(pope_line(2, "cup", "maybe")), Catch::Contains("'maybe'"));
  CHECK_THAT(refused(pope_line(1, "cup", "no")),
             Catch::Contains(":2: question id '1'") && Catch::Contains(".json:1"));
  CHECK_THAT(refused(pope_line(2, "kettle", "yes")), Catch::Contains("--allow-duplicates"));
  CHECK_THAT(refused(pope_line(2, "cup", "no", "COCO_val2014_000000000043.jpg")),
             Catch::Contains(":2: image 'COCO_val2014_000000000043.jpg' is not in"));
  CHECK_THAT(refused(pope_line(2, "cup", "no", "../x.jpg")), Catch::Contains("leaves the folder"));
  CHECK_THAT(refused(pope_line(2, "cup", "no", "/etc/x.jpg")),
             Catch::Contains(":2: image '/etc/x.jpg'"));
  CHECK_THAT(refused(R"({"question_id": 2, "image": "a.jpg", "label": "no"})"),
             Catch::Contains(":2: field 'text' is missing"));
  CHECK_THAT(refused(R"({"question_id": 2, "image": 5, "text": "q", "label": "no"})"),
             Catch::Contains(":2: field 'image' is 5, expected text"));
  CHECK_THAT(refused(R"({"question_id": 2.5, "image": "a.jpg", "text": "q", "label": "no"})"),
             Catch::Contains("'question_id' is 2.5"));
  CHECK_THAT(refused(concat(R"({"question_id": 2, "image": ")", kImage,
                            R"(", "text": "  ", "label": "no"})")),
             Catch::Contains(":2: the question is empty"));
  CHECK_THAT(refused("{\"question_id\": 2,"), Catch::Contains(":2: malformed JSON"));
  CHECK_THAT(refused("{\"question_id\": \"\xC3\x28\"}"), Catch::Contains(":2: invalid UTF-8"));
  CHECK_THAT(folder.refusal(""), Catch::Contains("the file is empty"));
  CHECK_THAT(folder.refusal("[" + pope_line(1, "a", "yes") + ",{}]"),
             Catch::Contains("popular.json: [1]: field"));
}

TEST_CASE("skip leaves malformed rows out, lists and counts them", "[items][pope]") {
  PopeFolder folder;
  folder.options.skip_bad_rows = true;
  const Imported imported = folder.import(
      pope_line(1, "a", "yes") + "\n" + pope_line(7, "b", "perhaps") + "\n{broken\n" +
      pope_line(8, "c", "no", "COCO_val2014_000000000099.jpg") + "\n" + pope_line(9, "d", "no"));
  CHECK(imported.table.size() == 2);
  CHECK(imported.skipped.size() == 3);
  CHECK(imported.table.facts.at("skipped") == "3");
  CHECK_THAT(imported.table.facts.at("skipped_ids"), Catch::Contains("7") && Catch::Contains("8"));
  CHECK_THAT(folder.refusal("{broken\n"), Catch::Contains("no row is left"));
}

TEST_CASE("POPE: a merged file has three splits and unique ids", "[items][pope]") {
  PopeFolder folder;
  const auto merged = [](int id, const char* category, const char* extra) {
    return concat(
        R"({"question_id": )", id, R"(, "image": ")", kImage,
        R"(", "text": "Is there a cup in the image?\nAnswer the question using a single word or phrase.", "category": ")",
        category, "\"", extra, "}\n");
  };
  const std::string label = R"(, "label": "no")";
  const std::string text = merged(1, "adversarial", label.c_str()) +
                           merged(2, "popular", label.c_str()) + merged(3, "random", label.c_str());
  const Imported imported = folder.import(text, "llava_pope_test.jsonl");
  CHECK(imported.table.benchmark == "pope");
  CHECK(imported.table.key[2] == "pope/random/3");
  CHECK(imported.table.question[0] == "Is there a cup in the image?");  // the line is taken off
  CHECK(warned(imported, "3 questions ended in the short-answer line"));
  CHECK_THAT(folder.refusal(text + merged(1, "random", label.c_str())),
             Catch::Contains("ids of a merged file are unique"));
  CHECK_THAT(folder.refusal(merged(1, "easy", label.c_str())),
             Catch::Contains("'category' is 'easy'"));
  CHECK_THAT(folder.refusal(merged(1, "random", "")), Catch::Contains("--labels"));
  folder.options.split = "popular";
  const Imported popular = folder.import(text, "llava_pope_test.jsonl");
  CHECK(popular.table.size() == 1);
  CHECK(popular.table.benchmark == "pope_popular");
  folder.options.split = "";
  folder.pope.labels = {folder.file("coco_pope_random.json", pope_line(1, "cup", "yes"))};
  const Imported labelled = folder.import(merged(3, "random", ""), "llava_pope_test.jsonl");
  CHECK(labelled.table.answer[0] == "yes");
  CHECK_THAT(folder.refusal(merged(3, "popular", "")), Catch::Contains("no label for image"));
}

TEST_CASE("POPE: version 2 is an array of its own fields", "[items][pope]") {
  PopeFolder folder;
  folder.image("images/0001.jpg");
  const std::string row =
      R"({"image_id": 1, "image_name": "/images/0001.jpg", "target_object": "kettle", "query": "Is there a kettle in this image?", "label": "Yes"})";
  folder.options.images = folder.root / "images";
  const Imported imported = folder.import("[" + row + "]", "popev2.json");
  CHECK(imported.table.key[0] == "pope/test/1");
  CHECK(imported.table.answer[0] == "yes");
  CHECK(imported.table.type[0] == "kettle");
  CHECK(imported.table.image[0] == "0001.jpg");
  CHECK(imported.table.facts.at("format") == "POPEv2");
  std::string bad = row;
  bad.replace(bad.find("Yes"), 3, "yes");
  CHECK_THAT(folder.refusal("[" + bad + "]"),
             Catch::Contains("[0]: field 'label' is 'yes', expected Yes or No"));
}

TEST_CASE("POPE: older copies are recognised by their count", "[items][pope]") {
  PopeFolder folder;
  std::string text;
  for (int i = 1; i <= 2910; ++i) {
    text += pope_line(i, "thing" + std::to_string(i), i <= 1500 ? "yes" : "no") + "\n";
  }
  const Imported imported = folder.import(text, "coco_pope_random.json");
  CHECK(imported.table.facts.at("source_rows") == "2910");
  CHECK(warned(imported, "an older copy of the random split"));
  CHECK(warned(imported, "1500 of 2910 labels are yes"));
}

TEST_CASE("POPE: images that are not COCO's are read with a warning", "[items][pope]") {
  PopeFolder folder;
  folder.image("gqa_17.jpg");
  const Imported imported =
      folder.import(pope_line(1, "kettle", "yes") + "\n" + pope_line(2, "cup", "no", "gqa_17.jpg"));
  CHECK(imported.table.image[1] == "gqa_17.jpg");
  CHECK(warned(imported, "1 image names are not COCO_val2014_<12 digits>.jpg"));
  CHECK_FALSE(warned(imported, "labels are yes, not half"));
}

TEST_CASE("POPE: the three splits may share ids; a key names its split", "[items][pope]") {
  PopeFolder folder;
  const std::string line = pope_line(1, "cup", "no");
  const Imported popular = folder.import(line, "coco_pope_popular.json");
  const Imported random = folder.import(line, "coco_pope_random.json");
  CHECK(popular.table.key[0] == "pope/popular/1");
  CHECK(random.table.key[0] == "pope/random/1");
  CHECK(popular.table.group[0] == random.table.group[0]);
}

TEST_CASE("POPE: version 2 is refused where a field is missing", "[items][pope]") {
  PopeFolder folder;
  folder.image("0001.jpg");
  const Json good = {{"image_id", 1},
                     {"image_name", "/images/0001.jpg"},
                     {"target_object", "kettle"},
                     {"query", "Is there a kettle in this image?"},
                     {"label", "No"}};
  CHECK(folder.import(Json::array({good}).dump(), "v2.json").table.answer[0] == "no");
  for (const char* field : {"target_object", "query", "label"}) {
    Json bad = good;
    bad.erase(field);
    CHECK_THAT(folder.refusal(Json::array({good, bad}).dump()),
               Catch::Contains(concat("[1]: field '", field, "' is missing")));
  }
  Json bad = good;
  bad["image_name"] = "/images/0002.jpg";
  CHECK_THAT(folder.refusal(Json::array({bad}).dump()),
             Catch::Contains("[0]: image '0002.jpg' is not in"));
}

TEST_CASE("image names are found as COCO stores them", "[items][images]") {
  const Scratch scratch;
  scratch.image("val2014/COCO_val2014_000000000042.jpg");
  scratch.image("plain.jpg");
  scratch.image("train2014/COCO_train2014_000000000007.jpg");
  ImageFolder folder(scratch.root);
  CHECK(folder.find("000000000042.jpg", "w").name == "val2014/COCO_val2014_000000000042.jpg");
  CHECK(folder.find("COCO_val2014_000000000042.jpg", "w").name ==
        "val2014/COCO_val2014_000000000042.jpg");
  CHECK(folder.find("COCO_train2014_000000000007.jpg", "w").name ==
        "train2014/COCO_train2014_000000000007.jpg");
  CHECK(folder.find("plain.jpg", "w").name == "plain.jpg");
  CHECK_THROWS_WITH(folder.find("000000000043.jpg", "f:3"),
                    Catch::Contains("f:3: image '000000000043.jpg' is not in") &&
                        Catch::Contains("val2014/COCO_val2014_000000000043.jpg"));
  CHECK(coco_name("val2014", 42) == "COCO_val2014_000000000042.jpg");
  CHECK(coco_name("val2017", 42) == "000000000042.jpg");
  CHECK(coco_split("val2014/COCO_val2014_000000000042.jpg") == "val2014");
  CHECK(coco_split("COCO_val2014_42.jpg").empty());
  CHECK(image_group("a/b.jpg") == "a/b.jpg");
}
