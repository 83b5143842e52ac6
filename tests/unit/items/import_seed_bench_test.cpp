// SEED-Bench: one document of questions with four choices, and what is refused where.
#include "import_folder.hpp"

using namespace vrp;

namespace {

using Strings = std::vector<std::string>;

Json question(const std::string& id, const Json& changes = Json::object()) {
  Json out = {{"answer", "C"},        {"choice_a", "One"},
              {"choice_b", "Two"},    {"choice_c", "Three"},
              {"choice_d", "Four"},   {"data_id", "123_456"},
              {"data_type", "image"}, {"question", "How many " + id + "?"},
              {"question_id", id},    {"question_type_id", 5}};
  out.update(changes);
  return out;
}

struct SeedFolder : Scratch {
  ImportOptions options;
  Strings types;
  SeedFolder() {
    image("123_456");
    options.images = root;
  }
  Imported import(const std::vector<Json>& questions) {
    return import_document(
        {{"questions", questions},
         {"question_type",
          {{"Scene Understanding", 1}, {"Instances Counting", 5}, {"Action Prediction", 11}}}});
  }
  Imported import_document(const Json& document) {
    options.annotations = file("SEED-Bench.json", document.dump());
    return import_seed_bench(options, types);
  }
  /// With the changed second question.
  std::string refusal(const Json& changes) {
    return refusal_of([&] { import({question("1"), question("2", changes)}); });
  }
  std::string refusal_without(const char* field) {
    Json second = question("2");
    second.erase(field);
    return refusal_of([&] { import({question("1"), second}); });
  }
};

Json video(const std::string& id) {
  return question(id, {{"data_type", "video"},
                       {"data_id", "v.mp4"},
                       {"question_type_id", 11},
                       {"segment", {1.5, 3}}});
}

}  // namespace

TEST_CASE("SEED-Bench: choices, letter, type by name", "[items][seed]") {
  SeedFolder folder;
  const Imported imported =
      folder.import({question("99001"), question("99002", {{"answer", "A"}})});
  const ItemTable& t = imported.table;
  REQUIRE(t.size() == 2);
  CHECK(t.kind == "choice");
  CHECK(t.scorers.front() == "letter_vlmevalkit@1");
  CHECK(t.key[0] == "seed_bench/test/99001");
  CHECK(t.choices[0] == Strings{"One", "Two", "Three", "Four"});
  CHECK(t.answer == Strings{"C", "A"});
  CHECK(t.type[0] == "Instances Counting");
  CHECK(t.image[0] == "123_456");
  const Json metadata = Json::parse(t.metadata[0]);
  CHECK(metadata.at("question_type") == "Instances Counting");
  CHECK(metadata.at("data_type") == "image");
  CHECK(t.facts.at("source_rows") == "2");
  CHECK(t.facts.at("importer") == "seed_bench@1");
  CHECK(imported.warnings.empty());
}

TEST_CASE("SEED-Bench: ids may be numbers or text", "[items][seed]") {
  SeedFolder folder;
  const Imported imported =
      folder.import({question("a", {{"question_id", 101669}}), question("v1738")});
  CHECK(imported.table.key[0] == "seed_bench/test/101669");
  CHECK(imported.table.key[1] == "seed_bench/test/v1738");
  CHECK_THAT(refusal_of([&] {
               folder.import({question("7"), question("8", {{"question_id", 7}})});
             }),
             Catch::Contains("questions[1]: question id '7'") && Catch::Contains("questions[0]"));
}

TEST_CASE("SEED-Bench: videos are left out by filter and counted", "[items][seed]") {
  SeedFolder folder;
  const Imported imported = folder.import({video("v1"), question("1"), video("v2")});
  CHECK(imported.table.size() == 1);
  CHECK(imported.skipped.empty());
  CHECK(imported.table.facts.at("excluded") == R"({"data_type video":2})");
  CHECK(has_warning(imported, "2 items of data_type video are left out"));
  CHECK_THAT(refusal_of([&] { folder.import({video("v1")}); }),
             Catch::Contains("no row is left; left out: 1 of data_type video"));
}

TEST_CASE("SEED-Bench: question types can be chosen by name or id", "[items][seed]") {
  SeedFolder folder;
  const std::vector<Json> both = {question("1"), question("2", {{"question_type_id", 1}})};
  folder.types = {"Scene Understanding"};
  const Imported by_name = folder.import(both);
  CHECK(by_name.table.type == Strings{"Scene Understanding"});
  CHECK(has_warning(by_name, "1 items of type Instances Counting are left out"));
  folder.types = {"5", "1"};
  CHECK(folder.import(both).table.size() == 2);
  folder.types = {"6"};
  CHECK_THROWS_WITH(folder.import(both), Catch::Contains("--types: unknown type '6'"));
}

TEST_CASE("SEED-Bench-2: single images, not lists of them", "[items][seed]") {
  SeedFolder folder;
  folder.image("part/a.jpg");
  const Json single = question("5_0", {{"data_type", "Single Image"},
                                       {"data_id", "part/a.jpg"},
                                       {"level", "L1"},
                                       {"subpart", "Single-Image & Text Comprehension"}});
  const Imported imported = folder.import({single});
  CHECK(imported.table.image[0] == "part/a.jpg");
  CHECK(Json::parse(imported.table.metadata[0]).at("level") == "L1");
  Json list = single;
  list["data_id"] = {"part/a.jpg", "part/b.jpg"};
  CHECK_THAT(refusal_of([&] { folder.import({list}); }),
             Catch::Contains("questions[0]: field 'data_id' is a list of 2") &&
                 Catch::Contains("expected one image"));
}

TEST_CASE("SEED-Bench: images have an extension or none, in the folder or its own",
          "[items][seed]") {
  SeedFolder folder;
  folder.image("SEED-Bench-image/7");
  folder.image("8.png");
  folder.image("SEED-Bench-image/9.jpg");
  const Imported imported =
      folder.import({question("a", {{"data_id", "7"}}), question("b", {{"data_id", 8}}),
                     question("c", {{"data_id", "9"}})});
  CHECK(imported.table.image == Strings{"SEED-Bench-image/7", "8.png", "SEED-Bench-image/9.jpg"});
  CHECK_THAT(folder.refusal({{"data_id", "10"}}),
             Catch::Contains("questions[1]: no image of data_id '10' in "));
  CHECK_THAT(folder.refusal({{"data_id", "../10"}}), Catch::Contains("leaves the folder"));
  CHECK_THAT(folder.refusal({{"data_id", "/etc/10"}}), Catch::Contains("expected a name inside"));
}

TEST_CASE("SEED-Bench: malformed items are refused with index, field and text", "[items][seed]") {
  SeedFolder folder;
  CHECK_THAT(
      folder.refusal({{"answer", "E"}}),
      Catch::Contains("SEED-Bench.json: questions[1]: field 'answer' is 'E', expected A, B"));
  CHECK_THAT(folder.refusal({{"answer", "a"}}), Catch::Contains("'answer' is 'a'"));
  CHECK_THAT(folder.refusal({{"answer", "AB"}}), Catch::Contains("'answer' is 'AB'"));
  CHECK_THAT(folder.refusal({{"answer", 1}}), Catch::Contains("'answer' is 1, expected text"));
  CHECK_THAT(folder.refusal({{"choice_c", " "}}),
             Catch::Contains("questions[1]: field 'choice_c' is ' ', expected an option's text"));
  CHECK_THAT(folder.refusal({{"choice_d", 4}}), Catch::Contains("'choice_d' is 4, expected text"));
  CHECK_THAT(folder.refusal({{"question_type_id", 13}}),
             Catch::Contains("'question_type_id' is 13, which question_type does not name"));
  CHECK_THAT(folder.refusal({{"question", ""}}), Catch::Contains("the question is empty"));
  CHECK_THAT(folder.refusal({{"question", 3}}), Catch::Contains("'question' is 3"));
  CHECK_THAT(folder.refusal({{"data_type", 3}}), Catch::Contains("'data_type' is 3"));
  CHECK_THAT(folder.refusal({{"question_id", true}}), Catch::Contains("'question_id' is true"));
  CHECK_THAT(folder.refusal({{"data_id", 1.5}}), Catch::Contains("'data_id' is 1.5"));
  for (const char* field : {"answer", "choice_a", "choice_b", "choice_c", "choice_d", "data_id",
                            "data_type", "question", "question_id", "question_type_id"}) {
    CHECK_THAT(folder.refusal_without(field),
               Catch::Contains(concat("questions[1]: field '", field, "' is missing")));
  }
}

TEST_CASE("SEED-Bench: malformed documents are refused", "[items][seed]") {
  SeedFolder folder;
  const auto refusal = [&](const Json& document) {
    return refusal_of([&] { folder.import_document(document); });
  };
  CHECK_THAT(refusal(Json::array()), Catch::Contains("expected an object with field"));
  CHECK_THAT(refusal({{"questions", Json::array({question("1")})}}),
             Catch::Contains("'question_type' is missing"));
  CHECK_THAT(refusal({{"question_type", {{"a", 1}}}}), Catch::Contains("'questions' is missing"));
  CHECK_THAT(refusal({{"questions", Json::array()}, {"question_type", {{"a", 1}}}}),
             Catch::Contains("'questions' is [], expected a list of questions"));
  CHECK_THAT(
      refusal({{"questions", Json::array({question("1")})}, {"question_type", {{"a", "b"}}}}),
      Catch::Contains("question_type 'a' is \"b\", expected an integer"));
  CHECK_THAT(refusal({{"questions", Json::array({question("1")})},
                      {"question_type", {{"a", 5}, {"b", 5}}}}),
             Catch::Contains("has id 5 twice, for 'a' and 'b'"));
  folder.options.annotations = folder.file("cut.json", R"({"questions": [{"answer")");
  CHECK_THAT(refusal_of([&] { import_seed_bench(folder.options, {}); }),
             Catch::Contains("cut.json: malformed JSON at line 1"));
  folder.options.annotations = folder.file("empty.json", "");
  CHECK_THAT(refusal_of([&] { import_seed_bench(folder.options, {}); }),
             Catch::Contains("empty.json: malformed JSON"));
}

TEST_CASE("SEED-Bench: malformed items can be left out", "[items][seed]") {
  SeedFolder folder;
  folder.options.skip_bad_rows = true;
  Json nameless = question("x");
  nameless.erase("question_id");
  const Imported imported =
      folder.import({question("1"), question("2", {{"answer", "E"}}), nameless});
  CHECK(imported.table.size() == 1);
  CHECK(imported.skipped.size() == 2);
  CHECK(imported.table.facts.at("skipped_ids") == R"(["2","questions[2]"])");
}
