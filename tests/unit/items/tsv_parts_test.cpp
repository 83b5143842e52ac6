// The parts of the table importer: cells and quotes, base64, list literals, the reference's reader.
#include <sstream>

#include "import_folder.hpp"
#include "pipeline/items/base64.hpp"
#include "pipeline/items/list_literal.hpp"
#include "pipeline/items/reference_reader.hpp"
#include "pipeline/items/tsv_reader.hpp"

using namespace vrp;

namespace {

using Strings = std::vector<std::string>;

std::vector<TsvRow> read_all(const std::string& text) {
  std::istringstream in(text);
  TsvReader reader(in, "t.tsv");
  std::vector<TsvRow> rows;
  for (TsvRow row; reader.next(row);) rows.push_back(row);
  return rows;
}

std::string tsv_refusal(const std::string& text) {
  return refusal_of([&] { read_all(text); });
}

std::string bytes_of(const std::string& base64) {
  const auto bytes = decode_base64(base64, "w");
  return {bytes.begin(), bytes.end()};
}

std::string base64_refusal(const std::string& text) {
  return refusal_of([&] { decode_base64(text, "w"); });
}

Strings as_reference(Strings column) {
  std::vector<std::string*> cells;
  for (auto& cell : column) cells.push_back(&cell);
  read_as_reference(cells);
  return column;
}

}  // namespace

TEST_CASE("TSV: quoted cells hold tabs, line ends and doubled quotes", "[items][tsv]") {
  const auto rows = read_all("a\tb\r\n\"1\t2\n3\"\t\"say \"\"yes\"\"\"\nx \"y\" z\tit\"s\n");
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].cells == Strings{"a", "b"});
  CHECK(rows[1].cells == Strings{"1\t2\n3", "say \"yes\""});
  CHECK(rows[2].cells == Strings{"x \"y\" z", "it\"s"});  // a quote inside an unquoted cell
  CHECK(rows[1].line == 2);
  CHECK(rows[2].line == 4);  // the row before took two lines
}

TEST_CASE("TSV: ends of cells, lines and files", "[items][tsv]") {
  CHECK(read_all("\xEF\xBB\xBFindex\tq").at(0).cells == Strings{"index", "q"});
  CHECK(read_all("a\t").at(0).cells == Strings{"a", ""});
  CHECK(read_all("\t\n").at(0).cells == Strings{"", ""});
  CHECK(read_all("a\rb\tc\r\n").at(0).cells == Strings{"a\rb", "c"});
  CHECK(read_all("\"a\"b\"c\td").at(0).cells == Strings{"ab\"c", "d"});
  CHECK(read_all("\"a\r\nb\"\tc").at(0).cells == Strings{"a\r\nb", "c"});
  CHECK(read_all("a\tb\n\n\r\n\n").size() == 1);  // empty lines at the end
  CHECK(read_all("").empty());
  CHECK(read_all("\n\n").empty());
  const auto rows = read_all("a\tb\n\n\nc\td\n\n");
  REQUIRE(rows.size() == 4);
  CHECK(rows[1].cells == Strings{""});
  CHECK(rows[2].line == 3);
  CHECK(rows[3].cells == Strings{"c", "d"});
  CHECK(rows[3].line == 4);
}

TEST_CASE("TSV: cells may be longer than the reader's buffer", "[items][tsv]") {
  const std::string big(3'000'000, 'x'), quotes(1'500'000, '"');
  std::string doubled;
  for (std::size_t i = 0; i < 2 * quotes.size(); ++i) doubled += '"';
  const auto rows = read_all("a\tb\n" + big + "\t\"" + doubled + "\"\nlast\trow\n");
  REQUIRE(rows.size() == 3);
  CHECK(rows[1].cells[0] == big);
  CHECK(rows[1].cells[1] == quotes);
  CHECK(rows[2].cells == Strings{"last", "row"});
}

TEST_CASE("TSV: an unclosed quote is an error with the line where it opened", "[items][tsv]") {
  CHECK_THAT(tsv_refusal("a\tb\n1\t\"two\nthree\n"),
             Catch::Contains("t.tsv:2: unclosed quote: the cell '\"two\\nthree"));
  CHECK_THAT(tsv_refusal("\""), Catch::Contains("t.tsv:1: unclosed quote"));
  CHECK_THAT(tsv_refusal("a\t\"b\"\"\n"), Catch::Contains("t.tsv:1: unclosed quote"));
}

TEST_CASE("base64: bytes as RFC 4648 has them", "[items][tsv]") {
  CHECK(bytes_of("TQ==") == "M");
  CHECK(bytes_of("TWE=") == "Ma");
  CHECK(bytes_of("TWFu") == "Man");
  CHECK(bytes_of("TWFuTWE=") == "ManMa");
  CHECK(bytes_of("/+8A") == std::string("\xFF\xEF\0", 3));
}

TEST_CASE("base64: what is not strictly so is refused", "[items][tsv]") {
  CHECK_THAT(base64_refusal(""), Catch::Contains("w: bad base64: no characters"));
  CHECK_THAT(base64_refusal("TWF"), Catch::Contains("3 characters ('TWF'), expected a multiple"));
  CHECK_THAT(base64_refusal("TW\nu"), Catch::Contains("'\\nu' at character 3"));
  CHECK_THAT(base64_refusal("TW u"), Catch::Contains("' u' at character 3"));
  CHECK_THAT(base64_refusal("TWF-"), Catch::Contains("'-' at character 4"));
  CHECK_THAT(base64_refusal("TQ==TWFu"), Catch::Contains("'==TWFu' at character 3"));
  CHECK_THAT(base64_refusal("T==="),
             Catch::Contains("'===' at character 2") || Catch::Contains("'=' at character 2"));
  CHECK_THAT(base64_refusal("===="), Catch::Contains("at character 1"));
  CHECK_THAT(base64_refusal("TR=="), Catch::Contains("bits are set behind the last byte"));
  CHECK_THAT(base64_refusal("TWF="), Catch::Contains("bits are set behind the last byte"));
  CHECK_THAT(base64_refusal("\xC3\xA9=="), Catch::Contains("at character 1"));
}

TEST_CASE("list literals: either quote, escapes, blanks", "[items][tsv]") {
  CHECK(parse_list_literal("['a', \"b\"]") == Strings{"a", "b"});
  CHECK(parse_list_literal(" [ 'a' ,\n'b' , ] ") == Strings{"a", "b"});
  CHECK(parse_list_literal("[\"it's\", 'say \"x\"']") == Strings{"it's", "say \"x\""});
  CHECK(parse_list_literal(R"(['it\'s', "a\"b", 'c\\d', '\n\t'])") ==
        Strings{"it's", "a\"b", "c\\d", "\n\t"});
  CHECK(parse_list_literal(R"(['\x41\u00e9\U0001F600\101\0', '\d'])") ==
        Strings{std::string("A\xC3\xA9\xF0\x9F\x98\x80"
                            "A\0",
                            9),
                "\\d"});
  CHECK(parse_list_literal("['\xC3\xA9']") == Strings{"\xC3\xA9"});
  CHECK(parse_list_literal("['', '']") == Strings{"", ""});
  CHECK(parse_list_literal("[]") == Strings{});
}

TEST_CASE("list literals: everything else is no list of strings", "[items][tsv]") {
  for (const char* text : {"",
                           "[",
                           "['a'",
                           "['a",
                           "['a\\",
                           "'a'",
                           "['a'] x",
                           "x ['a']",
                           "['a' 'b']",
                           "['a',,'b']",
                           "[,]",
                           "[1, 'a']",
                           "['a', None]",
                           "[['a']]",
                           "[u'a']",
                           "[b'a']",
                           "['a' + 'b']",
                           "['a', __import__('os')]",
                           R"(['\x4'])",
                           R"(['\uD800'])",
                           R"(['\U00110000'])",
                           R"(['\N{DASH}'])",
                           "['a\nb']",
                           "('a', 'b')",
                           "{'a'}"}) {
    INFO(text);
    CHECK_FALSE(parse_list_literal(text));
  }
  CHECK(looks_like_list(" [ 'a'"));
  CHECK(looks_like_list("[\"a"));
  CHECK_FALSE(looks_like_list("[1, 2]"));
  CHECK_FALSE(looks_like_list("[]"));
  CHECK_FALSE(looks_like_list(""));
}

TEST_CASE("the reference's reader: missing values", "[items][tsv]") {
  CHECK(as_reference({"a", "NA", "N/A", "NaN", "None", "null", "nan", "", "none", "n/a"}) ==
        Strings{"a", "", "", "", "", "", "", "", "none", "n/a"});
}

TEST_CASE("the reference's reader: columns of numbers and truth values", "[items][tsv]") {
  CHECK(as_reference({"1", "007", "-3", " 4"}) == Strings{"1", "7", "-3", "4"});
  CHECK(as_reference({"1", "", "2"}) == Strings{"1.0", "", "2.0"});
  CHECK(as_reference({"1", "None", "+2"}) == Strings{"1.0", "", "2.0"});
  CHECK(as_reference({"1", "2.50"}) == Strings{"1.0", "2.5"});
  CHECK(as_reference({"1e5", "0.00001", ".5", "3."}) == Strings{"100000.0", "1e-05", "0.5", "3.0"});
  CHECK(as_reference({"1", "two"}) == Strings{"1", "two"});
  CHECK(as_reference({"1", "2", "3 cups"}) == Strings{"1", "2", "3 cups"});
  CHECK(as_reference({"", "NA"}) == Strings{"", ""});
  CHECK(as_reference({"TRUE", "false"}) == Strings{"True", "False"});
  CHECK(as_reference({"Yes", "No"}) == Strings{"Yes", "No"});
  CHECK(as_reference({"1", "nano"}) == Strings{"1", "nano"});
}

TEST_CASE("numbers are written as Python writes them", "[items][tsv]") {
  const std::pair<double, const char*> cases[] = {{0, "0.0"},
                                                  {-0.0, "-0.0"},
                                                  {1, "1.0"},
                                                  {0.1, "0.1"},
                                                  {1e15, "1000000000000000.0"},
                                                  {1e16, "1e+16"},
                                                  {0.0001, "0.0001"},
                                                  {0.00001, "1e-05"},
                                                  {1.5e300, "1.5e+300"},
                                                  {123456789.125, "123456789.125"},
                                                  {-2.5, "-2.5"},
                                                  {9999999999999998.0, "9999999999999998.0"}};
  for (const auto& [value, text] : cases) CHECK(python_float_text(value) == text);
}
