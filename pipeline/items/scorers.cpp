#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/scorer_lists.hpp"

namespace vrp {

Verdict word_verdict(std::string parsed, bool equal) {
  Verdict out;
  out.invalid = parsed.empty();
  out.correct = equal && !out.invalid;
  out.score = out.correct ? 1.0 : 0.0;
  out.parsed = std::move(parsed);
  return out;
}

Verdict soft_verdict(std::string parsed, double score, const ScoringRules& rules) {
  Verdict out;
  out.score = score;
  out.correct = score >= rules.soft_threshold;
  out.invalid = parsed.empty() && score <= 0;
  out.parsed = std::move(parsed);
  return out;
}

Verdict no_label() {
  Verdict out;
  out.labelled = false;
  return out;
}

const std::vector<Scorer>& all_scorers() {
  static const std::vector<Scorer> kScorers = [] {
    std::vector<Scorer> all;
    for (auto list : {word_scorers(), vqa_scorers(), letter_scorers(), open_scorers()}) {
      for (auto& scorer : list) all.push_back(std::move(scorer));
    }
    return all;
  }();
  return kScorers;
}

Verdict score(const Scorer& scorer, const Question& question, const Response& response,
              const ScoringRules& rules) {
  if (question.has_reference() || !scorer.needs_reference) {
    return scorer.judge(question, response, rules);
  }
  return no_label();
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
