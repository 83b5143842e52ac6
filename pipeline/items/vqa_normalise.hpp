#pragma once
// Normalisation and soft accuracy of the VQA evaluations (benchmarks sections 6 and 7), with every
// quirk of the published programs.
#include <string>
#include <string_view>
#include <vector>

namespace vrp {

/// Whose program. They differ in four things:
///                 before step 1              comma number    period goes unless         gate
///   official      trim                       digit , digit   a digit follows            yes
///   vlmevalkit    trim                       digit , digit   a digit stands beside it   no
///   lmms_eval     trim                       digit ,+ digit  a digit follows            no
///   textvqa       lower case; no , and ?;    digit ,+ digit  a digit follows            no
///                 `'s` -> ` 's`; trim
/// The gate: when all human answers, trimmed, are the same text, trimmed texts are compared as they
/// are, without normalisation.
enum class VqaRule { official, vlmevalkit, lmms_eval, textvqa };

/// Step 0: newline and tab become a space, then Unicode white space goes off both ends.
std::string vqa_trim(std::string_view text);

/// Steps 1 and 2, punctuation and periods; all punctuation tests look at `text` as given, at most
/// the first 32 periods go. "Digit" is 0-9.
std::string vqa_punctuation(std::string_view text, VqaRule rule);

/// All steps: trim, punctuation, periods, lower case (Unicode), number words none, zero .. ten,
/// articles, contractions, single spaces. May be empty.
///   t-shirt -> t shirt     a t-shirt, red -> t shirt red     1,000-2,000 -> 10002000
std::string vqa_normalise(std::string_view text, VqaRule rule);

/// `word` with its apostrophe, or as it is: "dont" -> "don't". Case matters.
std::string_view expand_contraction(std::string_view word);

struct VqaScore {
  double accuracy = 0;   ///< in [0, 1]
  std::string compared;  ///< the answer as it was compared: normalised, or trimmed under the gate
};

/// Mean over i of min(1, (number of j != i whose answer equals the model's) / 3), by position. With
/// ten humans 0, .3, .6, .9, 1 for 0, 1, 2, 3, >= 4 equal ones; the values are the nearest doubles.
/// Error on fewer than two human answers: leaving one out would leave none.
VqaScore vqa_accuracy(std::string_view answer, const std::vector<std::string>& humans,
                      VqaRule rule);

}  // namespace vrp
