// latex_program OUT: writes tables full of hostile text as OUT/NAME.tex and OUT/all.tex: every
// byte, every letter up to U+024F, other scripts, emoji, words that no column holds, and a table of
// more columns than a page has.
#include <filesystem>
#include <iostream>

#include "pipeline/base/files.hpp"
#include "pipeline/items/code_point.hpp"
#include "stages/reduce/table.hpp"

using namespace vrp;

namespace {

Table blank(const std::string& id, std::size_t texts, std::size_t numbers) {
  Table table;
  table.id = id;
  table.title = "Hostile 100 % of a_table & its {caption} \\input{x} -- ~^";
  table.partial = "--limit 20, unit 3 of \"pope\" is missing & 50% of #2";
  for (std::size_t i = 0; i < texts + numbers; ++i) {
    table.headers.push_back(i % 3 ? "R2 & [mean]" : "Interval_of a%longer heading");
    table.numeric.push_back(i >= texts);
  }
  return table;
}

void fill(Table& table, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    std::vector<std::string> row;
    for (std::size_t i = 0; i < table.headers.size(); ++i)
      row.push_back(!table.numeric[i] ? text
                    : i % 4 == 0      ? "[-0.034, +0.036]"
                    : i % 4 == 1      ? "n/a (a)"
                    : i % 4 == 2      ? "-12.5 pp"
                                      : "-");
    table.display.push_back(std::move(row));
    table.notes.push_back("(a) " + text);
  }
}

std::vector<std::string> hostile() {
  std::vector<std::string> out;
  std::string ascii, bytes, latin, longest;
  for (int c = 1; c < 128; ++c) ascii += static_cast<char>(c);
  for (int c = 128; c < 256; ++c) bytes += std::string(1, static_cast<char>(c)) + " ";
  for (std::uint32_t code = 0xA0; code < 0x250; ++code) put_code_point(latin, code);
  for (int i = 0; i < 400; ++i) longest += static_cast<char>('a' + i % 26);
  out = {ascii,
         bytes,
         latin,
         longest,
         std::string(),
         " ",
         "[",
         "]",
         "*",
         "[1ex]",
         "&&&",
         "\\\\",
         "\\end{tabular}",
         "\\end{document}",
         "%",
         "{{{",
         "}}}",
         "$x^2$",
         "~~~",
         "^^M",
         "#1",
         "--",
         "---",
         "?`!`",
         "''``",
         "-1 [-2, -3] (-4)",
         "http://example.org/a_very/long/path?x=1&y=2#z"};
  std::string scripts;
  for (const std::uint32_t code :
       {0x3B1u,  0x416u,   0x5D0u,    0x627u,  0x939u,  0x4E2Du, 0xD55Cu,  0x301u,
        0x200Bu, 0x200Fu,  0x202Eu,   0x2028u, 0xFEFFu, 0xFFFDu, 0x1F600u, 0x1F468u,
        0x200Du, 0x1F469u, 0x10FFFFu, 0x2212u, 0x2264u, 0x20ACu})
    put_code_point(scripts, code);
  out.push_back(scripts);
  std::string separate;
  for (std::uint32_t code = 0x2000; code < 0x2070; ++code) {
    put_code_point(separate, code);
    separate += ' ';
  }
  out.push_back(separate);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: latex_program OUT\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  std::vector<Table> tables = {blank("one_text", 1, 2), blank("many_texts", 6, 0),
                               blank("wide", 3, 14),    blank("too_wide", 4, 20),
                               blank("empty", 2, 2),    blank("short", 2, 3)};
  for (std::size_t i = 0; i < 4; ++i) fill(tables[i], hostile());
  tables[4].notes = {"No rows because of {this} & that."};
  fill(tables[5], {"a_name", "[x] -1"});
  for (const Table& table : tables) write_atomically(folder / (table.id + ".tex"), to_latex(table));
  write_atomically(folder / "all.tex", latex_document(tables, tables[0].partial));
  return 0;
}
