#include "pipeline/items/scorer_lists.hpp"
#include "pipeline/items/vqa_normalise.hpp"

namespace vrp {
namespace {

/// Without two human answers there is nothing to leave out: no label.
template <VqaRule kRule>
Verdict judge_vqa(const Question& question, const Response& response, const ScoringRules& rules) {
  if (question.references.size() < 2) return no_label();
  VqaScore score = vqa_accuracy(response.answer, question.references, kRule);
  return soft_verdict(std::move(score.compared), score.accuracy, rules);
}

}  // namespace

std::vector<Scorer> vqa_scorers() {
  return {
      {"vqa_official", 1,
       "official VQA soft accuracy; unanimous human answers are compared without normalisation",
       judge_vqa<VqaRule::official>},
      {"vqa_vlmevalkit", 1, "VLMEvalKit's vqa_score: no gate, a period stays beside any digit",
       judge_vqa<VqaRule::vlmevalkit>},
      {"vqa_lmms_eval", 1, "lmms-eval's VQA accuracy: no gate, TextVQA's comma pattern",
       judge_vqa<VqaRule::lmms_eval>},
      {"textvqa", 1, "TextVQA soft accuracy: commas, question marks and 's first, no gate",
       judge_vqa<VqaRule::textvqa>},
  };
}

}  // namespace vrp
