#include "pipeline/config/prompt_texts.hpp"

namespace vrp {

const std::vector<std::string>& answer_forms() {
  static const std::vector<std::string> forms{"short", "yes_no", "letter", "open"};
  return forms;
}

std::string unescape(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    if (next == 'n' || next == 't' || next == 's') {
      out += next == 'n' ? '\n' : next == 't' ? '\t' : ' ';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

PromptTexts prompt_texts(const ModelConfig& model, const BenchmarkConfig& benchmark) {
  PromptTexts out;
  out.hint = unescape(model.hint);
  if (benchmark.form == "letter") out.options = unescape(model.options);
  if (benchmark.suffix) {
    out.suffix = unescape(*benchmark.suffix);
  } else if (benchmark.form == "short") {
    out.suffix = unescape(model.suffix_short);
  } else if (benchmark.form == "yes_no") {
    out.suffix = unescape(model.suffix_yes_no);
    if (!out.suffix.empty()) out.replaces = "Please answer yes or no.";
  } else if (benchmark.form == "letter") {
    out.suffix = unescape(model.suffix_letter);
  }
  return out;
}

}  // namespace vrp
