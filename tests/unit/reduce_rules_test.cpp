// What every row and every cell of a table says: completeness for machines, reasons for people,
// text and layout for LaTeX.
#include <catch2/catch.hpp>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "stages/reduce/latex_layout.hpp"
#include "stages/reduce/latex_text.hpp"
#include "stages/reduce/long_table.hpp"
#include "stages/reduce/stat_cells.hpp"
#include "stages/reduce/table_rules.hpp"

using namespace vrp;

namespace {

Table people_table() {
  Table table;
  table.id = "small";
  table.headers = {"Name", "n", "Value"};
  table.numeric = {false, true, true};
  return table;
}

Cell cell_of(const Table& table, std::size_t row, const std::string& column) {
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    if (table.columns[i] == column) return table.rows[row][i];
  fail("no column ", column);
}

std::string text_of(const Table& table, std::size_t row, const std::string& column) {
  return std::get<std::string>(cell_of(table, row, column));
}

TableValue number(double estimate) {
  TableValue value;
  value.model = "demo";
  value.benchmark = "pope";
  value.statistic = "accuracy";
  value.n = 10;
  value.estimate = estimate;
  value.method = "correct / n";
  return value;
}

Table completed(const TableValue& value) {
  RunFacts facts;
  Table table = long_table("small", "Small", facts);
  add_value(table, value);
  adjust_within(table, "small");
  complete_rows(table, 7, "default");
  return table;
}

}  // namespace

TEST_CASE("a cell without a number carries the letter of its reason, each reason is one note",
          "[tables][people]") {
  Table table = people_table();
  People people(table);
  people.add({"one", "3", people.cell("n/a", "constant")}, "no items");
  people.add({"two", "n/a", "n/a"}, "no items");
  people.add({"three", "4", people.cell("0.500", "constant", true)});
  people.add({"four", "4", "-"});
  people.write();
  CHECK(table.display[0] == std::vector<std::string>{"one", "3", "n/a (a)"});
  CHECK(table.display[1] == std::vector<std::string>{"two", "n/a (b)", "n/a (b)"});
  CHECK(table.display[2][2] == "0.500 (a)");
  REQUIRE(table.notes.size() == 3);
  CHECK(table.notes[0] == "(a) constant.");
  CHECK(table.notes[1] == "(b) no items.");
  CHECK(table.notes[2] == "'-': does not apply to the row.");
  CHECK_THROWS_AS(people.add({"short"}), Error);
}

TEST_CASE("letters of notes go on after z", "[tables][people]") {
  CHECK(note_letter(0) == "a");
  CHECK(note_letter(25) == "z");
  CHECK(note_letter(26) == "aa");
  CHECK(note_letter(27) == "ab");
  CHECK(note_letter(26 * 27) == "aaa");
}

TEST_CASE("a missing reason is printed as missing, not hidden", "[tables][people]") {
  Table table = people_table();
  People people(table);
  people.add({"one", "3", "n/a"}, "  ");
  people.write();
  CHECK(table.notes[0] == "(a) no reason was recorded.");
  const Table machine = completed(number(std::nan("")));
  CHECK(text_of(machine, 0, "note") == "no reason was recorded");
}

TEST_CASE("every row says what its interval and test are, or why there is none",
          "[tables][rules]") {
  const Table plain = completed(number(0.5));
  CHECK(says_none(text_of(plain, 0, "interval")));
  CHECK(says_none(text_of(plain, 0, "test")));
  CHECK(says_none(text_of(plain, 0, "family")));
  CHECK(std::get<std::int64_t>(cell_of(plain, 0, "seed")) == 7);

  TableValue tested = number(0.5);
  tested.low = 0.4;
  tested.high = 0.6;
  tested.interval = "Wilson";
  tested.p = 0.02;
  tested.test = "McNemar";
  const Table whole = completed(tested);
  CHECK(text_of(whole, 0, "interval") == "Wilson");
  CHECK(text_of(whole, 0, "test") == "McNemar");
  CHECK(std::get<double>(cell_of(whole, 0, "p_adjusted")) == 0.02);
  CHECK(text_of(whole, 0, "family") == "exploratory small/demo (Benjamini-Hochberg, m = 1)");

  tested.estimate = tested.p = std::nan("");
  tested.note = "one class";
  const Table undefined = completed(tested);
  CHECK(std::isnan(std::get<double>(cell_of(undefined, 0, "low"))));
  CHECK(text_of(undefined, 0, "interval") == "none: no estimate");
  CHECK(text_of(undefined, 0, "test") == "none: not defined (McNemar)");
  CHECK(std::isnan(std::get<double>(cell_of(undefined, 0, "p_adjusted"))));
}

TEST_CASE("p of a table without a declared family are adjusted among themselves, by model",
          "[tables][rules]") {
  RunFacts facts;
  Table table = long_table("small", "Small", facts);
  for (const double p : {0.01, 0.04, std::nan("")}) {
    TableValue value = number(0.5);
    value.p = p;
    add_value(table, value);
  }
  TableValue other = number(0.5);
  other.model = "second";
  other.p = 0.04;
  add_value(table, other);
  adjust_within(table, "small");
  CHECK(std::get<double>(cell_of(table, 0, "p_adjusted")) == Approx(0.02));
  CHECK(std::get<double>(cell_of(table, 1, "p_adjusted")) == Approx(0.04));
  CHECK(std::isnan(std::get<double>(cell_of(table, 2, "p_adjusted"))));
  CHECK(std::get<double>(cell_of(table, 3, "p_adjusted")) == Approx(0.04));
  CHECK(text_of(table, 1, "family").ends_with("demo (Benjamini-Hochberg, m = 2)"));
}

TEST_CASE("cells of statistics: no number has its reason, what is not tested is a dash",
          "[tables][people]") {
  Table table = people_table();
  People people(table);
  const StatCells cells(people);
  StatRow row;
  row.statistic = "r";
  row.estimate = -0.0123;
  row.low = -0.034;
  row.high = 0.036;
  row.p = 0.0004;
  row.test = "t";
  const AdjustedP adjusted{0.03, "primary"};
  CHECK(cells.value({&row, &adjusted}) == "-0.012");
  CHECK(cells.limits({&row, &adjusted}) == "[-0.034, 0.036]");
  CHECK(cells.p({&row, &adjusted}) == "<0.001");
  CHECK(cells.adjusted({&row, &adjusted}) == "0.030");
  CHECK(cells.value({}) == "-");
  row.test.clear();
  CHECK(cells.p({&row, &adjusted}) == "-");
  StatRow constant = row;
  constant.estimate = constant.low = constant.p = std::nan("");
  constant.test = "t";
  constant.note = "constant signal";
  CHECK(cells.value({&constant, &adjusted}) == "n/a (a)");
  CHECK(cells.p({&constant, &adjusted}) == "n/a (a)");
  StatRow share = row;
  share.statistic = "precision_at_sc1";
  share.estimate = 0.908;
  share.low = 0.884;
  share.high = 0.928;
  CHECK(cells.value({&share, &adjusted}) == "90.8 %");
  CHECK(cells.limits({&share, &adjusted}) == "[88.4, 92.8]");
}

TEST_CASE("LaTeX text holds no command of its own, no ligature and no letter T1 lacks",
          "[tables][latex]") {
  CHECK(latex_text("a_b & 50% $x {y} #1 ~^\\ <>|\"") ==
        "a\\_b \\& 50\\% \\$x \\{y\\} \\#1 \\textasciitilde{}\\textasciicircum{}"
        "\\textbackslash{} \\textless{}\\textgreater{}\\textbar{}\\textquotedbl{}");
  CHECK(latex_text("--limit ''x'' ,, ?` !`") == "-{}-limit '{}'x'{}' ,{}, ?{}` !{}`");
  CHECK(latex_text("[-0.03, -1] a-1 -x") == "[$-$0.03, $-$1] a-1 -x");
  CHECK(latex_text("caf\xC3\xA9 \xF0\x9F\x98\x80 \xFF \x07 a\nb") ==
        "caf\xC3\xA9 [U+1F600] [0xFF] [U+0007] a b");
  CHECK(latex_text("a_very_long_word_indeed").find("\\allowbreak{}") != std::string::npos);
  CHECK(latex_text(std::string(40, 'x')).find("\\allowbreak{}") != std::string::npos);
  CHECK(latex_cell("H_s") == "$H_s$");
  CHECK(latex_cell("-") == "\\textendash{}");
}

TEST_CASE("wide tables turn sideways and wrap their texts, long ones break over pages",
          "[tables][latex]") {
  Table table = people_table();
  table.display = {{"a name", "10", "0.123"}};
  const LatexLayout small = latex_layout(table);
  CHECK_FALSE(small.sideways);
  CHECK_FALSE(small.is_long);
  CHECK(small.size == "\\small");
  table.headers.assign(20, "Interval of it");
  table.numeric.assign(20, true);
  table.numeric[0] = false;
  table.display = {std::vector<std::string>(20, "[-0.034, 0.036]")};
  table.display[0][0] = std::string(200, 'x') + " " + std::string(200, 'y');
  const LatexLayout wide = latex_layout(table);
  CHECK(wide.sideways);
  CHECK(wide.columns[0].wraps);
  double em = 0;
  for (const LatexColumn& column : wide.columns) em += column.width;
  CHECK(em * 7.33 + 19 * 6 <= kSidewaysWidth + 1e-6);
  Table tall = people_table();
  tall.display.assign(80, {"a", "1", "0.5"});
  CHECK(latex_layout(tall).is_long);
}
