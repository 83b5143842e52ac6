#include "stages/reduce/latex_layout.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/text.hpp"
#include "stages/reduce/latex_text.hpp"

namespace vrp {
namespace {

constexpr double kSeparation = 6.0;  ///< pt between two columns: twice \tabcolsep
constexpr double kSafety = 1.03;     ///< widths are estimates
constexpr double kNarrowText = 9.0;  ///< em: a text column is not made narrower

struct Size {
  const char* command;
  double em, line;  ///< pt, in a 10pt document
};
constexpr Size kSmall{"\\small", 9.25, 11}, kFootnote{"\\footnotesize", 8.5, 9.5},
    kScript{"\\scriptsize", 7.97, 8}, kSix{"\\fontsize{6}{7}\\selectfont", 7.33, 7};

struct Try {
  bool sideways;
  Size size;
  bool wrap;
};
constexpr Try kTries[] = {
    {false, kSmall, false},   {false, kFootnote, false}, {false, kFootnote, true},
    {false, kScript, false},  {false, kScript, true},    {true, kSmall, false},
    {true, kFootnote, false}, {true, kFootnote, true},   {true, kScript, false},
    {true, kScript, true},    {true, kSix, false},       {true, kSix, true}};

/// A heading in lines no wider than `width` em; a wider word goes over several lines, letter by
/// letter.
std::vector<std::string> broken(const std::string& heading, double width) {
  std::vector<std::string> lines;
  for (const std::string& word : split(heading, ' ')) {
    if (!lines.empty() && latex_width(lines.back() + ' ' + word) <= width) {
      lines.back() += ' ' + word;
      continue;
    }
    lines.emplace_back();
    for (const char c : word) {
      const bool starts = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
      if (starts && !lines.back().empty() && latex_width(lines.back() + c) > width + 0.01)
        lines.emplace_back();
      lines.back() += c;
    }
  }
  return lines;
}

double longest_word(const std::string& text) {
  double width = 0;
  for (const std::string& word : split(text, ' ')) width = std::max(width, latex_width(word));
  return width;
}

struct Extent {
  double natural = 0, least = 0;  ///< em
};

std::vector<Extent> extents(const Table& table) {
  std::vector<Extent> out(table.headers.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (const auto& row : table.display)
      out[i].natural = std::max(out[i].natural, latex_width(row[i]));
    const double word = longest_word(table.headers[i]);
    out[i].natural = kSafety * std::max(out[i].natural, word);
    out[i].least = table.numeric[i]
                       ? out[i].natural
                       : std::min(out[i].natural, kSafety * std::max(kNarrowText, word));
  }
  return out;
}

/// Columns for `em` of room: natural widths, or text columns made narrower in proportion.
std::vector<LatexColumn> columns_for(const Table& table, const std::vector<Extent>& all,
                                     double room) {
  double natural = 0, least = 0, capped = 0;
  for (const Extent& one : all) {
    natural += one.natural;
    least += one.least;
    capped += std::min(one.natural, kNarrowText);
  }
  // Not even the narrow form fits: every column gives way, and cells break.
  const bool all_wrap = least > room;
  const double share = natural <= room   ? 1
                       : all_wrap        ? room / capped
                       : natural > least ? (room - least) / (natural - least)
                                         : 1;
  std::vector<LatexColumn> columns;
  for (std::size_t i = 0; i < all.size(); ++i) {
    LatexColumn column;
    column.numeric = table.numeric[i];
    column.width = all_wrap ? share * std::min(all[i].natural, kNarrowText)
                            : all[i].least + share * (all[i].natural - all[i].least);
    column.wraps = all_wrap || column.width < all[i].natural - 1e-9;
    column.heading = broken(table.headers[i], column.width);
    columns.push_back(std::move(column));
  }
  return columns;
}

/// Height of the table with heading, caption and notes, pt.
double height_of(const Table& table, const std::vector<LatexColumn>& columns, const Size& size,
                 double width) {
  std::size_t heading = 1;
  for (const LatexColumn& column : columns) heading = std::max(heading, column.heading.size());
  double lines = static_cast<double>(heading);
  for (const auto& row : table.display) {
    double cell = 1;
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (columns[i].wraps)
        cell = std::max(cell, std::ceil(1.3 * latex_width(row[i]) / columns[i].width));
    lines += cell;
  }
  double notes = 0;
  for (const std::string& note : table.notes)
    notes += std::ceil(1.05 * latex_width(note) * kFootnote.em / width);
  return lines * size.line + notes * kFootnote.line + 60;
}

}  // namespace

LatexLayout latex_layout(const Table& table) {
  const std::vector<Extent> all = extents(table);
  const double between =
      kSeparation * static_cast<double>(std::max<std::size_t>(all.size(), 1) - 1);
  double natural = 0, least = 0;
  for (const Extent& one : all) {
    natural += one.natural;
    least += one.least;
  }
  const Try* chosen = std::find_if(std::begin(kTries), std::end(kTries), [&](const Try& one) {
    const double width = one.sideways ? kSidewaysWidth : kUprightWidth;
    return (one.wrap ? least : natural) * one.size.em + between <= width;
  });
  if (chosen == std::end(kTries)) chosen = std::end(kTries) - 1;
  const double width = chosen->sideways ? kSidewaysWidth : kUprightWidth;
  LatexLayout layout;
  layout.sideways = chosen->sideways;
  layout.size = chosen->size.command;
  layout.columns = columns_for(table, all, (width - between) / chosen->size.em);
  const double page = 0.85 * (layout.sideways ? kUprightWidth : 703.0);
  layout.is_long = height_of(table, layout.columns, chosen->size, width) > page;
  return layout;
}

}  // namespace vrp
