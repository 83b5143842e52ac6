#pragma once
// ROUGE-L between two texts.
#include <string>
#include <string_view>
#include <vector>

namespace vrp {

/// Runs of a-z and 0-9 of the lower-cased text, everything else separates (the tokens of the
/// package rouge-score without stemming; only ASCII letters have a lower case there).
std::vector<std::string> rouge_tokens(std::string_view text);

/// ROUGE-L F1 in [0, 1]: 2 P R / (P + R) with P = c / candidate tokens, R = c / reference tokens, c
/// = length of the longest common subsequence of tokens; 0 when c = 0 or a text has no tokens.
/// Source: Lin, "ROUGE: a package for automatic evaluation of summaries" (2004), equations 2-4 with
/// beta = 1 on whole texts (rougeL, not rougeLsum).
double rouge_l_f1(std::string_view candidate, std::string_view reference);

}  // namespace vrp
