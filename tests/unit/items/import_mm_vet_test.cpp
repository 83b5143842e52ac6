// MM-Vet: version 1, the single images of version 2, and what is refused where.
#include "import_folder.hpp"

using namespace vrp;

namespace {

std::string entry(const std::string& id, const std::string& capability = R"(["ocr", "math"])",
                  const std::string& image = "v1_5.png",
                  const std::string& answer = "-1<AND>-5<OR>minus five") {
  return concat("\"", id, R"(": {"imagename": ")", image, R"(", "question": "What is 2x in )", id,
                R"(?", "answer": ")", answer,
                R"(", "imagesource": "http://example.org/a.png", "capability": )", capability, "}");
}
std::string sequence(const std::string& id, const std::string& question) {
  return concat("\"", id, R"(": {"question": ")", question,
                R"(", "answer": "a", "capability": ["seq", "rec"], "added_in": "v2"})");
}

struct VetFolder : Scratch {
  ImportOptions options;
  VetFolder() {
    image("v1_5.png");
    image("v2_0_0.jpg");
    options.images = root;
  }
  Imported import(const std::string& entries, const std::string& head = "") {
    options.annotations = file("mm-vet.json", head + "{" + entries + "}");
    return import_mm_vet(options);
  }
  std::string refusal(const std::string& entries) {
    return refusal_of([&] { import(entries); });
  }
};

}  // namespace

TEST_CASE("MM-Vet: imagename, not the id, names the picture", "[items][open]") {
  VetFolder folder;
  for (const std::string& head : {std::string(), std::string("\xEF\xBB\xBF\r\n")}) {
    const Imported imported =
        folder.import(entry("v1_5") + "," + entry("v1_10", R"(["math", "rec", "ocr"])"), head);
    const ItemTable& t = imported.table;
    REQUIRE(t.size() == 2);
    CHECK(t.benchmark == "mm_vet");
    CHECK(t.kind == "open");
    CHECK(t.scorers == std::vector<std::string>{"grade@1", "rouge_l@1"});
    CHECK(t.key == std::vector<std::string>{"mm_vet/test/v1_5", "mm_vet/test/v1_10"});
    CHECK(t.image == std::vector<std::string>{"v1_5.png", "v1_5.png"});
    CHECK(t.answer[0] == "-1<AND>-5<OR>minus five");
    CHECK(t.type == std::vector<std::string>{"ocr,math", "rec,ocr,math"});
    CHECK(t.metadata[0] ==
          R"({"capability":["ocr","math"],"imagesource":"http://example.org/a.png"})");
    CHECK(t.facts.at("importer") == "mm_vet@1");
    CHECK(has_warning(imported, "2 entries, the published file has 218"));
  }
}

TEST_CASE("MM-Vet v2: items with one image are read, others refused by name", "[items][open]") {
  VetFolder folder;
  const std::string one = sequence("v2_0", "What is shown?<IMG>v2_0_0.jpg");
  const Imported imported = folder.import(entry("v1_5") + "," + one);
  CHECK(imported.table.image[1] == "v2_0_0.jpg");
  CHECK(imported.table.question[1] == "What is shown?");
  CHECK(imported.table.type[1] == "rec,seq");
  CHECK(imported.table.facts.at("format") == "MM-Vet v2");
  const std::string two = sequence("v2_1", "First<IMG>v2_0_0.jpg<IMG>then<IMG>v2_1_1.png");
  CHECK_THAT(folder.refusal(one + "," + two),
             Catch::Contains("mm-vet.json: 'v2_1': field 'question' has 2 images") &&
                 Catch::Contains("--on-error skip"));
  CHECK_THAT(folder.refusal(sequence("v2_2", "a<IMG>b")),
             Catch::Contains("'v2_2'") && Catch::Contains("has 0 images"));
  folder.options.skip_bad_rows = true;
  const Imported skipped = folder.import(one + "," + two);
  CHECK(skipped.table.size() == 1);
  CHECK(skipped.table.facts.at("skipped_ids") == R"(["v2_1"])");
}

TEST_CASE("MM-Vet: malformed entries are refused", "[items][open]") {
  VetFolder folder;
  CHECK_THAT(folder.refusal(entry("v1_5", R"(["ocr", "maths"])")),
             Catch::Contains("mm-vet.json: 'v1_5': field 'capability' has 'maths', expected of"));
  CHECK_THAT(folder.refusal(entry("v1_5", R"(["ocr", "ocr"])")), Catch::Contains("'ocr' twice"));
  CHECK_THAT(folder.refusal(entry("v1_5", "[]")), Catch::Contains("'capability' is []"));
  CHECK_THAT(folder.refusal(entry("v1_5", "\"ocr\"")), Catch::Contains("'capability' is \"ocr\""));
  CHECK_THAT(folder.refusal(entry("v1_5", "[1]")), Catch::Contains("'capability' has '1'"));
  CHECK_THAT(folder.refusal(entry("v1_5") + "," + entry("v1_5")),
             Catch::Contains("'v1_5' was there before"));
  CHECK_THAT(folder.refusal(entry("v1_5", R"(["ocr"])", "v1_5.png", " ")),
             Catch::Contains("'v1_5': field 'answer' is empty"));
  CHECK_THAT(folder.refusal(entry("v1_6", R"(["ocr"])", "v1_6.png")),
             Catch::Contains("'v1_6': image 'v1_6.png' is not in"));
  CHECK_THAT(folder.refusal(entry("v1_6", R"(["ocr"])", "../v1_6.png")),
             Catch::Contains("leaves the folder"));
  CHECK_THAT(folder.refusal(R"("v1_5": {"question": "q", "answer": "a", "capability": ["ocr"]})"),
             Catch::Contains("field 'imagename' is missing"));
  CHECK_THAT(folder.refusal(R"("v1_5": {"imagename": "v1_5.png", "question": " ", "answer": "a",)"
                            R"( "capability": ["ocr"]})"),
             Catch::Contains("'v1_5': the question is empty"));
  CHECK_THAT(folder.refusal(R"("v1_5": [])"), Catch::Contains("'v1_5': found array"));
  CHECK_THAT(folder.refusal(R"(" ": )" + entry("x").substr(5)), Catch::Contains("the id is empty"));
}
