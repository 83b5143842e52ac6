// LLaVA-Bench: both versions, their references and contexts, and what is refused where.
#include "import_folder.hpp"

using namespace vrp;

namespace {

std::string ask(const std::string& id, const std::string& image = "002.jpg",
                const std::string& category = "conv") {
  return concat(R"({"question_id": )", id, R"(, "image": ")", image, R"(", "category": ")",
                category, R"(", "text": "What is on shelf )", id == "\"1\"" ? "1" : id, "?\"}\n");
}
std::string tell(const std::string& id, const std::string& category = "conv") {
  return concat(R"({"question_id": )", id, R"(, "text": "Two clocks.", "category": ")", category,
                "\"}\n");
}
std::string caption(const std::string& id, const std::string& text = "\"A shelf.\"") {
  return concat(R"({"id": ")", id, R"(", "image": ")", id, R"(.jpg", "caption": )", text, "}\n");
}

struct BenchFolder : Scratch {
  ImportOptions options;
  LlavaBenchFiles files;
  std::string questions = ask("3") + ask("4", "003.jpg", "detail");
  std::string references = tell("4", "detail") + tell("3");
  std::string context = caption("002") + caption("003", R"(["A.", "B."])");
  BenchFolder() {
    image("002.jpg");
    image("003.jpg");
    image("val2014/COCO_val2014_000000000042.jpg");
    options.images = root;
  }
  Imported import() {
    options.annotations = file("questions.jsonl", questions);
    file("answers_gpt4.jsonl", references);
    file("context.jsonl", context);
    return import_llava_bench(options, files);
  }
  std::string refusal() {
    return refusal_of([&] { import(); });
  }
};

}  // namespace

TEST_CASE("LLaVA-Bench in the wild: answers by id, contexts by image", "[items][open]") {
  BenchFolder folder;
  for (const bool windows : {false, true}) {
    if (windows) {
      folder.questions = "\xEF\xBB\xBF" + ask("3");
      folder.questions.insert(folder.questions.size() - 1, "\r");
      folder.questions += ask("4", "003.jpg", "detail");
      folder.questions.pop_back();
    }
    const Imported imported = folder.import();
    const ItemTable& t = imported.table;
    REQUIRE(t.size() == 2);
    CHECK(t.benchmark == "llava_bench_in_the_wild");
    CHECK(t.kind == "open");
    CHECK(t.scorers == std::vector<std::string>{"judge@1", "rouge_l@1"});
    CHECK(t.key[0] == "llava_bench/in_the_wild/3");
    CHECK(t.image[1] == "003.jpg");
    CHECK(t.question[1] == "What is on shelf 4?");
    CHECK(t.answer[0] == "Two clocks.");
    CHECK(t.type == std::vector<std::string>{"conv", "detail"});
    CHECK(Json::parse(t.metadata[0])["context"] == "A shelf.");
    CHECK(Json::parse(t.metadata[1])["context"] == "A.\nB.");
    CHECK(Json::parse(t.metadata[1])["category"] == "detail");
    CHECK(t.facts.at("importer") == "llava_bench@1");
    CHECK(t.facts.at("references") == "answers_gpt4.jsonl");
    CHECK(has_warning(imported, "2 questions, the published file has 60"));
  }
}

TEST_CASE("LLaVA-Bench COCO: captions and boxes, photographs of val2014", "[items][open]") {
  BenchFolder folder;
  const std::string line =
      R"({"id": "000000000042", "image": "000000000042.jpg", "captions": ["A cup.", "Cups."], )"
      R"("instances": [{"category": "cup", "bbox": [0.1, 0.25, 0.5, 1.0]}]})";
  folder.file("coco/qa90_gpt4_answer.jsonl", tell("0"));
  folder.file("coco/caps_boxes_coco2014_val_80.jsonl", line);
  folder.options.annotations =
      folder.file("coco/qa90_questions.jsonl", ask("0", "000000000042.jpg"));
  const Imported imported = import_llava_bench(folder.options, {});
  const ItemTable& t = imported.table;
  CHECK(t.benchmark == "llava_bench_coco");
  CHECK(t.key[0] == "llava_bench/coco/0");
  CHECK(t.image[0] == "val2014/COCO_val2014_000000000042.jpg");
  CHECK(t.group[0] == "COCO_val2014_000000000042");
  CHECK(Json::parse(t.metadata[0])["context"] == "A cup.\nCups.\n\ncup: [0.1, 0.25, 0.5, 1.0]");
  CHECK(has_warning(imported, "1 questions, the published file has 90"));
  const auto boxed = [&](const std::string& from, const std::string& to) {
    std::string bad = line;
    bad.replace(bad.find(from), from.size(), to);
    folder.file("coco/caps_boxes_coco2014_val_80.jsonl", bad);
    return refusal_of([&] { import_llava_bench(folder.options, {}); });
  };
  CHECK_THAT(boxed("1.0]", "1.5]"), Catch::Contains("val_80.jsonl:1: instances[0]: field 'bbox'") &&
                                        Catch::Contains("fractions 0..1"));
  CHECK_THAT(boxed("0.1, ", ""), Catch::Contains("expected four corners"));
  CHECK_THAT(boxed("\"category\"", "\"x\""), Catch::Contains("'category' is missing"));
  CHECK_THAT(boxed(R"(["A cup.", "Cups."])", "[1]"), Catch::Contains("'captions' is [1]"));
}

TEST_CASE("LLaVA-Bench: malformed and unequal files are refused", "[items][open]") {
  const auto refused = [](const std::function<void(BenchFolder&)>& change) {
    BenchFolder folder;
    change(folder);
    return folder.refusal();
  };
  CHECK_THAT(refused([](auto& f) { f.questions += ask("5", "002.jpg", "easy"); }),
             Catch::Contains("questions.jsonl:3: field 'category' is 'easy', expected conv"));
  CHECK_THAT(refused([](auto& f) { f.questions += ask("5"); }),
             Catch::Contains("questions.jsonl:3: question_id '5' has no answer in"));
  CHECK_THAT(refused([](auto& f) { f.references += tell("5"); }),
             Catch::Contains("answers_gpt4.jsonl:3: question_id '5' has no question in"));
  CHECK_THAT(refused([](auto& f) { f.references += tell("3"); }),
             Catch::Contains("answers_gpt4.jsonl:3: question_id '3' was there before, at"));
  CHECK_THAT(refused([](auto& f) { f.references = tell("4", "detail") + tell("3", "detail"); }),
             Catch::Contains(":1: field 'category' is 'conv', but") && Catch::Contains("'detail'"));
  CHECK_THAT(refused([](auto& f) {
               f.references = tell("4", "detail") + R"({"question_id": 3, "text": " "})";
             }),
             Catch::Contains("answers_gpt4.jsonl:2: field 'text' is empty"));
  CHECK_THAT(refused([](auto& f) { f.context = caption("002"); }),
             Catch::Contains("questions.jsonl:2: image '003.jpg' has no line in"));
  CHECK_THAT(refused([](auto& f) { f.context += caption("002"); }),
             Catch::Contains("context.jsonl:3: image '002' was there before, at"));
  CHECK_THAT(refused([](auto& f) { f.context += caption("004", "7"); }),
             Catch::Contains("context.jsonl:3: field 'caption' is 7, expected text or a list"));
  CHECK_THAT(refused([](auto& f) { f.context += caption("004", "[]"); }),
             Catch::Contains("'caption' is []"));
  CHECK_THAT(refused([](auto& f) { f.questions += f.questions; }),
             Catch::Contains("questions.jsonl:3: question id '3' of split 'in_the_wild' was"));
  CHECK_THAT(refused([](auto& f) {
               f.questions = ask("3", "../002.jpg") + ask("4", "003.jpg", "detail");
             }),
             Catch::Contains("leaves the folder"));
  CHECK_THAT(refused([](auto& f) { f.questions += "{oops\n"; }),
             Catch::Contains("questions.jsonl:3: malformed JSON"));
  CHECK_THAT(refused([](auto& f) { f.questions = ""; }), Catch::Contains("the file is empty"));
  CHECK_THAT(refused([](auto& f) { std::filesystem::remove(f.root / "003.jpg"); }),
             Catch::Contains("questions.jsonl:2: image '003.jpg' is not in"));
  const BenchFolder folder;
  ImportOptions options = folder.options;
  options.annotations = folder.file("alone/questions.jsonl", folder.questions);
  CHECK_THAT(refusal_of([&] { import_llava_bench(options, {}); }),
             Catch::Contains("beside it is none of answers_gpt4.jsonl, qa90_gpt4_answer.jsonl; "
                             "--references names the file"));
  CHECK(import_llava_bench(options, {folder.file("r.jsonl", folder.references),
                                     folder.file("c.jsonl", folder.context)})
            .table.size() == 2);
}

TEST_CASE("LLaVA-Bench: skip leaves out what cannot be used", "[items][open]") {
  BenchFolder folder;
  folder.options.skip_bad_rows = true;
  folder.questions += ask("5");
  folder.references += tell("6") + "{oops\n";
  const Imported imported = folder.import();
  CHECK(imported.table.size() == 2);
  CHECK(imported.skipped.size() == 3);
}
