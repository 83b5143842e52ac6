#include <cstddef>

#include "pipeline/base/error.hpp"
#include "stages/reduce/table.hpp"

namespace vrp {
namespace {

constexpr std::size_t kRowsOfOnePage = 40;

/// Names of signals in mathematics; any other text escaped.
std::string latex_cell(const std::string& text) {
  for (const char* name : {"H_s", "H_n", "C_k", "R"})
    if (text == name) return std::string("$") + name + "$";
  if (text == "S_SC") return "$S_{SC}$";
  if (text == "P_tok") return "$P_{tok}$";
  return latex_escape(text);
}

std::string latex_row(const std::vector<std::string>& cells) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i)
    out += (i ? " & " : "") + std::string("{}") + latex_cell(cells[i]);
  return out + " \\\\\n";
}

}  // namespace

std::string latex_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\textbackslash{}";
        break;
      case '~':
        out += "\\textasciitilde{}";
        break;
      case '^':
        out += "\\textasciicircum{}";
        break;
      case '<':
        out += "\\textless{}";
        break;
      case '>':
        out += "\\textgreater{}";
        break;
      case '|':
        out += "\\textbar{}";
        break;
      case '"':
        out += "\\textquotedbl{}";
        break;
      case '&':
      case '%':
      case '$':
      case '#':
      case '_':
      case '{':
      case '}':
        out += '\\';
        out += c;
        break;
      case '\n':
      case '\r':
        out += ' ';
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string to_latex(const Table& table) {
  std::string alignment;
  for (const bool numeric : table.numeric) alignment += numeric ? 'r' : 'l';
  const std::string columns = std::to_string(table.headers.size());
  const bool is_long = table.display.size() > kRowsOfOnePage;
  const std::string stamp =
      table.partial.empty() ? "" : "\\textbf{PARTIAL:} " + latex_escape(table.partial) + " ";
  const std::string caption =
      "\\caption{" + stamp + latex_escape(table.title) + "}\\label{tab:" + table.id + "}";
  // `{}` before a cell keeps a leading [ from being read as the optional argument of \\.
  std::string out = "% needs \\usepackage[T1]{fontenc} \\usepackage{booktabs";
  out += is_long ? ",longtable}\n" : "}\n";
  out += is_long ? "\\begin{longtable}{" + alignment + "}\n" + caption + " \\\\\n"
                 : "\\begin{table}[htbp]\n\\centering\\small\n" + caption + "\n\\begin{tabular}{" +
                       alignment + "}\n";
  out += "\\toprule\n" + latex_row(table.headers) + "\\midrule\n";
  if (is_long) out += "\\endhead\n";
  for (const auto& row : table.display) out += latex_row(row);
  if (table.display.empty()) out += "\\multicolumn{" + columns + "}{l}{No rows.} \\\\\n";
  out += "\\bottomrule\n";
  out += is_long ? "\\end{longtable}\n" : "\\end{tabular}\n";
  for (const std::string& note : table.notes)
    out += concat("\n\\par\\footnotesize ", latex_escape(note), "\n");
  if (!is_long) out += "\\end{table}\n";
  return out;
}

}  // namespace vrp
