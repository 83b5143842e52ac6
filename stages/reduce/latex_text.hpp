#pragma once
// Text for pdfLaTeX with the T1 encoding, whatever bytes it holds.
#include <string>
#include <string_view>

namespace vrp {

constexpr double kLatexRoom = 9.0;  ///< em: about 16 letters

/// `text` as LaTeX prints it: commands and ligatures ("--", ",,", "?`") are taken apart, a sign
/// before a digit is a minus sign, words wider than `room` em may break. Letters that T1 lacks
/// stand as [U+1F600], bytes that are no UTF-8 as [0xFF], control characters as [U+0007]; line
/// breaks and tabs as spaces. The result compiles for every `text`.
std::string latex_text(std::string_view text, double room = kLatexRoom);

/// A cell or heading: names of signals in mathematics ("H_s" is $H_s$), "-" as a dash, the letter
/// of a note raised, any other text as latex_text.
std::string latex_cell(std::string_view text, double room = kLatexRoom);

/// Estimated width of `text` in em of its font (Latin Modern or Computer Modern), never much less
/// than the true one.
double latex_width(std::string_view text);

}  // namespace vrp
