// MME: the folder as published, and what is refused where.
#include <algorithm>

#include "import_folder.hpp"

using namespace vrp;

namespace {

const std::string kPlease = " Please answer yes or no.";
using Strings = std::vector<std::string>;

struct MmeFolder : Scratch {
  ImportOptions options;
  Strings categories;
  std::string base;  ///< of the categories, below root

  explicit MmeFolder(std::string where = "") : base(std::move(where)) {
    options.annotations = root;
    pair("count", "000000000042",
         "Is there one cup?" + kPlease + "\tYes\nAre there two cups? " + kPlease + "\tNo\n");
    pair("existence", "000000000042",
         "Is there a kettle?" + kPlease + "\tNo\r\nIs there a cup?" + kPlease + "\tYes\r\n\r\n");
    two_folders("artwork", "0007",
                "Is it by A?" + kPlease + "\tYes\nIs it by B?" + kPlease + "\tNo");
  }
  void pair(const std::string& category, const std::string& name, const std::string& text,
            const std::string& extension = ".jpg") const {
    file(base + category + "/" + name + ".txt", text);
    image(base + category + "/" + name + extension);
  }
  void two_folders(const std::string& category, const std::string& name, const std::string& text,
                   const std::string& extension = ".png") const {
    file(base + category + "/questions_answers_YN/" + name + ".txt", text);
    image(base + category + "/images/" + name + extension);
  }
  Imported import() const { return import_mme(options, categories); }
  /// With the text of one more pair.
  std::string refusal(const std::string& text) const {
    pair("color", "x", text);
    return refusal_of([&] { import(); });
  }
};

}  // namespace

TEST_CASE("MME: both layouts, keys of category, image and line", "[items][mme]") {
  const MmeFolder folder;
  const Imported imported = folder.import();
  const ItemTable& t = imported.table;
  REQUIRE(t.size() == 6);
  CHECK(t.benchmark == "mme");
  CHECK(t.kind == "yes_no");
  CHECK(t.scorers == Strings{"mme@1", "yes_no@1", "vlmevalkit@1", "mme_lmms_eval@1", "exact@1"});
  CHECK(t.key[0] == "mme/test/existence/000000000042.jpg/1");
  CHECK(t.key[3] == "mme/test/count/000000000042.jpg/2");
  CHECK(t.key[4] == "mme/test/artwork/0007.png/1");
  CHECK(t.image[4] == "artwork/images/0007.png");
  CHECK(t.image[0] == "existence/000000000042.jpg");
  CHECK(t.answer == Strings{"no", "yes", "yes", "no", "yes", "no"});
  CHECK(t.type[2] == "count");
  CHECK(t.metadata[3] == R"({"category":"count","line":2,"pair":"count/000000000042.jpg"})");
  CHECK(t.image_root == folder.root);
  CHECK(t.facts.at("importer") == "mme@1");
  CHECK(t.facts.at("source_xxh3").size() == 32);
}

TEST_CASE("MME: questions keep their request for yes or no, which is counted", "[items][mme]") {
  const MmeFolder folder;
  folder.pair("OCR", "a", "Is it a \"b\" or c? \tYes\nIs it a d?" + kPlease + "\tNo\n", ".png");
  const Imported imported = folder.import();
  CHECK(imported.table.question[2] == "Is there one cup?" + kPlease);
  CHECK(imported.table.question[3] == "Are there two cups? " + kPlease);  // two blanks
  CHECK(imported.table.facts.at("endings") == "7");
  CHECK(imported.table.facts.at("endings_with_two_spaces") == "1");
  CHECK(has_warning(imported, "1 questions do not end in ' Please answer yes or no.'"));
}

TEST_CASE("MME: the folder of categories is found one and two levels deeper", "[items][mme]") {
  for (const char* base : {"MME_Benchmark/", "MME_Benchmark_release_version/",
                           "MME_Benchmark_release_version/MME_Benchmark/"}) {
    const MmeFolder folder(base);
    const Imported imported = folder.import();
    CHECK(imported.table.size() == 6);
    CHECK(imported.table.image_root ==
          folder.root / std::string(base).substr(0, std::string(base).size() - 1));
  }
  const Scratch empty;
  ImportOptions options;
  options.annotations = empty.root;
  CHECK_THAT(refusal_of([&] { import_mme(options, {}); }),
             Catch::Contains("holds no folder of an MME category, expected some of existence"));
  options.annotations = empty.root / "absent";
  CHECK_THAT(refusal_of([&] { import_mme(options, {}); }),
             Catch::Contains("absent: is not a folder"));
}

TEST_CASE("MME: counts that differ from the published ones are warnings", "[items][mme]") {
  const MmeFolder folder;
  folder.file("count/notes.md", "not a pair");
  folder.image("count/alone.jpg");
  folder.file("count/._000000000042.txt", "of an archive");
  folder.file("__MACOSX/x", "of an archive");
  const Imported imported = folder.import();
  CHECK(imported.table.size() == 6);
  CHECK(has_warning(imported, "category count has 2 questions, the published one has 60"));
  CHECK(has_warning(imported, "category artwork has 2 questions, the published one has 400"));
  CHECK(has_warning(imported, "no folder of category color"));
  CHECK(has_warning(imported, "2 images have no text file"));  // notes.md is no text of a pair
  CHECK(imported.table.facts.at("questions_count") == "2");
}

TEST_CASE("MME: a full category gives no warning of its own", "[items][mme]") {
  MmeFolder folder;
  for (int i = 1; i < 30; ++i) {
    folder.pair("count", std::to_string(i), "One?" + kPlease + "\tYes\nTwo?" + kPlease + "\tNo\n");
  }
  folder.categories = {"count"};
  const Imported imported = folder.import();
  CHECK(imported.table.size() == 60);
  CHECK(imported.warnings.empty());
}

TEST_CASE("MME: some categories can be chosen", "[items][mme]") {
  MmeFolder folder;
  folder.categories = {"artwork", "existence"};
  const Imported imported = folder.import();
  CHECK(imported.table.size() == 4);
  CHECK(imported.table.facts.at("categories") == "artwork,existence");
  folder.categories = {"celebrity"};
  CHECK_THAT(refusal_of([&] { folder.import(); }),
             Catch::Contains("has no folder of category celebrity"));
  folder.categories = {"counts"};
  CHECK_THROWS_WITH(folder.import(), Catch::Contains("unknown category 'counts'") &&
                                         Catch::Contains("did you mean count?"));
}

TEST_CASE("MME: malformed folders are refused with file, line and text", "[items][mme]") {
  const MmeFolder folder;
  const std::string good = "Is it red?" + kPlease + "\tYes\n";
  CHECK_THAT(folder.refusal(good),
             Catch::Contains("color/x.txt: has 1 questions, expected two for its image"));
  CHECK_THAT(folder.refusal(good + "Blue?\tNo\nGreen?\tNo\n"), Catch::Contains("has 3 questions"));
  CHECK_THAT(folder.refusal(good + "Is it blue?\tno\n"),
             Catch::Contains("color/x.txt:2: the truth is 'no', expected Yes or No"));
  CHECK_THAT(folder.refusal(good + "Is it blue?\tMaybe\n"), Catch::Contains("'Maybe'"));
  CHECK_THAT(folder.refusal(good + "Is it blue? No\n"),
             Catch::Contains("x.txt:2: 'Is it blue? No' has 1 cells, expected question TAB"));
  CHECK_THAT(folder.refusal(good + "Is it\tblue?\tNo\n"), Catch::Contains("has 3 cells"));
  CHECK_THAT(folder.refusal(good + "\n" + good), Catch::Contains("x.txt:2: '' has 1 cells"));
  CHECK_THAT(folder.refusal(good + " " + kPlease + "\tNo\n"),
             Catch::Contains("x.txt:2: the question is empty"));
  CHECK_THAT(folder.refusal(good + "Is it \xC3\x28?\tNo\n"),
             Catch::Contains("x.txt:2: invalid UTF-8 at byte 7"));
  CHECK_THAT(folder.refusal(good + good), Catch::Contains("x.txt:2: question 'Is it red?") &&
                                              Catch::Contains("at line 1; --allow-duplicates"));
  CHECK_THAT(folder.refusal(" \n\n"), Catch::Contains("x.txt: the file is empty"));
}

TEST_CASE("MME: a text file needs one image", "[items][mme]") {
  const MmeFolder folder;
  const std::string text = "Is it red?\tYes\nIs it blue?\tNo\n";
  folder.file("color/y.txt", text);
  CHECK_THAT(refusal_of([&] { folder.import(); }),
             Catch::Contains("color/y.txt: no image 'y.jpg|png' in "));
  folder.image("color/y.png");
  CHECK(folder.import().table.size() == 8);
  folder.image("color/y.jpg");
  CHECK_THAT(refusal_of([&] { folder.import(); }), Catch::Contains("several images 'y.jpg|png'") &&
                                                       Catch::Contains("color/y.jpg, color/y.png"));
}

TEST_CASE("MME: unknown categories and half a layout are refused", "[items][mme]") {
  MmeFolder folder;
  folder.file("kitchen/a.txt", "");
  CHECK_THAT(refusal_of([&] { folder.import(); }),
             Catch::Contains("kitchen: unknown category 'kitchen', expected one of existence"));
  folder.options.skip_bad_rows = true;
  const Imported imported = folder.import();
  CHECK(imported.table.size() == 6);
  REQUIRE(imported.skipped.size() == 1);
  CHECK_THAT(imported.skipped[0], Catch::Contains("unknown category"));
  folder.options.skip_bad_rows = false;
  std::filesystem::remove_all(folder.root / "kitchen");
  std::filesystem::create_directory(folder.root / "count/images");
  CHECK_THAT(refusal_of([&] { folder.import(); }),
             Catch::Contains("count: has the folder images but not questions_answers_YN"));
}

TEST_CASE("MME: skipping leaves out both questions of an image", "[items][mme]") {
  MmeFolder folder;
  folder.options.skip_bad_rows = true;
  folder.pair("count", "bad", "One?" + kPlease + "\tYes\nTwo?" + kPlease + "\tTwo\n");
  folder.file("color/alone.txt", "One?\tYes\nTwo?\tNo\n");
  const Imported imported = folder.import();
  CHECK(imported.table.size() == 6);
  REQUIRE(imported.skipped.size() == 2);
  CHECK_THAT(imported.skipped[0], Catch::Contains("bad.txt:2"));
  CHECK_THAT(imported.skipped[1], Catch::Contains("alone.txt: no image"));
  CHECK(imported.table.facts.at("skipped_ids") == R"(["count/bad","color/alone"])");
  CHECK(imported.table.facts.at("skipped") == "2");
}
