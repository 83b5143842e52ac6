// TextVQA with and without OCR tokens, and what is refused where.
#include "import_folder.hpp"

using namespace vrp;

namespace {

std::string texts(std::size_t n) {
  std::string out = "[";
  for (std::size_t i = 0; i < n; ++i) out += concat(i == 0 ? "" : ", ", "\"stop", i, "\"");
  return out + "]";
}

std::string row(const std::string& id, const std::string& image = "00ab",
                const std::string& rest = ", \"set_name\": \"val\", \"answers\": " + texts(10)) {
  return concat(R"({"question": "what does the sign say?", "image_id": ")", image,
                R"(", "image_width": 1024, "image_classes": ["Sign"], "question_id": )", id, rest,
                "}");
}

struct TextFolder : Scratch {
  ImportOptions options;
  std::filesystem::path ocr;
  TextFolder() {
    image("train_images/00ab.jpg");
    image("test_images/00cd.jpg");
    image("00ef.jpg");
    options.images = root;
  }
  Imported import(const std::string& list, const std::string& head = "") {
    options.annotations =
        file("val.json", head + R"({"dataset_type": "val", "dataset_version": "0.5.1", "data": [)" +
                             list + "]}" + (head.empty() ? "" : "\r\n"));
    return import_textvqa(options, ocr);
  }
  void tokens(const std::string& list) { ocr = file("ocr.json", R"({"data": [)" + list + "]}"); }
  std::string refusal(const std::string& list) {
    return refusal_of([&] { import(list); });
  }
};

}  // namespace

TEST_CASE("TextVQA: images of train_images and test_images too", "[items][vqa]") {
  TextFolder folder;
  for (const std::string& head : {std::string(), std::string("\xEF\xBB\xBF")}) {
    const Imported imported =
        folder.import(row("34602") + "," + row("34603", "00ef") + "," +
                          row("\"34604\"", "00cd", R"(, "set_name": "test", "new": 1)"),
                      head);
    const ItemTable& t = imported.table;
    REQUIRE(t.size() == 3);
    CHECK(t.benchmark == "textvqa");
    CHECK(t.kind == "vqa");
    CHECK(t.scorers.front() == "textvqa@1");
    CHECK(t.key[0] == "textvqa/val/34602");
    CHECK(t.key[2] == "textvqa/test/34604");
    CHECK(t.image ==
          std::vector<std::string>{"train_images/00ab.jpg", "00ef.jpg", "test_images/00cd.jpg"});
    CHECK(t.answers[0].size() == 10);
    CHECK(t.answers[0][3] == "stop3");
    CHECK(t.answers[2].empty());
    CHECK(t.answer[0].empty());
    CHECK(t.question[0] == "what does the sign say?");
    CHECK(t.metadata[2] ==
          R"({"image_classes":["Sign"],"image_width":1024,"new":1,"set_name":"test"})");
    CHECK(t.facts.at("importer") == "textvqa@1");
    CHECK(t.facts.at("dataset_version") == "0.5.1");
    CHECK(has_warning(imported, "3 questions, the published val file has 5000"));
    CHECK(has_warning(imported, "1 of 3 items have no answers"));
  }
  CHECK(folder.import(row("1")).table.benchmark == "textvqa_val");
  const Imported twice = folder.import(row("1") + "," + row("2"));
  CHECK(has_warning(twice, "1 questions stand twice about one image"));
}

TEST_CASE("TextVQA: OCR tokens make another set", "[items][vqa]") {
  TextFolder folder;
  folder.tokens(R"({"image_id": "00ab", "ocr_tokens": ["STOP", "4-way"], "ocr_info": []},)"
                R"({"image_id": "00ef", "ocr_tokens": []})");
  const Imported imported = folder.import(row("1") + "," + row("2", "00ef"));
  CHECK(imported.table.key[0] == "textvqa/val_ocr/1");
  CHECK(imported.table.benchmark == "textvqa_val_ocr");
  CHECK(imported.table.question[0] == "what does the sign say?\nReference OCR token: STOP, 4-way");
  CHECK(imported.table.question[1] == "what does the sign say?\nReference OCR token: ");
  CHECK(imported.table.hint[0].empty());
  CHECK(imported.table.facts.at("ocr_sha256").size() == 64);
  folder.tokens(R"({"image_id": "00ab", "ocr_tokens": []})");
  CHECK_THAT(folder.refusal(row("1") + "," + row("2", "00ef")),
             Catch::Contains("val.json: data[1]: image_id '00ef' is not in") &&
                 Catch::Contains("ocr.json"));
  folder.tokens(R"({"image_id": "00ab", "ocr_tokens": ["a", 2]})");
  CHECK_THAT(folder.refusal(row("1")),
             Catch::Contains("ocr.json: data[0]: field 'ocr_tokens' is [\"a\",2]"));
  folder.tokens(
      R"({"image_id": "00ab", "ocr_tokens": []}, {"image_id": "00ab", "ocr_tokens": []})");
  CHECK_THAT(folder.refusal(row("1")), Catch::Contains("data[1]: field 'image_id' is '00ab', which "
                                                       "was there before, at data[0]"));
}

TEST_CASE("TextVQA: malformed rows are refused", "[items][vqa]") {
  TextFolder folder;
  const auto bad = [&](const std::string& rest) {
    return folder.refusal(row("1") + "," + row("2", "00ab", rest));
  };
  const std::string val = R"(, "set_name": "val")";
  CHECK_THAT(bad(val), Catch::Contains("val.json: data[1]: field 'answers' is missing"));
  CHECK_THAT(bad(val + ", \"answers\": " + texts(9)),
             Catch::Contains("data[1]: field 'answers' has 9 answers, expected ten"));
  CHECK_THAT(bad(val + R"(, "answers": "stop")"), Catch::Contains("'answers' is \"stop\""));
  CHECK_THAT(bad(val + R"(, "answers": [1,2,3,4,5,6,7,8,9,10])"),
             Catch::Contains("field 'answers[0]' is 1, expected text"));
  CHECK_THAT(bad(R"(, "set_name": "test", "answers": [])"), Catch::Contains("has 0 answers"));
  CHECK_THAT(bad(R"(, "set_name": "dev", "answers": )" + texts(10)),
             Catch::Contains("'set_name' is 'dev', expected train, val or test"));
  CHECK_THAT(bad(", \"answers\": " + texts(10)), Catch::Contains("field 'set_name' is missing"));
  CHECK_THAT(folder.refusal(row("1") + "," + row("1")),
             Catch::Contains("data[1]: question id '1' of split 'val' was there before"));
  CHECK_THAT(folder.refusal(row("1", "77")), Catch::Contains("data[0]: image '77.jpg' is not in") &&
                                                 Catch::Contains("train_images/77.jpg"));
  CHECK_THAT(folder.refusal(row("1", "../x")), Catch::Contains("leaves the folder"));
  CHECK_THAT(folder.refusal(row("1", "/etc/x")), Catch::Contains("data[0]: image '/etc/x.jpg'"));
  std::string empty = row("1");
  empty.replace(empty.find("what does the sign say?"), 23, " ");
  CHECK_THAT(folder.refusal(empty), Catch::Contains("data[0]: field 'question' is empty"));
  folder.options.skip_bad_rows = true;
  const Imported imported = folder.import(row("1") + "," + row("2", "77"));
  CHECK(imported.table.size() == 1);
  CHECK(imported.table.facts.at("skipped_ids") == R"(["2"])");
}
