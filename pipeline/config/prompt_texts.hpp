#pragma once
// What a sweep's files put around a benchmark's questions for one model.
#include <string>
#include <vector>

#include "pipeline/config/sweep.hpp"

namespace vrp {

/// Plain text, escapes resolved. The same for every item of a (model, benchmark).
struct PromptTexts {
  std::string suffix;   ///< appended to each question, "" = nothing
  std::string hint;     ///< put before the question of an item with a hint; {h} = the hint
  std::string options;  ///< the question of an item with options: {q} and {options}; "" = options
                        ///< are not shown
  /// An ending of a question whose place `suffix` takes, "" = none. MME's questions end in a line
  /// of their own, which the published evaluations of LLaVA replace.
  std::string replaces;
};

/// The forms of answers that a benchmark can ask for: what [benchmark] form may be.
const std::vector<std::string>& answer_forms();

/// The model's texts for the benchmark's form of answer. A `suffix` that the benchmark sets, the
/// empty one included, stands in place of the model's, and nothing is replaced then.
PromptTexts prompt_texts(const ModelConfig& model, const BenchmarkConfig& benchmark);

/// "\n", "\t" and "\s", written as two characters, become a newline, a tab and a space (files trim
/// their values, so that a space at an end has to be written this way).
std::string unescape(const std::string& text);

}  // namespace vrp
