#pragma once
// Scorers: named, versioned rules that judge an answer against its reference.
#include <string>
#include <string_view>
#include <vector>

namespace vrp {

struct Verdict {
  bool correct = false;
  bool invalid = false;  ///< nothing could be parsed; then correct is false unless the rule says so
  double score = 0;      ///< soft score in [0, 1]; equals correct for 0/1 rules
  std::string parsed;    ///< what the rule read from the answer ("yes", "3", ...); "" if invalid
};

struct Scorer {
  std::string name;  ///< "yes_no"
  int version = 1;
  std::string description;
  Verdict (*judge)(std::string_view answer, std::string_view reference,
                   const std::vector<std::string>& references);
  std::string label() const { return name + "@" + std::to_string(version); }
};

const std::vector<Scorer>& all_scorers();
/// By "name" or "name@version"; Error naming the nearest known scorer.
const Scorer& find_scorer(std::string_view name);

/// Norm(s) and Norm+(s) of methods section 2: lower case, characters outside [a-z0-9 ] and white
/// space dropped, spaces collapsed; Norm+ also turns number words into digits and drops articles.
std::string norm(std::string_view text);
std::string norm_plus(std::string_view text);

}  // namespace vrp
