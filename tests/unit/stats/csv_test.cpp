#include "pipeline/control/csv.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "pipeline/base/error.hpp"

using namespace vrp;
using Cells = std::vector<std::string>;

namespace {

// The message of the error that `action` must throw, with its exit code in front.
template <class Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return concat(static_cast<int>(error.code()), " ", error.what());
  }
  return "no error";
}

std::string parse_error(const std::string& text) {
  return message_of([&] { parse_csv(text, "t.csv"); });
}

}  // namespace

TEST_CASE("quotes, line ends and a byte-order mark are read as RFC 4180 says", "[csv]") {
  const CsvTable t = parse_csv(
      "\xEF\xBB\xBF"
      "a,\"b \"\"c\"\"\",d\r\n"
      "1,\"two\nlines\",\r\n"
      "\"x,y\", 2 ,caf\xC3\xA9\n"
      "\n"
      ",,",
      "t.csv");
  CHECK(t.header == Cells{"a", "b \"c\"", "d"});
  REQUIRE(t.rows.size() == 3);
  CHECK(t.rows[0] == Cells{"1", "two\nlines", ""});
  CHECK(t.rows[1] == Cells{"x,y", " 2 ", "caf\xC3\xA9"});
  CHECK(t.rows[2] == Cells{"", "", ""});
  CHECK(t.line == std::vector<std::int64_t>{2, 4, 6});
}

TEST_CASE("a blank line in a table of one column is an empty cell", "[csv]") {
  const CsvTable t = parse_csv("x\n1\n\n2\n\n\n", "t.csv");
  REQUIRE(t.rows.size() == 3);
  const std::vector<double> x = numeric_column(t, "x");
  CHECK(x[0] == 1);
  CHECK(std::isnan(x[1]));
  CHECK(x[2] == 2);
}

TEST_CASE("a malformed table is refused with file and line", "[csv]") {
  CHECK(parse_error("") == "7 t.csv: empty, expected a header line with column names");
  CHECK(parse_error("\n\n") == "7 t.csv: empty, expected a header line with column names");
  CHECK(parse_error("a,b\n1,2\n3\n") == "7 t.csv:3: 1 cells, expected 2 as in the header");
  CHECK(parse_error("a,b\n1,2,3\n") == "7 t.csv:2: 3 cells, expected 2 as in the header");
  CHECK(parse_error("a,b\n1,\"2\n3,4\n") == "7 t.csv:2: cell 2: its quote is never closed");
  CHECK(parse_error("a,b\n\"1\"x,2\n") ==
        "7 t.csv:2: cell 1: text after the closing quote: 'x,2\\n', expected a comma or the end of "
        "the line");
  CHECK(parse_error("a,b\n1,2\"\n").rfind("7 t.csv:2: cell 2: a quote inside '2\"'", 0) == 0);
  CHECK(parse_error("a,b\n1,2\r3,4\n") ==
        "7 t.csv:2: cell 2: a carriage return without a line feed");
  CHECK(parse_error("a,b\n1,2\n\xFF,2\n") == "7 t.csv:3: not UTF-8; save the table as UTF-8");
}

TEST_CASE("an unknown column names the nearest one", "[csv]") {
  const CsvTable t = parse_csv("entropy,correct,x,x\n", "t.csv");
  CHECK(message_of([&] { t.column("entrpy"); }) ==
        "2 t.csv: no column 'entrpy'; did you mean 'entropy'?");
  CHECK(message_of([&] { t.column("something else"); }) ==
        "2 t.csv: no column 'something else'; the columns are entropy, correct, x, x");
  CHECK(message_of([&] { t.column("x"); }) == "7 t.csv:1: two columns are named 'x'");
  CHECK(t.column("correct") == 1);
}

TEST_CASE("numbers: signs, exponents, infinities and missing cells", "[csv]") {
  const CsvTable t =
      parse_csv("x,y\n+1.5,0\n-2e-3,0\n inf ,0\n,0\nNA,0\nnan,0\nN/A,0\n1e-400,0\n", "t.csv");
  const std::vector<double> x = numeric_column(t, "x");
  CHECK(x[0] == 1.5);
  CHECK(x[1] == -2e-3);
  CHECK(std::isinf(x[2]));
  for (std::size_t i = 3; i < 7; ++i) CHECK(std::isnan(x[i]));
  CHECK(x[7] == 0);
}

TEST_CASE("a cell of the wrong kind is named", "[csv]") {
  const CsvTable t = parse_csv("x,y,g\n1,1,a\nabc,yes,\n1 2,2,c\n1e999,0.5,d\n+-1,,e\n", "t.csv");
  CHECK(message_of([&] { numeric_column(t, "x"); }) ==
        "7 t.csv:3: column 'x': 'abc' is not a number");
  CHECK(message_of([&] { binary_column(t, "y"); }) ==
        "7 t.csv:3: column 'y': 'yes' is not a number");
  CHECK(message_of([&] { text_column(t, "g", true); }) ==
        "7 t.csv:3: column 'g': '' is missing, expected a value in every row");
  CHECK(text_column(t, "g", false) == Cells{"a", "", "c", "d", "e"});
  const auto one_cell = [](const std::string& cell) {
    return message_of([&] { numeric_column(parse_csv("x,y\n" + cell + ",0\n", "t.csv"), "x"); });
  };
  CHECK(one_cell("1 2") == "7 t.csv:2: column 'x': '1 2' is not a number");
  CHECK(one_cell("1e999") == "7 t.csv:2: column 'x': '1e999' is too large for a double");
  CHECK(one_cell("+-1") == "7 t.csv:2: column 'x': '+-1' is not a number");
  CHECK(one_cell("0x10") == "7 t.csv:2: column 'x': '0x10' is not a number");
  CHECK(message_of([&] { binary_column(parse_csv("y,z\n1.0,\n0,\n2,\n", "t.csv"), "y"); }) ==
        "7 t.csv:4: column 'y': '2', expected 0 or 1");
  CHECK(binary_column(parse_csv("y,z\n1.0,\n 0,\nNA,\n", "t.csv"), "y") ==
        std::vector<std::int8_t>{1, 0, -1});
}

TEST_CASE("rows are ordered by their cells", "[csv]") {
  const CsvTable t = parse_csv("x,y\nb,1\na,2\nb,0\n", "t.csv");
  CHECK(content_order(t) == std::vector<std::size_t>{1, 2, 0});
}
