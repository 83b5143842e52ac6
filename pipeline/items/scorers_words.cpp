#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/answer_rules.hpp"
#include "pipeline/items/scorer_lists.hpp"

namespace vrp {
namespace {

/// Compares what a yes/no rule read with a yes/no reference, case ignored.
Verdict yes_no_verdict(std::string parsed, std::string_view reference) {
  const bool equal = to_lower_ascii(parsed) == to_lower_ascii(trim(reference));
  return word_verdict(std::move(parsed), equal);
}

template <std::string (*Read)(std::string_view)>
Verdict judge_yes_no(const Question& question, const Response& response, const ScoringRules&) {
  return yes_no_verdict(Read(response.answer), question.reference);
}

/// Reads answer and reference by the same rule; a reference it cannot read matches nothing.
template <std::string (*Read)(std::string_view)>
Verdict judge_same(const Question& question, const Response& response, const ScoringRules&) {
  std::string parsed = Read(response.answer);
  const bool equal = parsed == Read(question.reference);
  return word_verdict(std::move(parsed), equal);
}

/// Multiple choice: the right option's letter or its text.
bool equals_option(const std::string& parsed, const Question& question) {
  const auto index = static_cast<std::size_t>(question.reference[0] - 'A');
  return parsed == norm(question.reference) ||
         (index < question.choices.size() && parsed == norm(question.choices[index]));
}

Verdict judge_exact(const Question& question, const Response& response, const ScoringRules&) {
  std::string parsed = norm(response.answer);
  if (!question.choices.empty() && question.reference.size() == 1) {
    return word_verdict(parsed, equals_option(parsed, question));
  }
  const bool equal =
      question.reference.empty()
          ? std::any_of(question.references.begin(), question.references.end(),
                        [&](const std::string& text) { return norm(text) == parsed; })
          : norm(question.reference) == parsed;
  return word_verdict(std::move(parsed), equal);
}

/// The kind of the reference decides what is read: a number, a relation word, or yes/no.
Verdict judge_lenient(const Question& question, const Response& response,
                      const ScoringRules& rules) {
  const std::string word = norm(question.reference);
  if (word == "yes" || word == "no") {
    return yes_no_verdict(read_lenient_yes_no(response.answer), word);
  }
  if (word == "left" || word == "right" || word == "above" || word == "below") {
    return judge_same<read_lenient_relation>(question, response, rules);
  }
  return judge_same<read_lenient_number>(question, response, rules);
}

Verdict judge_authors_lenient(const Question& question, const Response& response,
                              const ScoringRules&) {
  Verdict out;
  out.correct = matches_authors_lenient(response.answer, question.reference);
  out.score = out.correct ? 1.0 : 0.0;
  out.parsed = trim(to_lower_ascii(response.answer));
  return out;
}

}  // namespace

std::vector<Scorer> word_scorers() {
  return {
      {"yes_no", 1, "first word of Norm(answer) that is yes or no (methods 2)",
       judge_yes_no<read_yes_no>},
      {"pope_official", 1, "POPE's evaluation: no/not before the first period, else yes",
       judge_yes_no<read_pope>},
      {"vlmevalkit", 1, "VLMEvalKit: exactly one of the words yes, no; else Unknown = invalid",
       judge_yes_no<read_vlmevalkit>},
      {"mme", 1, "MME's evaluation: yes or no within the first four characters",
       judge_yes_no<read_mme>},
      {"lmms_eval", 1, "lmms-eval: the answer, lower-cased and trimmed, equals yes or no",
       judge_yes_no<read_lmms_eval>},
      {"mme_lmms_eval", 1, "lmms-eval on MME: trimmed, periods deleted, y or n, else as mme",
       judge_yes_no<read_mme_lmms_eval>},
      {"exact", 1, "Norm(answer) = Norm(reference), the rule of the published code", judge_exact},
      {"integer", 1, "first integer in Norm(answer), number words 0..20, none/no = 0",
       judge_same<read_integer>},
      {"relation", 1, "first of left, right, above, below and their synonyms in Norm(answer)",
       judge_same<read_relation>},
      {"lenient", 1, "first number, or the one relation word (benchmarks 5), or the one yes/no",
       judge_lenient},
      {"authors_lenient_full", 1, "equal, or one contains the other, over the full answer",
       judge_authors_lenient},
  };
}

}  // namespace vrp
