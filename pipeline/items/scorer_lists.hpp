#pragma once
// The scorers by what they read; `all_scorers` joins the lists.
#include <string>
#include <vector>

#include "pipeline/items/scorer.hpp"

namespace vrp {

std::vector<Scorer> word_scorers();    ///< yes/no, integers, relations, equality
std::vector<Scorer> vqa_scorers();     ///< soft accuracy against several human answers
std::vector<Scorer> letter_scorers();  ///< multiple choice
std::vector<Scorer> open_scorers();    ///< free text: overlap, judges, grades

/// Verdict of a 0/1 rule: `parsed` empty = invalid = incorrect.
Verdict word_verdict(std::string parsed, bool equal);
/// Verdict of a soft rule: correct = score >= rules.soft_threshold; invalid = nothing read and no
/// score.
Verdict soft_verdict(std::string parsed, double score, const ScoringRules& rules);
Verdict no_label();

}  // namespace vrp
