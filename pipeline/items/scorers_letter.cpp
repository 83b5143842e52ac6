#include "pipeline/items/letter_rules.hpp"
#include "pipeline/items/scorer_lists.hpp"

namespace vrp {
namespace {

constexpr std::size_t kUnlisted = 4;  ///< options of a question that lists none: A-D

std::size_t options_of(const Question& question) {
  return question.choices.empty() ? kUnlisted : question.choices.size();
}

Verdict judge_letter(std::string letter, const Question& question) {
  const bool equal = letter == question.reference;
  return word_verdict(std::move(letter), equal);
}

Verdict judge_exact_letter(const Question& question, const Response& response,
                           const ScoringRules&) {
  return judge_letter(read_letter_exact(response.answer, options_of(question)), question);
}

Verdict judge_first_letter(const Question& question, const Response& response,
                           const ScoringRules&) {
  return judge_letter(read_letter_first(response.answer, options_of(question)), question);
}

Verdict judge_vlmevalkit(const Question& question, const Response& response, const ScoringRules&) {
  return judge_letter(read_letter_vlmevalkit(response.answer, question.choices), question);
}

Verdict judge_likelihood(const Question& question, const Response& response, const ScoringRules&) {
  const auto least = least_loss(response.choice_loss, question.choices);
  return least ? judge_letter(letter_of(*least), question) : no_label();
}

}  // namespace

std::vector<Scorer> letter_scorers() {
  return {
      {"letter_vlmevalkit", 1,
       "VLMEvalKit: the one letter near the end, `answer is X`, or the one option text",
       judge_vlmevalkit},
      {"letter_exact", 1, "LLaVA: the answer equals the letter", judge_exact_letter},
      {"letter_first", 1, "lmms-eval: first character of the trimmed answer", judge_first_letter},
      {"likelihood", 1,
       "SEED-Bench: the choice of least mean token loss (length-normalised), ties to the earliest",
       judge_likelihood},
  };
}

}  // namespace vrp
