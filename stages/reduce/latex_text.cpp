#include "stages/reduce/latex_text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "pipeline/base/error.hpp"
#include "pipeline/items/code_point.hpp"

namespace vrp {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Printed form of an ASCII character, nullptr = itself.
const char* ascii_command(char c) {
  switch (c) {
    case '\\':
      return "\\textbackslash{}";
    case '~':
      return "\\textasciitilde{}";
    case '^':
      return "\\textasciicircum{}";
    case '<':
      return "\\textless{}";
    case '>':
      return "\\textgreater{}";
    case '|':
      return "\\textbar{}";
    case '"':
      return "\\textquotedbl{}";
    case '&':
      return "\\&";
    case '%':
      return "\\%";
    case '$':
      return "\\$";
    case '#':
      return "\\#";
    case '_':
      return "\\_";
    case '{':
      return "\\{";
    case '}':
      return "\\}";
    default:
      return nullptr;
  }
}

/// Characters outside ASCII that have a command; T1's own letters are typed as they are.
const char* unicode_command(std::uint32_t code) {
  switch (code) {
    case 0x00A0:
    case 0x202F:
      return "~";
    case 0x00AD:
      return "\\-";
    case 0x2010:
    case 0x2011:
      return "-";
    case 0x2013:
      return "\\textendash{}";
    case 0x2014:
      return "\\textemdash{}";
    case 0x2018:
      return "\\textquoteleft{}";
    case 0x2019:
      return "\\textquoteright{}";
    case 0x201C:
      return "\\textquotedblleft{}";
    case 0x201D:
      return "\\textquotedblright{}";
    case 0x201E:
      return "\\quotedblbase{}";
    case 0x2022:
      return "\\textbullet{}";
    case 0x2026:
      return "\\dots{}";
    case 0x20AC:
      return "\\texteuro{}";
    case 0x2122:
      return "\\texttrademark{}";
    case 0x2192:
      return "$\\rightarrow$";
    case 0x2212:
      return "$-$";
    case 0x2248:
      return "$\\approx$";
    case 0x2260:
      return "$\\neq$";
    case 0x2264:
      return "$\\leq$";
    case 0x2265:
      return "$\\geq$";
    default:
      return nullptr;
  }
}

/// Latin letters and signs that every pdfLaTeX since 2018 prints with T1 as typed.
bool is_of_t1(std::uint32_t code) {
  if (code >= 0x00A1 && code <= 0x00FF) return true;
  if (code < 0x0100 || code > 0x017E) return false;
  switch (code) {  // Latin Extended-A without the letters that T1 neither has nor composes
    case 0x0126:
    case 0x0127:
    case 0x0138:
    case 0x013F:
    case 0x0140:
    case 0x0149:
    case 0x0166:
    case 0x0167:
      return false;
    default:
      return true;
  }
}

std::string stand_in(CodePoint point) {
  char buffer[16];
  const bool byte = point.bytes == 1 && point.value >= 0x80;
  std::snprintf(buffer, sizeof buffer, byte ? "[0x%02X]" : "[U+%04X]",
                static_cast<unsigned>(point.value));
  return buffer;
}

bool is_space(CodePoint point) {
  return point.bytes == 1 &&
         (point.value == ' ' || point.value == '\n' || point.value == '\r' || point.value == '\t');
}

/// True when the "-" at `at` is the sign of a number.
bool is_minus(std::string_view text, std::size_t at) {
  const bool before = at == 0 || text[at - 1] == ' ' || text[at - 1] == '[' || text[at - 1] == '(';
  return before && at + 1 < text.size() && is_digit(text[at + 1]);
}

/// True when the character and the next one would become another sign in T1.
bool is_ligature(char c, char next) {
  switch (c) {
    case '-':
    case ',':
    case '\'':
    case '`':
      return next == c;
    case '!':
    case '?':
      return next == '`';
    default:
      return false;
  }
}

double ascii_width(char c) {
  if (is_digit(c)) return 0.5;
  if (c >= 'A' && c <= 'Z') return c == 'W' ? 1.03 : c == 'M' ? 0.92 : c == 'I' ? 0.37 : 0.78;
  if (is_letter(c)) {
    if (c == 'm') return 0.84;
    if (c == 'w') return 0.73;
    return std::string_view("filjrst").find(c) != std::string_view::npos ? 0.4 : 0.56;
  }
  switch (c) {
    case ' ':
      return 0.34;
    case '-':
      return 0.34;
    case '.':
    case ',':
    case ':':
    case ';':
    case '\'':
    case '!':
    case '[':
    case ']':
    case '|':
      return 0.28;
    case '(':
    case ')':
      return 0.39;
    default:
      return 0.84;
  }
}

/// Width in em of the character at `at`.
double width_at(std::string_view text, std::size_t at, CodePoint point) {
  if (point.bytes > 1 || point.value >= 0x7F || (point.value < 0x20 && !is_space(point)))
    return unicode_command(point.value) || is_of_t1(point.value)
               ? 1.0
               : 0.6 * static_cast<double>(stand_in(point).size());
  if (text[at] == '-' && is_minus(text, at)) return 0.78;
  return ascii_width(text[at]);
}

/// Width in em of the word that begins at `at`.
double word_width(std::string_view text, std::size_t at) {
  double width = 0;
  while (at < text.size()) {
    const CodePoint point = code_point(text, at);
    if (is_space(point)) break;
    width += width_at(text, at, point);
    at += point.bytes;
  }
  return width;
}

/// The character at `at` as LaTeX.
std::string character(std::string_view text, std::size_t at, CodePoint point) {
  if (point.bytes > 1) {
    if (const char* command = unicode_command(point.value)) return command;
    if (is_of_t1(point.value)) return std::string(text.substr(at, point.bytes));
    std::string shown = stand_in(point);
    if (point.value > 0xFFFFF) shown.insert(3, "\\allowbreak{}");  // the longest, 10 characters
    return shown;
  }
  if (point.value < 0x20 || point.value >= 0x7F) return stand_in(point);
  const char c = text[at];
  if (c == '-' && is_minus(text, at)) return "$-$";
  if (const char* command = ascii_command(c)) return command;
  const bool ligature = at + 1 < text.size() && is_ligature(c, text[at + 1]);
  return std::string(1, c) + (ligature ? "{}" : "");
}

}  // namespace

std::string latex_text(std::string_view text, double room) {
  const double piece = 0.45 * room;
  std::string out;
  double since_break = 0;
  bool in_word = false, breaks = false;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = code_point(text, at);
    if (is_space(point)) {
      out += ' ';
      in_word = false;
      at += 1;
      continue;
    }
    if (!in_word) {
      breaks = word_width(text, at) > room;
      since_break = 0;
      in_word = true;
    }
    const char c = text[at];
    out += character(text, at, point);
    since_break += width_at(text, at, point);
    at += point.bytes;
    const bool joint = point.bytes == 1 && since_break > 0.15 * room &&
                       std::string_view("_/.:@,;+=&?").find(c) != std::string_view::npos;
    const bool more = at < text.size() && !is_space(code_point(text, at));
    if (!breaks || !more) continue;
    if (joint || since_break + width_at(text, at, code_point(text, at)) > piece) {
      out += "\\allowbreak{}";
      since_break = 0;
    }
  }
  return out;
}

std::string latex_cell(std::string_view text, double room) {
  struct Name {
    std::string_view text, shown;
  };
  constexpr Name kNames[] = {{"H_s", "$H_s$"},
                             {"H_n", "$H_n$"},
                             {"C_k", "$C_k$"},
                             {"R", "$R$"},
                             {"S_SC", "$S_{SC}$"},
                             {"P_tok", "$P_{tok}$"},
                             {"H_rel", "$H_{rel}$"},
                             {"C_in", "$C_{in}$"},
                             {"C_out", "$C_{out}$"},
                             {"n", "$n$"},
                             {"p", "$p$"},
                             {"p adj", "$p$ adj"},
                             {"R2 max", "$R^2$ max"},
                             {"R2 by k", "$R^2$ by $k$"},
                             {"l_sep", "$l_{sep}$"},
                             {"-", "\\textendash{}"}};
  for (const Name& name : kNames)
    if (name.text == text) return std::string(name.shown);
  // "n/a (a)": the letter of a note stands raised.
  const std::size_t open = text.rfind(" (");
  const bool letter = open != std::string_view::npos && text.ends_with(')') && open > 0 &&
                      text.size() - open <= 5 && text.size() - open >= 4 &&
                      std::all_of(text.begin() + static_cast<std::ptrdiff_t>(open) + 2,
                                  text.end() - 1, [](char c) { return c >= 'a' && c <= 'z'; });
  if (letter)
    return concat(latex_text(text.substr(0, open), room), "\\textsuperscript{",
                  text.substr(open + 2, text.size() - open - 3), "}");
  return latex_text(text, room);
}

double latex_width(std::string_view text) {
  double width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = code_point(text, at);
    width += width_at(text, at, point);
    at += point.bytes;
  }
  return width;
}

}  // namespace vrp
