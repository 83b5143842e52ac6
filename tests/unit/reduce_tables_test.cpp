#include <catch2/catch.hpp>

#include "pipeline/base/error.hpp"
#include "stages/reduce/paper.hpp"
#include "stages/reduce/table.hpp"

using namespace vrp;

namespace {

Table small() {
  return {.id = "small",
          .title = "A small_table",
          .columns = {"name", "n", "value"},
          .rows = {},
          .headers = {"Name", "n", "Value"},
          .numeric = {false, true, true},
          .display = {},
          .notes = {},
          .partial = {},
          .entity = {}};
}

}  // namespace

TEST_CASE("undefined values are empty in CSV, null in JSON and n/a for people", "[tables]") {
  Table table = small();
  const double nan = std::nan("");
  table.add({std::string("a,\"b\""), std::int64_t{0}, nan}, {"a", "0", fixed(nan, 3)});
  CHECK(to_csv(table) == "name,n,value,partial\n\"a,\"\"b\"\"\",0,,0\n");
  CHECK(to_json(table)["rows"][0]["value"].is_null());
  CHECK(to_markdown(table).find("| n/a |") != std::string::npos);
}

TEST_CASE("a partial run is stamped on every form of a table", "[tables]") {
  Table table = small();
  table.partial = "made with --limit 5";
  table.add({std::string("a"), std::int64_t{1}, 0.5}, {"a", "1", "0.5"});
  CHECK(to_csv(table).find("a,1,0.5,1\n") != std::string::npos);
  CHECK(to_markdown(table).find("**PARTIAL:** made with --limit 5") != std::string::npos);
  CHECK(to_latex(table).find("\\textbf{PARTIAL:} made with -{}-limit 5") != std::string::npos);
  CHECK(to_json(table)["partial"] == "made with --limit 5");
}

TEST_CASE("numbers are printed as methods ask", "[tables]") {
  CHECK(fixed(-0.0004, 3) == "0.000");
  CHECK(fixed(-0.0004, 3, true) == "+0.000");
  CHECK(fixed(0.1234, 3, true) == "+0.123");
  CHECK(fixed(-0.1234, 3, true) == "-0.123");
  CHECK(fixed(std::numeric_limits<double>::infinity(), 2) == "n/a");
  CHECK(p_text(0.0004) == "<0.001");
  CHECK(p_text(0.05) == "0.050");
  CHECK(p_text(std::nan("")) == "n/a");
  CHECK(interval_text(0.1, 0.2, 2) == "[0.10, 0.20]");
  CHECK(interval_text(0.1, std::nan(""), 2) == "n/a");
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(-0.0) == "0");
  CHECK(number_text(std::nan("")).empty());
}

TEST_CASE("LaTeX text is escaped and tables are closed", "[tables]") {
  for (const std::size_t rows : {std::size_t{0}, std::size_t{3}, std::size_t{100}}) {
    Table table = small();
    for (std::size_t i = 0; i < rows; ++i)
      table.add({std::string("[x_1]"), std::int64_t{1}, 0.5}, {"[x_1]", "1", "0.5"});
    table.notes = {"50 % of {all}"};
    const std::string text = to_latex(table);
    const auto count = [&](const std::string& what) {
      std::size_t found = 0;
      for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
        ++found;
      return found;
    };
    CHECK(count("\\begin{") == count("\\end{"));
    for (const char* rule : {"\\bottomrule", "\\caption[", "\\label{tab:small}"})
      CHECK(count(rule) == 1);
    const bool is_long = rows > 40;  // its heading is repeated on every page
    for (const char* rule : {"\\toprule", "\\midrule"}) CHECK(count(rule) == (is_long ? 2 : 1));
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\') {
        ++i;  // an escaped brace, or a command's first letter
        continue;
      }
      depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
      REQUIRE(depth >= 0);
    }
    CHECK(depth == 0);
    CHECK(count("\\\\") >= rows + 1);
    CHECK(count("\\begin{longtable}{") == (is_long ? 1 : 0));
  }
}

TEST_CASE("Markdown cells cannot break the table or carry HTML", "[tables]") {
  CHECK(markdown_escape("a|b\n<script>") == "a\\|b \\<script\\>");
  CHECK(markdown_escape("demo_pope _x_ &lt; $y$ ~~z~~ #") ==
        "demo_pope \\_x\\_ \\&lt; \\$y\\$ \\~\\~z\\~\\~ \\#");
  CHECK(markdown_escape("\x07\xff") == "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("a row of another length is refused", "[tables]") {
  Table table = small();
  CHECK_THROWS_AS(table.add({std::string("a")}, {}), Error);
  CHECK_THROWS_AS(table.add({std::string("a"), std::int64_t{1}, 1.0}, {"a"}), Error);
}

TEST_CASE("the paper's figure is that of its own table, model and set", "[tables][paper]") {
  CHECK(paper_figure("T8", "llava-1.5-7b", "pope_adversarial", "s_sc", "auroc")->value == 0.784);
  CHECK(paper_figure("T7", "paligemma-3b", "pope", "s_sc", "auroc")->value == 0.81);
  CHECK(paper_figure("T7", "qwen2-vl-7b", "pope", "s_sc", "auroc")->value == 0.79);
  CHECK(paper_figure("T4", "qwen2-vl-7b", "pooled", "h_s", "r")->value == -0.012);
  CHECK(paper_figure("T4", "llava-1.5-7b", "pope", "h_s", "r") == nullptr);
  CHECK(paper_figure("T8", "qwen2-vl-7b", "pope", "s_sc", "auroc") == nullptr);
  CHECK(paper_figure("T8", "llava-1.5-7b", "counting", "s_sc", "auroc") == nullptr);
}
