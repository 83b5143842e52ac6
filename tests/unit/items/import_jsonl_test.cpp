// Generic JSON Lines: kinds, choices, what is refused where.
#include "import_folder.hpp"

using namespace vrp;

namespace {

struct LinesFolder : Scratch {
  ImportOptions options;
  LinesFolder() {
    image("a.jpg");
    options.images = root;
    options.name = "mine";
  }
  Imported import(const std::string& text, const std::string& kind = "auto") {
    options.annotations = file("q.jsonl", text);
    return import_jsonl(options, kind);
  }
  std::string refusal(const std::string& text, const std::string& kind = "auto") {
    return refusal_of([&] { import(text, kind); });
  }
};

std::string line(const std::string& id, const std::string& rest) {
  return R"({"question_id": ")" + id + R"(", "image": "a.jpg", "text": "q)" + id + "\"" + rest +
         "}\n";
}

}  // namespace

TEST_CASE("JSON Lines: the narrowest kind that fits all references", "[items][jsonl]") {
  LinesFolder folder;
  CHECK(folder.import(line("1", R"(, "label": "Yes")") + line("2", R"(, "answer": "no")"))
            .table.kind == "yes_no");
  CHECK(
      folder.import(line("1", R"(, "answer": 3)") + line("2", R"(, "answer": "12")")).table.kind ==
      "integer");
  CHECK(folder.import(line("1", R"(, "answer": "Left")")).table.answer[0] == "left");
  CHECK(folder.import(line("1", R"(, "answer": "red")") + line("2", R"(, "answer": "no")"))
            .table.kind == "text");
  const Imported open = folder.import(line("1", R"(, "category": "scene")") + line("2", ""));
  CHECK(open.table.kind == "text");
  CHECK(open.table.type == std::vector<std::string>{"scene", "all"});
  CHECK(open.table.key[0] == "mine/test/1");
  CHECK(has_warning(open, "2 of 2 items have no reference"));
  const Imported ten = folder.import(line("1", R"(, "answers": ["a","b"], "more": {"x": 1})"));
  CHECK(ten.table.answers[0] == std::vector<std::string>{"a", "b"});
  CHECK(ten.table.metadata[0] == R"({"more":{"x":1}})");
  CHECK(has_warning(ten, "another number of human answers than ten"));
}

TEST_CASE("JSON Lines: choices and ten answers make kinds of their own", "[items][jsonl]") {
  using Strings = std::vector<std::string>;
  LinesFolder folder;
  const std::string options = R"(, "choices": ["red", "blue", 3])";
  const Imported letters =
      folder.import(line("1", options + R"(, "answer": "C")") + line("2", options));
  CHECK(letters.table.kind == "choice");
  CHECK(letters.table.choices[0] == Strings{"red", "blue", "3"});
  CHECK(letters.table.answer[0] == "C");
  CHECK(letters.table.metadata[0] == "{}");
  CHECK(folder.import(line("1", options)).table.kind == "choice");  // without any reference
  const Imported named =
      folder.import(line("1", options + R"(, "answer": "red")") + line("2", R"(, "answer": "A")"));
  CHECK(named.table.kind == "text");
  CHECK(named.table.choices[0] == Strings{"red", "blue", "3"});
  CHECK(has_warning(named, "1 items have choices, but the kind is text"));
  CHECK(folder.import(line("1", R"(, "answer": "A")")).table.kind == "text");  // no choices
  const std::string ten = R"(, "answers": ["a","a","a","a","a","a","a","a","a","b"])";
  const Imported people = folder.import(line("1", ten) + line("2", "") + line("3", ten));
  CHECK(people.table.kind == "vqa");
  CHECK(people.table.answers[0].size() == 10);
  CHECK(people.table.answer[0].empty());
  CHECK(folder.import(line("1", ten) + line("2", R"(, "answers": ["a"])")).table.kind == "text");
  CHECK(folder.import(line("1", R"(, "answers": ["yes", "no"])")).table.kind == "text");
  CHECK_THAT(folder.refusal(line("1", R"(, "answer": "A")"), "choice"),
             Catch::Contains("q.jsonl:1: answer 'A' has no option, there are 0"));
  CHECK_THAT(folder.refusal(line("1", options + R"(, "answer": "a")"), "choice"),
             Catch::Contains("answer 'a' cannot be a reference of kind choice"));
  CHECK_THAT(folder.refusal(line("1", R"(, "answers": ["a", "b"])"), "vqa"),
             Catch::Contains("q.jsonl:1: field 'answers' has 2 answers, expected ten"));
  CHECK_THAT(folder.refusal(line("1", R"(, "answer": "a")"), "vqa"),
             Catch::Contains("field 'answers' has 0 answers"));
  CHECK(folder.import(line("1", R"(, "answer": "Yes")"), "yes_no").table.answer[0] == "yes");
}

TEST_CASE("JSON Lines: malformed rows are refused", "[items][jsonl]") {
  LinesFolder folder;
  CHECK_THAT(folder.refusal(line("1", "") + line("1", "")),
             Catch::Contains("q.jsonl:2: question id '1'"));
  CHECK_THAT(folder.refusal(R"({"image": "a.jpg", "text": "q"})"),
             Catch::Contains("'question_id' is missing"));
  CHECK_THAT(folder.refusal(line("1", R"(, "answer": true)")), Catch::Contains("'answer' is true"));
  CHECK_THAT(folder.refusal(line("1", R"(, "answer": "")")), Catch::Contains("'answer' is \"\""));
  CHECK_THAT(folder.refusal(line("1", R"(, "label": "a", "answer": "b")")),
             Catch::Contains("differ"));
  CHECK_THAT(folder.refusal(line("1", R"(, "answers": "a")")),
             Catch::Contains("expected a list of answers"));
  CHECK_THAT(folder.refusal(line("1", R"(, "answers": [null])")), Catch::Contains("answers[0]"));
  CHECK_THAT(folder.refusal(line("1", R"(, "choices": ["a", ""])")), Catch::Contains("choices[1]"));
  CHECK_THAT(folder.refusal(line("1", R"(, "choices": ["a", "b"], "answer": "C")")),
             Catch::Contains("answer 'C' has no option, there are 2"));
  CHECK_THAT(folder.refusal(line("1", R"(, "category": 4)")), Catch::Contains("'category' is 4"));
  CHECK_THAT(folder.refusal(line("1", R"(, "answer": "maybe")"), "yes_no"),
             Catch::Contains("q.jsonl:1: answer 'maybe' cannot be a reference of kind yes_no"));
  CHECK_THAT(folder.refusal(line("1", ""), "colour"), Catch::Contains("unknown kind 'colour'"));
  CHECK_THAT(folder.refusal(R"({"question_id": 1, "prompt": "q", "text": "a", "answer_id": "x"})"),
             Catch::Contains("file of model answers"));
}
