#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/answer_rules.hpp"
#include "pipeline/items/scorer.hpp"

namespace vrp {
namespace {

using References = std::vector<std::string>;

/// A verdict of a 0/1 rule: `parsed` empty = invalid = incorrect.
Verdict verdict(std::string parsed, bool equal) {
  Verdict out;
  out.invalid = parsed.empty();
  out.correct = equal && !out.invalid;
  out.score = out.correct ? 1.0 : 0.0;
  out.parsed = std::move(parsed);
  return out;
}

/// Compares what a yes/no rule read with a yes/no reference, case ignored.
Verdict yes_no_verdict(std::string parsed, std::string_view reference) {
  const bool equal = to_lower_ascii(parsed) == to_lower_ascii(trim(reference));
  return verdict(std::move(parsed), equal);
}

template <std::string (*Read)(std::string_view)>
Verdict judge_yes_no(std::string_view answer, std::string_view reference, const References&) {
  return yes_no_verdict(Read(answer), reference);
}

/// Reads answer and reference by the same rule; a reference it cannot read matches nothing.
template <std::string (*Read)(std::string_view)>
Verdict judge_same(std::string_view answer, std::string_view reference, const References&) {
  std::string parsed = Read(answer);
  const bool equal = parsed == Read(reference);
  return verdict(std::move(parsed), equal);
}

Verdict judge_exact(std::string_view answer, std::string_view reference,
                    const References& references) {
  std::string parsed = norm(answer);
  const bool equal =
      reference.empty() ? std::any_of(references.begin(), references.end(),
                                      [&](const std::string& text) { return norm(text) == parsed; })
                        : norm(reference) == parsed;
  return verdict(std::move(parsed), equal);
}

/// The kind of the reference decides what is read: a number, a relation word, or yes/no.
Verdict judge_lenient(std::string_view answer, std::string_view reference,
                      const References& references) {
  const std::string word = norm(reference);
  if (word == "yes" || word == "no") return yes_no_verdict(read_lenient_yes_no(answer), word);
  if (word == "left" || word == "right" || word == "above" || word == "below") {
    return judge_same<read_lenient_relation>(answer, reference, references);
  }
  return judge_same<read_lenient_number>(answer, reference, references);
}

Verdict judge_authors_lenient(std::string_view answer, std::string_view reference,
                              const References&) {
  Verdict out;
  out.correct = matches_authors_lenient(answer, reference);
  out.score = out.correct ? 1.0 : 0.0;
  out.parsed = trim(to_lower_ascii(answer));
  return out;
}

}  // namespace

const std::vector<Scorer>& all_scorers() {
  static const std::vector<Scorer> kScorers = {
      {"yes_no", 1, "first word of Norm(answer) that is yes or no (methods 2)",
       judge_yes_no<read_yes_no>},
      {"pope_official", 1, "POPE's evaluation: no/not before the first period, else yes",
       judge_yes_no<read_pope>},
      {"vlmevalkit", 1, "VLMEvalKit: exactly one of the words yes, no; else Unknown = invalid",
       judge_yes_no<read_vlmevalkit>},
      {"mme", 1, "MME's evaluation: yes or no within the first four characters",
       judge_yes_no<read_mme>},
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
  return kScorers;
}

const Scorer& find_scorer(std::string_view name) {
  std::vector<std::string> names;
  const std::string_view bare = name.substr(0, name.find('@'));
  for (const Scorer& scorer : all_scorers()) {
    names.push_back(scorer.name);
    if (scorer.name != bare) continue;
    if (bare.size() != name.size() && scorer.label() != name) {
      fail("scorer '", name, "': this build has ", scorer.label());
    }
    return scorer;
  }
  const std::string near = nearest(bare, names);
  fail("unknown scorer '", excerpt(name), "'",
       near.empty() ? "; known: " + join(names, ", ") : "; did you mean '" + near + "'?");
}

}  // namespace vrp
