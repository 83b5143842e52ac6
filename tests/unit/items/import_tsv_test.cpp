// Tables as VLMEvalKit uses them: pictures, references to them, options, answers, what is refused.
#include "import_folder.hpp"
#include "pipeline/base/files.hpp"

using namespace vrp;

namespace {

using Strings = std::vector<std::string>;

std::string base64_of(const std::string& bytes) {
  const char* alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = (bits << 8) | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k > bytes.size() ? '=' : alphabet[(bits >> (18 - 6 * k)) & 63];
    }
  }
  return out;
}

/// Bytes that begin like a picture; `mark` tells one from another.
std::string jpeg(const std::string& mark) { return "\xFF\xD8\xFF" + mark + std::string(80, 'x'); }
std::string picture(const std::string& mark) { return base64_of(jpeg(mark)); }

struct TsvFolder : Scratch {
  ImportOptions options;
  TsvOptions tsv;
  TsvFolder() {
    options.images = root / "pictures";
    options.name = "mine";
  }
  Imported import(const std::string& text) {
    options.annotations = file("t.tsv", text);
    return import_tsv(options, tsv);
  }
  std::string refusal(const std::string& text) {
    return refusal_of([&] { import(text); });
  }
  std::string stored(const std::string& name) const { return read_text(options.images / name); }
};

const std::string kHeader = "index\timage\tquestion\tanswer\n";

std::string row(const std::string& index, const std::string& image, const std::string& answer) {
  return index + "\t" + image + "\tq" + index + "?\t" + answer + "\n";
}

}  // namespace

TEST_CASE("TSV: pictures are written as files, references show another row's", "[items][tsv]") {
  TsvFolder folder;
  const Imported imported =
      folder.import(kHeader + row("7", "9", "Yes") + row("8", picture("eight"), "No") +
                    row("9", picture("nine"), "No") + row("10", "8", "Yes"));
  const ItemTable& t = imported.table;
  REQUIRE(t.size() == 4);
  CHECK(t.image == Strings{"9.png", "8.png", "9.png", "8.png"});
  CHECK(folder.stored("8.png") == jpeg("eight"));
  CHECK(folder.stored("9.png") == jpeg("nine"));
  CHECK(t.image_hash[0] == t.image_hash[2]);
  CHECK(t.key[0] == "mine/test/7");
  CHECK(t.kind == "yes_no");
  CHECK(t.answer == Strings{"yes", "no", "no", "yes"});
  CHECK(t.type[0] == "all");
  CHECK(t.facts.at("importer") == "tsv@1");
  CHECK(t.facts.at("pictures_in_table") == "2");
  CHECK(imported.warnings.empty());
  for (const auto& entry : std::filesystem::directory_iterator(folder.options.images)) {
    CHECK(entry.path().extension() == ".png");  // no temporary file is left
  }
}

TEST_CASE("TSV: names of pictures come from image_path", "[items][tsv]") {
  TsvFolder folder;
  const std::string header = "index\timage\timage_path\tquestion\tanswer\n";
  const Imported imported =
      folder.import(header + "1\t" + picture("a") + "\tset/a.jpg\tq1\tx\n" + "2\t['" +
                    picture("b") + "']\t['set/b.jpg']\tq2\tx\n" + "3\t" + picture("a") +
                    "\tset/a.jpg\tq3\tx\n" + "4\t" + picture("d") + "\t\tq4\tx\n");
  CHECK(imported.table.image == Strings{"set/a.jpg", "set/b.jpg", "set/a.jpg", "4.png"});
  CHECK(folder.stored("set/b.jpg") == jpeg("b"));
  CHECK(Json::parse(imported.table.metadata[0]).at("image_path") == "set/a.jpg");
}

TEST_CASE("TSV: without an image column image_path names files of the folder", "[items][tsv]") {
  TsvFolder folder;
  folder.image("pictures/set/a.jpg");
  const std::string header = "index\timage_path\tquestion\tanswer\n";
  const Imported imported =
      folder.import(header + "1\tset/a.jpg\tq1\tx\n2\t['set/a.jpg']\tq2\ty\n");
  CHECK(imported.table.image == Strings{"set/a.jpg", "set/a.jpg"});
  CHECK_THAT(folder.refusal(header + "1\tset/b.jpg\tq\tx\n"),
             Catch::Contains("t.tsv:2: image 'set/b.jpg' is not in"));
  CHECK_THAT(folder.refusal(header + "1\t\tq\tx\n"),
             Catch::Contains("t.tsv:2: column 'image_path' is empty"));
  CHECK_THAT(folder.refusal(header + "1\t['a', 'b']\tq\tx\n"),
             Catch::Contains("column 'image_path' has 2 images, expected one"));
  CHECK_THAT(folder.refusal(header + "1\t../a.jpg\tq\tx\n"), Catch::Contains("leaves the folder"));
  folder.options.images = folder.root / "absent";
  CHECK_THAT(folder.refusal(header + "1\tset/a.jpg\tq\tx\n"),
             Catch::Contains("absent: is not a folder"));
  CHECK_FALSE(std::filesystem::exists(folder.root / "absent"));
}

TEST_CASE("TSV: an import repeated finds its pictures; other contents are kept", "[items][tsv]") {
  TsvFolder folder;
  const std::string text = kHeader + row("1", picture("a"), "Yes");
  const Imported first = folder.import(text), second = folder.import(text);
  CHECK(first.table.hash() == second.table.hash());
  CHECK_THAT(folder.refusal(kHeader + row("1", picture("b"), "Yes")),
             Catch::Contains("t.tsv:2: ") &&
                 Catch::Contains("1.png exists with another content than this row's picture"));
  CHECK(folder.stored("1.png") == jpeg("a"));
}

TEST_CASE("TSV: options, hints and groups", "[items][tsv]") {
  TsvFolder folder;
  const Imported imported = folder.import(
      "index\timage\thint\tquestion\tA\tB\tC\tD\tanswer\tcategory\tl2-category\tsplit\tnote\n"
      "1\t" +
      picture("a") +
      "\t\"a\thint\"\tq1\tone\ttwo\tthree\t\tB\tcolor\tattribute\tdev\tx\n"
      "2\t1\t\tq2\tone\t\tthree\tNone\tD\tcolor, size\tattribute\ttest\t\n");
  const ItemTable& t = imported.table;
  REQUIRE(t.size() == 2);
  CHECK(t.kind == "choice");
  CHECK(t.scorers.front() == "letter_vlmevalkit@1");
  CHECK(t.key == Strings{"mine/dev/1", "mine/test/2"});
  CHECK(t.hint == Strings{"a\thint", ""});
  CHECK(t.choices[0] == Strings{"one", "two", "three"});
  CHECK(t.choices[1] == Strings{"one", "", "three", "None"});
  CHECK(t.answer == Strings{"B", "D"});
  CHECK(t.type == Strings{"color", "color, size"});
  CHECK(t.metadata[0] ==
        R"({"category":"color","l2-category":"attribute","note":"x","split":"dev"})");
  CHECK(Json::parse(t.metadata[1]).at("categories") == Json({"color", "size"}));
}

TEST_CASE("TSV: kinds are told by the answers", "[items][tsv]") {
  TsvFolder folder;
  const auto kind = [&](const std::string& one, const std::string& two) {
    return folder.import(kHeader + row("1", picture("a"), one) + row("2", "1", two)).table.kind;
  };
  const std::string ten = "\"['a', \"\"it's\"\", 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']\"";
  CHECK(kind("Yes", "No") == "yes_no");
  CHECK(kind("Yes", "") == "yes_no");
  CHECK(kind("Yes", "red") == "text");
  CHECK(kind("A", "B") == "text");  // no options in this table
  CHECK(kind(ten, ten) == "vqa");
  CHECK(kind(ten, "red") == "text");
  CHECK(kind("['a']", "['b', 'c']") == "text");
  CHECK(kind("", "") == "text");
  const Imported imported = folder.import(kHeader + row("1", picture("a"), ten));
  CHECK(imported.table.answers[0] == Strings{"a", "it's", "c", "d", "e", "f", "g", "h", "i", "j"});
  CHECK(imported.table.answer[0].empty());
  CHECK(has_warning(folder.import(kHeader + row("1", picture("a"), "")), "1 of 1 items have no"));
  CHECK(has_warning(folder.import(kHeader + row("1", picture("a"), "['a', 'b']")),
                    "1 items have a list of other than ten answers"));
  CHECK(has_warning(folder.import(kHeader + row("1", picture("a"), "Yes") + row("2", "1", "No") +
                                  row("3", "1", "so")),
                    "kind text, though 2 of 3 references are yes or no"));
  folder.tsv.kind = "text";
  CHECK(kind("Yes", "No") == "text");
  folder.tsv.kind = "open";
  CHECK(folder.import(kHeader + row("1", picture("a"), "['a', 'b']")).table.answer[0] ==
        "['a', 'b']");
  folder.tsv.kind = "integer";
  CHECK_THAT(folder.refusal(kHeader + row("1", picture("a"), "two")),
             Catch::Contains("t.tsv:2: column 'answer' is 'two', expected a whole number"));
  folder.tsv.kind = "yes_no";
  CHECK_THAT(folder.refusal(kHeader + row("1", picture("a"), "maybe")),
             Catch::Contains("'maybe', expected Yes or No"));
  folder.tsv.kind = "vqa";
  CHECK_THAT(folder.refusal(kHeader + row("1", picture("a"), "['a', 'b']")),
             Catch::Contains("column 'answer' has 2 answers, expected ten"));
  CHECK_THAT(folder.refusal(kHeader + row("1", picture("a"), "red")),
             Catch::Contains("'red', expected a list of strings"));
  folder.tsv.kind = "colour";
  CHECK_THAT(folder.refusal(kHeader + row("1", picture("a"), "red")),
             Catch::Contains("unknown kind 'colour'"));
}

TEST_CASE("TSV: rows without an image are left out, counted and listed", "[items][tsv]") {
  TsvFolder folder;
  const Imported imported = folder.import(kHeader + row("1", picture("a"), "Yes") +
                                          row("2", "", "No") + row("3", "", "No"));
  CHECK(imported.table.size() == 1);
  CHECK(imported.skipped.empty());
  CHECK(imported.table.facts.at("missing_image") == R"(["2","3"])");
  CHECK(imported.table.facts.at("source_rows") == "3");
  CHECK(has_warning(imported, "2 rows have no image and are left out: 2, 3"));
  CHECK_THAT(folder.refusal(kHeader + row("1", "", "No")),
             Catch::Contains("no row is left; 1 rows have an empty image cell"));
}

TEST_CASE("TSV: the reference's reader is reproduced on request", "[items][tsv]") {
  TsvFolder folder;
  const std::string text =
      "index\timage\tquestion\tA\tB\tanswer\tcategory\n1\t" + picture("a") +
      "\tq1\t1\tNone\tA\tN/A\n2\t1\tq2\t2.50\tnone\tB\tx\n3\tNA\tq3\t3\t4\tB\tx\n";
  const Imported plain = folder.import(text.substr(0, text.find("3\tNA")));
  CHECK(plain.table.choices[0] == Strings{"1", "None"});
  CHECK(plain.table.choices[1] == Strings{"2.50", "none"});
  CHECK(plain.table.type[0] == "N/A");
  CHECK_THAT(folder.refusal(text), Catch::Contains("'NA', which is the index of no row"));
  folder.tsv.reference_reader = true;
  const Imported reference = folder.import(text);
  REQUIRE(reference.table.size() == 2);
  CHECK(reference.table.choices[0] == Strings{"1.0"});
  CHECK(reference.table.choices[1] == Strings{"2.5", "none"});
  CHECK(reference.table.type[0] == "all");
  CHECK(reference.table.facts.at("missing_image") == R"(["3"])");
  CHECK(reference.table.facts.at("reference_reader") == "yes");
}

TEST_CASE("TSV: MME as a table has pairs and MME's scorers", "[items][tsv]") {
  TsvFolder folder;
  const std::string header = "index\timage\timage_path\tquestion\tanswer\tcategory\n";
  const Imported imported =
      folder.import(header + "1\t" + picture("a") + "\tcount/a.jpg\tq1\tYes\tcount\n" +
                    "2\t1\tcount/a.jpg\tq2\tNo\tcount\n");
  CHECK(imported.table.scorers.front() == "mme@1");
  const Json first = Json::parse(imported.table.metadata[0]);
  CHECK(first.at("pair") == "count/count/a.jpg");
  CHECK(first.at("line") == 1);
  CHECK(Json::parse(imported.table.metadata[1]).at("line") == 2);
  const Imported without = folder.import("index\timage\tquestion\tanswer\tcategory\n1\t" +
                                         picture("b") + "\tq1\tYes\tcount\n");
  CHECK(has_warning(without, "acc+ needs the column image_path"));
}

TEST_CASE("TSV: malformed headers are refused", "[items][tsv]") {
  TsvFolder folder;
  CHECK_THAT(folder.refusal(""), Catch::Contains("t.tsv: the file is empty"));
  CHECK_THAT(folder.refusal("1\tx\tq?\tYes\n"),
             Catch::Contains("t.tsv:1: the header has no column 'index', found 1, x, q?, Yes"));
  CHECK_THAT(folder.refusal("index\timage\tanswer\n"), Catch::Contains("no column 'question'"));
  CHECK_THAT(folder.refusal("index\tquestion\tanswer\n"),
             Catch::Contains("neither column 'image' nor 'image_path'"));
  CHECK_THAT(folder.refusal("index\timage\tquestion\timage\n"),
             Catch::Contains("column 'image' is there twice"));
  CHECK_THAT(folder.refusal(kHeader), Catch::Contains("the table has a header and no row"));
  folder.options.annotations = folder.root / "absent.tsv";
  CHECK_THAT(refusal_of([&] { import_tsv(folder.options, folder.tsv); }),
             Catch::Contains("absent.tsv: cannot be opened: No such file"));
  folder.options.annotations = folder.root;
  CHECK_THAT(refusal_of([&] { import_tsv(folder.options, folder.tsv); }),
             Catch::Contains("is a folder"));
}

TEST_CASE("TSV: malformed rows are refused with line, column and text", "[items][tsv]") {
  TsvFolder folder;
  const std::string good = kHeader + row("1", picture("a"), "Yes");
  CHECK_THAT(folder.refusal(good + "2\t1\tq\n"),
             Catch::Contains("t.tsv:3: the row has 3 cells, the header has 4: '2\\t1\\tq'"));
  CHECK_THAT(folder.refusal(good + "2\t1\tq\tYes\tmore\n"), Catch::Contains("has 5 cells"));
  CHECK_THAT(folder.refusal(good + "\n" + row("2", "1", "No")),
             Catch::Contains("t.tsv:3: the row has 1 cells"));
  CHECK_THAT(folder.refusal(good + "2\t1\t\"q\tYes\n"), Catch::Contains("t.tsv:3: unclosed quote"));
  CHECK_THAT(folder.refusal(good + row("", "1", "No")),
             Catch::Contains("t.tsv:3: column 'index' is empty"));
  CHECK_THAT(folder.refusal(good + "2\t1\t \tNo\n"),
             Catch::Contains("t.tsv:3: column 'question' is empty"));
  CHECK_THAT(
      folder.refusal(good + row("1", picture("b"), "No")),
      Catch::Contains("t.tsv:3: index '1' was there before, at ") && Catch::Contains("t.tsv:2"));
  CHECK_THAT(folder.refusal(good + "2\t1\tq\xC3\x28\tNo\n"),
             Catch::Contains("t.tsv:3: column 'question': invalid UTF-8 at byte 2"));
  CHECK_THAT(folder.refusal(good + std::string("2\t1\tq\0\tNo\n", 9)),
             Catch::Contains("column 'question'") && Catch::Contains("NUL"));
}

TEST_CASE("TSV: pictures that are none are refused", "[items][tsv]") {
  TsvFolder folder;
  std::string bad = picture("a");
  bad[10] = '*';
  CHECK_THAT(folder.refusal(kHeader + row("1", bad, "No")),
             Catch::Contains("t.tsv:2: column 'image': bad base64: '*") &&
                 Catch::Contains("at character 11"));
  CHECK_THAT(folder.refusal(kHeader + row("1", picture("a") + "A", "No")),
             Catch::Contains("bad base64: 113 characters"));
  CHECK_THAT(
      folder.refusal(kHeader + row("1", base64_of("GIF89a" + std::string(80, 'x')), "No")),
      Catch::Contains("t.tsv:2: the picture begins with 'GIF89axx', expected a JPEG or PNG"));
  CHECK_THAT(
      folder.refusal(kHeader + row("1", "['" + picture("a") + "', '" + picture("b") + "']", "No")),
      Catch::Contains("column 'image' has 2 images, expected one"));
  CHECK_THAT(folder.refusal(kHeader + row("1", "['" + picture("a"), "No")),
             Catch::Contains("column 'image': malformed list"));
  CHECK_FALSE(std::filesystem::exists(folder.options.images / "1.png"));
  folder.tsv.check_picture = [](std::span<const std::uint8_t> bytes, const std::string& where) {
    fail(where, ": ", bytes.size(), " bytes that no decoder takes");
  };
  CHECK_THAT(folder.refusal(kHeader + row("1", picture("a"), "No")),
             Catch::Contains("t.tsv:2: 84 bytes that no decoder takes"));
  CHECK_FALSE(std::filesystem::exists(folder.options.images / "1.png"));
}

TEST_CASE("TSV: a picture's name stays inside the folder", "[items][tsv]") {
  TsvFolder folder;
  const std::string header = "index\timage\timage_path\tquestion\n";
  CHECK_THAT(folder.refusal(header + "1\t" + picture("a") + "\t../a.jpg\tq\n"),
             Catch::Contains("t.tsv:2: image '../a.jpg': leaves the folder"));
  CHECK_THAT(folder.refusal(header + "1\t" + picture("a") + "\t/tmp/a.jpg\tq\n"),
             Catch::Contains("expected a name inside"));
  CHECK_THAT(folder.refusal(kHeader + row("../1", picture("a"), "No")),
             Catch::Contains("leaves the folder"));
  CHECK_FALSE(std::filesystem::exists(folder.root / "a.jpg"));
  CHECK_FALSE(std::filesystem::exists(folder.root / "1.png"));
}

TEST_CASE("TSV: references go one step, to a row that is there", "[items][tsv]") {
  TsvFolder folder;
  const std::string good = kHeader + row("1", picture("a"), "Yes");
  CHECK_THAT(folder.refusal(good + row("2", "5", "No")),
             Catch::Contains("t.tsv:3: column 'image' is '5', which is the index of no row"));
  CHECK_THAT(folder.refusal(good + row("2", "1", "No") + row("3", "2", "No")),
             Catch::Contains("t.tsv:4: column 'image' refers to row '2', which is a reference"));
  CHECK_THAT(folder.refusal(good + row("2", "2", "No")),
             Catch::Contains("refers to row '2', which is a reference itself"));
  CHECK_THAT(folder.refusal(good + row("2", "", "No") + row("3", "2", "No")),
             Catch::Contains("'2', which is the index of no row with a picture"));
}

TEST_CASE("TSV: a letter needs its option", "[items][tsv]") {
  TsvFolder folder;
  const std::string header = "index\timage\tquestion\tA\tB\tC\tD\tanswer\n1\t" + picture("a") +
                             "\tq\tone\ttwo\tthree\tfour\tA\n";
  CHECK_THAT(folder.refusal(header + "2\t1\tq2\tone\ttwo\t\tfour\tC\n"),
             Catch::Contains("t.tsv:3: column 'answer' is 'C', which is no option of the row "
                             "(A, B, D)"));
  CHECK_THAT(folder.refusal(header + "2\t1\tq2\tone\ttwo\t\t\tE\n"), Catch::Contains("'E'"));
  CHECK_THAT(folder.refusal(header + "2\t1\tq2\t\t\t\t\tA\n"), Catch::Contains("(none)"));
  CHECK_THAT(folder.refusal(header + "2\t1\tq2\tone\ttwo\t\t\tC\n3\t1\tq3\tone\t\t\t\tone\n"),
             Catch::Contains("t.tsv:3: column 'answer' is 'C'"));  // kind text, still a letter
  folder.tsv.kind = "choice";
  CHECK_THAT(folder.refusal(header + "2\t1\tq2\tone\ttwo\t\t\tone\n"),
             Catch::Contains("column 'answer' is 'one', expected an option's letter"));
}

TEST_CASE("TSV: malformed rows can be left out", "[items][tsv]") {
  TsvFolder folder;
  folder.options.skip_bad_rows = true;
  const Imported imported =
      folder.import(kHeader + row("1", picture("a"), "Yes") + "2\t1\tq\n" +
                    row("3", "nowhere", "No") + row("4", "AAAA" + picture("b"), "No") +
                    row("5", "4", "No") + row("1", picture("c"), "No") + row("6", "1", "No"));
  CHECK(imported.table.id == Strings{"1", "6"});
  CHECK(imported.table.facts.at("skipped") == "5");
  REQUIRE(imported.skipped.size() == 5);
  CHECK_THAT(imported.skipped[1], Catch::Contains("t.tsv:5: the picture begins with"));
  CHECK(Json::parse(imported.table.facts.at("skipped_ids")) == Json({"2", "4", "1", "3", "5"}));
  CHECK_THAT(folder.refusal(kHeader + row("1", picture("a"), "Yes") + "2\t1\t\"q"),
             Catch::Contains("unclosed quote"));  // what it swallowed cannot be counted
}
