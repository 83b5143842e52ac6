#pragma once
// Scorers: named, versioned rules that judge an answer against its reference.
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vrp {

/// What a benchmark's configuration may choose about soft and judged scores (methods 2).
struct ScoringRules {
  double soft_threshold = 0.5;  ///< correct = soft score >= this
  double judge_threshold = 7;   ///< correct = judge's score >= this, of 1..10
  double judge_relative = 0;    ///< > 0: correct = score / reference's score >= this instead
  template <class Visit>
  void fields(Visit&& visit) {
    visit("soft_threshold", soft_threshold, "soft score from which an answer is correct, (0, 1]");
    visit("judge_threshold", judge_threshold,
          "judge's score from which an answer is correct, 1..10");
    visit("judge_relative", judge_relative,
          "score / reference answer's score from which an answer is correct; 0 = judge_threshold");
  }
};

/// One judged answer (benchmarks sections 3 and 4). NaN = not given.
struct Review {
  double score = std::numeric_limits<double>::quiet_NaN();      ///< of the model's answer
  double reference = std::numeric_limits<double>::quiet_NaN();  ///< of the reference answer
};

/// What is asked: the parts of an item that a rule may look at.
struct Question {
  std::string_view reference;                  ///< "" = none
  const std::vector<std::string>& references;  ///< several human answers, or empty
  const std::vector<std::string>& choices;     ///< options A, B, C ..., or empty
  bool has_reference() const { return !reference.empty() || !references.empty(); }
};

/// What came back.
struct Response {
  std::string_view answer;
  std::span<const double> choice_loss{};  ///< mean token loss of each choice, nats; empty = none
  const Review* review = nullptr;         ///< a judge's verdict, where there is one
};

struct Verdict {
  bool labelled =
      true;  ///< false: the rule needs what is not there (a reference, a review, losses)
  bool correct = false;
  bool invalid = false;  ///< nothing could be parsed; then correct is false unless the rule says so
  double score = 0;      ///< soft score in [0, 1]; equals correct for 0/1 rules
  std::string parsed;    ///< what the rule read from the answer ("yes", "3", ...); "" if invalid
};

struct Scorer {
  std::string name;  ///< "yes_no"
  int version = 1;
  std::string description;
  Verdict (*judge)(const Question&, const Response&, const ScoringRules&);
  bool needs_reference = true;  ///< false: a judge's verdict is enough
  std::string label() const { return name + "@" + std::to_string(version); }
};

const std::vector<Scorer>& all_scorers();
/// By "name" or "name@version"; Error naming the nearest known scorer.
const Scorer& find_scorer(std::string_view name);

/// The scorer's verdict; not labelled without a reference, unless the rule needs none (judge).
Verdict score(const Scorer& scorer, const Question& question, const Response& response,
              const ScoringRules& rules = {});

/// Norm(s) and Norm+(s) of methods section 2: lower case, characters outside [a-z0-9 ] and white
/// space dropped, spaces collapsed; Norm+ also turns number words into digits and drops articles.
std::string norm(std::string_view text);
std::string norm_plus(std::string_view text);

}  // namespace vrp
