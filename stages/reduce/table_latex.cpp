#include <algorithm>
#include <cstddef>

#include "pipeline/base/error.hpp"
#include "stages/reduce/latex_layout.hpp"
#include "stages/reduce/latex_text.hpp"
#include "stages/reduce/table.hpp"

namespace vrp {
namespace {

std::string em(double width) { return fixed(width, 2) + "em"; }

std::string column_spec(const std::vector<LatexColumn>& columns) {
  std::string out = "@{}";
  for (const LatexColumn& column : columns) {
    if (!column.wraps)
      out += column.numeric ? "r" : "l";
    else
      out += concat(">{\\", column.numeric ? "raggedleft" : "raggedright", "\\arraybackslash}p{",
                    em(column.width), "}");
  }
  return out + "@{}";
}

double room_of(const LatexColumn& column) { return column.wraps ? column.width : 1000; }

/// `{}` before a cell keeps a leading [ from being read as the optional argument of \\.
std::string row_of(const std::vector<std::string>& cells, const std::vector<LatexColumn>& columns) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i)
    out += (i ? " & {}" : "{}") + latex_cell(cells[i], room_of(columns[i]));
  return out + " \\\\\n";
}

std::string heading_row(const std::vector<LatexColumn>& columns) {
  std::string out;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const LatexColumn& column = columns[c];
    if (c > 0) out += " & ";
    const bool stacked = column.heading.size() > 1;
    if (stacked) out += concat("\\begin{tabular}[b]{@{}", column.numeric ? "r" : "l", "@{}}");
    for (std::size_t i = 0; i < column.heading.size(); ++i)
      out += (i ? "\\\\{}" : "{}") + latex_cell(column.heading[i], 1000);
    if (stacked) out += "\\end{tabular}";
  }
  return out + " \\\\\n";
}

std::string notes_text(const Table& table) {
  std::string out;
  for (const std::string& note : table.notes)
    out += concat("\\noindent ", latex_text(note), "\\par\n");
  return out;
}

std::string caption_of(const Table& table) {
  const std::string stamp =
      table.partial.empty() ? "" : "\\textbf{PARTIAL:} " + latex_text(table.partial) + ". ";
  const std::string title = latex_text(table.title);
  return concat("\\caption[", title, "]{", stamp, title, "}\\label{tab:", table.id, "}");
}

}  // namespace

std::string to_latex(const Table& table) {
  const LatexLayout layout = latex_layout(table);
  const std::string spec = column_spec(layout.columns), heading = heading_row(layout.columns);
  std::string body;
  for (const auto& row : table.display) body += row_of(row, layout.columns);
  const std::string columns = std::to_string(std::max<std::size_t>(table.headers.size(), 1));
  if (table.display.empty()) body = concat("\\multicolumn{", columns, "}{l}{No rows.} \\\\\n");
  const std::string width = layout.sideways ? "25.7 cm, a page turned sideways" : "17.0 cm";
  std::string out =
      concat("% ", table.id, ": for a text width of ", width,
             ". Preamble: \\usepackage[T1]{fontenc} \\usepackage{array,booktabs,longtable}\n");
  if (layout.is_long) {
    out += concat("{", layout.size, "\\setlength{\\tabcolsep}{3pt}\\setlength{\\LTcapwidth}",
                  "{\\linewidth}\n\\begin{longtable}{", spec, "}\n", caption_of(table),
                  "\\\\\n\\toprule\n", heading, "\\midrule\n\\endfirsthead\n\\multicolumn{",
                  columns, "}{@{}l}{", latex_text(table.id), ", continued",
                  table.partial.empty() ? "" : " (PARTIAL)", "}\\\\\n\\toprule\n", heading,
                  "\\midrule\n\\endhead\n", body, "\\bottomrule\n\\end{longtable}}\n");
    return out + concat("{\\footnotesize\\raggedright\n", notes_text(table), "}\n");
  }
  out += concat("\\begin{table}[htbp]\n\\centering", layout.size, "\\setlength{\\tabcolsep}{3pt}\n",
                caption_of(table), "\n\\begin{tabular}{", spec, "}\n\\toprule\n", heading,
                "\\midrule\n", body, "\\bottomrule\n\\end{tabular}\n");
  if (!table.notes.empty())
    out += concat("\\par\\medskip\\begin{minipage}{\\linewidth}\\footnotesize\\raggedright\n",
                  notes_text(table), "\\end{minipage}\n");
  return out + "\\end{table}\n";
}

std::string latex_document(const std::vector<Table>& tables, const std::string& partial) {
  std::string out =
      "% Every table of a run: pdflatex all.tex (twice for the list of tables).\n"
      "\\documentclass[10pt,a4paper]{article}\n"
      "\\usepackage[T1]{fontenc}\n"
      "\\IfFileExists{lmodern.sty}{\\usepackage{lmodern}}{}\n"
      "\\usepackage{array,booktabs,longtable}\n"
      "\\usepackage[margin=2cm]{geometry}\n"
      "\\usepackage{pdflscape}\n"
      "\\pagestyle{myheadings}\n";
  if (!partial.empty())
    out += concat("\\markright{\\textbf{PARTIAL:} ", latex_text(partial), "}\n");
  out += "\\begin{document}\n\\listoftables\n";
  for (const Table& table : tables) {
    const bool sideways = latex_layout(table).sideways;
    out += concat("\\clearpage\n", sideways ? "\\begin{landscape}\n" : "", "\\input{", table.id,
                  "}\n", sideways ? "\\end{landscape}\n" : "");
  }
  return out + "\\end{document}\n";
}

}  // namespace vrp
