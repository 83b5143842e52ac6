#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/rouge.hpp"
#include "pipeline/items/scorer_lists.hpp"

namespace vrp {
namespace {

/// The best of all references; MM-Vet's `<OR>` separates alternatives, its `<AND>` parts of one.
Verdict judge_rouge(const Question& question, const Response& response, const ScoringRules& rules) {
  std::vector<std::string> references = question.references;
  if (references.empty()) references.emplace_back(question.reference);
  double best = 0;
  for (const std::string& text : references) {
    std::string alternative;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text.compare(at, 5, "<AND>") == 0) {
        alternative += ' ';
        at += 4;
      } else if (text.compare(at, 4, "<OR>") == 0) {
        best = std::max(best, rouge_l_f1(response.answer, alternative));
        alternative.clear();
        at += 3;
      } else {
        alternative += text[at];
      }
    }
    best = std::max(best, rouge_l_f1(response.answer, alternative));
  }
  return soft_verdict(join(rouge_tokens(response.answer), " "), best, rules);
}

/// Score 1..10. `judge_relative` needs the reference answer's score too.
Verdict judge_review(const Question&, const Response& response, const ScoringRules& rules) {
  if (response.review == nullptr || std::isnan(response.review->score)) return no_label();
  const double score = response.review->score, reference = response.review->reference;
  const bool relative = rules.judge_relative > 0;
  if (relative && std::isnan(reference)) return no_label();
  Verdict out;
  out.correct =
      relative ? score / reference >= rules.judge_relative : score >= rules.judge_threshold;
  out.score = score / 10;
  out.parsed = concat(score);
  return out;
}

/// Grade 0..1.
Verdict judge_grade(const Question&, const Response& response, const ScoringRules& rules) {
  if (response.review == nullptr || std::isnan(response.review->score)) return no_label();
  return soft_verdict(concat(response.review->score), response.review->score, rules);
}

}  // namespace

std::vector<Scorer> open_scorers() {
  return {
      {"judge", 1, "a judge's score 1..10 reaches judge_threshold, or judge_relative x reference",
       judge_review, false},
      {"grade", 1, "a judge's grade 0..1 (MM-Vet) reaches soft_threshold", judge_grade, false},
      {"rouge_l", 1, "ROUGE-L F1 with the best reference reaches soft_threshold", judge_rouge},
  };
}

}  // namespace vrp
