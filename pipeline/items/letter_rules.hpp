#pragma once
// What each published rule reads from an answer to a multiple-choice question (benchmarks
// section 9): an option's letter "A", "B" ..., or "" when it finds none.
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vrp {

/// Letter of option `index`, 0 = "A".
std::string letter_of(std::size_t index);

/// LLaVA: the answer equals a letter, byte for byte; `A.`, `(A)` and `a` do not.
std::string read_letter_exact(std::string_view answer, std::size_t options);
/// lmms-eval: the first character of the trimmed answer, if it is a letter: `Blue` is B.
std::string read_letter_first(std::string_view answer, std::size_t options);
/// VLMEvalKit, in this order:
///  1. `.()[],:;!*#{}` become spaces. One letter alone occurs as a word, and its first occurrence
///  is
///     one of the last four words: that letter. No letter occurs but the word Z: none.
///  2. The first `answer is X` in the answer as given (case ignored, white space between the words,
///     asterisks before X, X one of A-D and an option): X. What follows X does not matter, as in
///     the published pattern: `the answer is blue` is B.
///  3. In lower case, one option text alone occurs in the answer, and the answer has at most twice
///     as many characters as all option texts together: its letter.
/// An option without text is absent; without any option the letters are A-D.
std::string read_letter_vlmevalkit(std::string_view answer,
                                   const std::vector<std::string>& options);

/// Index of the least loss among the options that are there (have a text), the earliest on ties;
/// nothing when there is none, a loss of one is NaN or the counts differ.
std::optional<std::size_t> least_loss(std::span<const double> losses,
                                      const std::vector<std::string>& options);

}  // namespace vrp
