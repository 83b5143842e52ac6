// VQAv2: questions joined with their annotations, and what is refused where.
#include "import_folder.hpp"

using namespace vrp;

namespace {

std::string answers(const std::vector<std::string>& texts, int first_id = 1) {
  std::string out;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    out += concat(i == 0 ? "" : ", ", R"({"answer": ")", texts[i],
                  R"(", "answer_confidence": "yes", "answer_id": )", static_cast<int>(i) + first_id,
                  "}");
  }
  return "[" + out + "]";
}
std::vector<std::string> ten(const std::string& text) { return {10, text}; }

std::string question(const std::string& id, const std::string& image = "42",
                     const std::string& text = "What color is the cup?") {
  return concat(R"({"image_id": )", image, R"(, "question": ")", text, R"(", "question_id": )", id,
                "}");
}
std::string annotation(const std::string& id, const std::string& image = "42",
                       const std::string& human = answers(ten("red")),
                       const std::string& type = "other", const std::string& extra = "") {
  return concat(R"({"question_id": )", id, R"(, "image_id": )", image,
                R"(, "question_type": "what color is the", "answer_type": ")", type,
                R"(", "multiple_choice_answer": "red", "answers": )", human, extra, "}");
}

struct VqaFolder : Scratch {
  ImportOptions options;
  std::string subtype = "val2014";
  VqaFolder() {
    image("val2014/COCO_val2014_000000000042.jpg");
    image("COCO_val2014_000000000043.jpg");
    image("test2015/COCO_test2015_000000000007.jpg");
    options.images = root;
  }
  std::string questions(const std::string& list) const {
    return R"({"info": {"version": "2.0"}, "questions": [)" + list + R"(], "data_subtype": ")" +
           subtype + "\"}";
  }
  std::string annotations(const std::string& list, const std::string& of = "val2014") const {
    return R"({"data_subtype": ")" + of + R"(", "annotations": [)" + list + "]}";
  }
  Imported read(const std::string& q, const std::string& a) {
    options.annotations = file("questions.json", q);
    return import_vqav2(options, a.empty() ? std::filesystem::path() : file("annotations.json", a));
  }
  Imported import(const std::string& q, const std::string& a) {
    return read(questions(q), a.empty() ? a : annotations(a));
  }
  std::string refusal(const std::string& q, const std::string& a) {
    return refusal_of([&] { import(q, a); });
  }
  /// One good question and this annotation of it.
  std::string bad_annotation(const std::string& a) { return refusal(question("1"), a); }
};

}  // namespace

TEST_CASE("VQAv2: questions in file order, annotations by id", "[items][vqa]") {
  VqaFolder folder;
  std::vector<std::string> people = ten("red");
  people[3] = "Red, \\n or so";
  people[9] = "";
  const std::string q = folder.questions(question("42001") + ", " + question("\"43001\"", "43"));
  const std::string a =
      folder.annotations(annotation("43001", "\"43\"", answers(ten("two")), "number") + "," +
                         annotation("42001", "42", answers(people), "other", R"(, "batch": 5)"));
  for (const auto& [head, tail] :
       {std::pair<std::string, std::string>{"", ""}, {"\xEF\xBB\xBF", "\r\n"}}) {
    const Imported imported = folder.read(head + q + tail, head + a + tail);
    const ItemTable& t = imported.table;
    REQUIRE(t.size() == 2);
    CHECK(t.benchmark == "vqav2_val2014");
    CHECK(t.kind == "vqa");
    CHECK(t.scorers.front() == "vqa_official@1");
    CHECK(t.key == std::vector<std::string>{"vqav2/val2014/42001", "vqav2/val2014/43001"});
    CHECK(t.image[0] == "val2014/COCO_val2014_000000000042.jpg");
    CHECK(t.image[1] == "COCO_val2014_000000000043.jpg");
    CHECK(t.group[0] == "COCO_val2014_000000000042");
    CHECK(t.answer[0] == "red");
    CHECK(t.type[0] == "what color is the");
    REQUIRE(t.answers[0].size() == 10);
    CHECK(t.answers[0][3] == "Red, \n or so");  // byte for byte
    CHECK(t.answers[0][9].empty());
    CHECK(t.answers[1] == ten("two"));
    CHECK(t.hint[0].empty());
    CHECK(t.metadata[0] ==
          R"({"answer_type":"other","batch":5,"question_type":"what color is the"})");
    CHECK(t.facts.at("importer") == "vqav2@1");
    CHECK(t.facts.at("answers_sha256").size() == 64);
    CHECK(has_warning(imported, "2 questions, the published val2014 file has 214354"));
  }
}

TEST_CASE("VQAv2: the test splits have no answers, and images of test2015", "[items][vqa]") {
  VqaFolder folder;
  for (const char* subtype : {"test2015", "test-dev2015"}) {
    folder.subtype = subtype;
    const Imported imported = folder.import(question("7001", "7"), "");
    CHECK(imported.table.key[0] == concat("vqav2/", subtype, "/7001"));
    CHECK(imported.table.image[0] == "test2015/COCO_test2015_000000000007.jpg");
    CHECK(imported.table.answers[0].empty());
    CHECK(imported.table.answer[0].empty());
    CHECK(has_warning(imported, "accuracy cannot be told"));
  }
}

TEST_CASE("VQAv2: a question asked twice of one image is kept and told", "[items][vqa]") {
  VqaFolder folder;
  const Imported imported =
      folder.import(question("1") + "," + question("2"), annotation("1") + "," + annotation("2"));
  CHECK(imported.table.size() == 2);
  CHECK(has_warning(imported, "1 questions stand twice about one image"));
}

TEST_CASE("VQAv2: the two files are one set of questions", "[items][vqa]") {
  VqaFolder folder;
  CHECK_THAT(folder.refusal(question("1") + "," + question("2"), annotation("1")),
             Catch::Contains("questions.json: questions[1]: question_id 2 has no annotation in"));
  CHECK_THAT(folder.refusal(question("1"), annotation("1") + "," + annotation("9")),
             Catch::Contains("annotations.json: annotations[1]: question_id 9 has no question"));
  CHECK_THAT(folder.refusal(question("1"), annotation("1") + "," + annotation("\"1\"")),
             Catch::Contains("annotations[1]: field 'question_id' is 1, which was there before, "
                             "at annotations[0]"));
  CHECK_THAT(folder.refusal(question("1") + "," + question("1", "43"), annotation("1", "43")),
             Catch::Contains("questions[0]: field 'image_id' is 42, but the annotation of 1 has "
                             "43"));
  CHECK_THAT(folder.refusal(question("1") + "," + question("1"), annotation("1")),
             Catch::Contains("questions[1]: question id '1' of split 'val2014' was there before"));
  CHECK_THAT(refusal_of([&] {
               folder.read(folder.questions(question("1")),
                           folder.annotations(annotation("1"), "train2014"));
             }),
             Catch::Contains("annotations.json: field 'data_subtype' is 'train2014', but") &&
                 Catch::Contains("'val2014'"));
  CHECK_THAT(folder.refusal(question("1"), ""),
             Catch::Contains("the answers of val2014 are published; --answers names"));
}

TEST_CASE("VQAv2: malformed annotations are refused", "[items][vqa]") {
  VqaFolder folder;
  std::vector<std::string> nine(9, "red");
  CHECK_THAT(folder.bad_annotation(annotation("1", "42", answers(nine))),
             Catch::Contains("annotations[0]: field 'answers' has 9 answers, expected ten"));
  CHECK_THAT(folder.bad_annotation(annotation("1", "42", "\"red\"")),
             Catch::Contains("'answers' is \"red\", expected a list of ten"));
  CHECK_THAT(folder.bad_annotation(annotation("1", "42", answers(ten("red"), 0))),
             Catch::Contains("answers[0]: field 'answer_id' is 0, expected 1 to 10"));
  std::string twice = answers(ten("red"));
  twice.replace(twice.rfind("10"), 2, "9");
  CHECK_THAT(folder.bad_annotation(annotation("1", "42", twice)),
             Catch::Contains("answers[9]: field 'answer_id' is 9, which was there before"));
  std::string none = answers(ten("red"));
  none.replace(none.rfind(", \"answer_id\": 10"), 17, "");
  CHECK_THAT(folder.bad_annotation(annotation("1", "42", none)),
             Catch::Contains("answers[9]: field 'answer_id' is missing"));
  std::string number = answers(ten("red"));
  number.replace(number.find("\"red\""), 5, "3");
  CHECK_THAT(folder.bad_annotation(annotation("1", "42", number)),
             Catch::Contains("answers[0]: field 'answer' is 3, expected text"));
  CHECK_THAT(folder.bad_annotation(annotation("1", "42", answers(ten("red")), "colour")),
             Catch::Contains("'answer_type' is 'colour', expected yes/no, number or other"));
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = annotation("1");
    text.replace(text.find(from), from.size(), to);
    return folder.bad_annotation(text);
  };
  CHECK_THAT(replaced("\"what color is the\"", "\" \""),
             Catch::Contains("field 'question_type' is empty"));
  CHECK_THAT(replaced("\"multiple_choice_answer\"", "\"x\""),
             Catch::Contains("'multiple_choice_answer' is missing"));
  CHECK_THAT(replaced("\"answers\"", "\"x\""), Catch::Contains("field 'answers' is missing"));
  CHECK_THAT(folder.bad_annotation("5"), Catch::Contains("annotations[0]: found number"));
}

TEST_CASE("VQAv2: malformed questions are refused", "[items][vqa]") {
  VqaFolder folder;
  const auto bad = [&](const std::string& q) { return folder.refusal(q, annotation("1")); };
  CHECK_THAT(bad(question("1", "42", " ")), Catch::Contains("questions[0]: the question is empty"));
  CHECK_THAT(bad(R"({"image_id": 42, "question_id": 1})"),
             Catch::Contains("questions[0]: field 'question' is missing"));
  CHECK_THAT(bad(question("1.5")), Catch::Contains("field 'question_id' is 1.5"));
  CHECK_THAT(bad(question("1", "true")), Catch::Contains("field 'image_id' is true"));
  CHECK_THAT(folder.refusal(question("1", "\"../x\""), annotation("1", "\"../x\"")),
             Catch::Contains("field 'image_id' is '../x', expected a COCO image number"));
  CHECK_THAT(folder.refusal(question("1", "99"), annotation("1", "99")),
             Catch::Contains("questions[0]: image 'COCO_val2014_000000000099.jpg' is not in") &&
                 Catch::Contains("val2014/COCO_val2014_000000000099.jpg"));
  CHECK_THAT(bad("[]"), Catch::Contains("questions[0]: found array"));
  folder.subtype = "abstract_v002_val2015";
  CHECK_THAT(bad(question("1")), Catch::Contains("'data_subtype' is 'abstract_v002_val2015'"));
  CHECK_THAT(refusal_of([&] { folder.read(R"({"questions": [1]})", ""); }),
             Catch::Contains("field 'data_subtype' is missing"));
}

TEST_CASE("VQAv2: skip leaves malformed pairs out, once each", "[items][vqa]") {
  VqaFolder folder;
  folder.options.skip_bad_rows = true;
  const std::string q = question("1") + "," + question("2", "42", "b?") + "," +
                        question("3", "99", "c?") + "," + question("4", "43", "d?") +
                        R"(, {"question_id": 5})";
  const std::string a = annotation("1") + "," + annotation("2", "42", "[]") + "," +
                        annotation("3", "99") + "," + annotation("8") + "," + annotation("1") +
                        R"(, {"image_id": 1})";
  const Imported imported = folder.import(q, a);
  CHECK(imported.table.id == std::vector<std::string>{"1"});
  // [4] again, [5] without an id, 2's answers, 3's image, 4 and 5 without annotation, 8 without
  // question
  CHECK(imported.skipped.size() == 7);
  CHECK(imported.table.facts.at("skipped") == "7");
  CHECK_THAT(imported.table.facts.at("skipped_ids"), Catch::Contains("\"2\""));
  CHECK_THAT(imported.table.facts.at("skipped_reasons"), Catch::Contains("has 0 answers"));
  CHECK_THAT(folder.refusal(question("2"), annotation("2", "42", "[]")),
             Catch::Contains("no row is left"));
}
