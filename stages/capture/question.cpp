#include "stages/capture/question.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

std::string option_lines(const std::vector<std::string>& choices) {
  if (choices.size() > 26) {
    fail("item has ", choices.size(), " options, expected at most 26, one a letter");
  }
  std::string out;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].empty()) continue;
    if (!out.empty()) out += '\n';
    out += static_cast<char>('A' + i);
    out += ". " + choices[i];
  }
  return out;
}

/// `layout` with each of its marks replaced; a mark inside what is put in stays.
std::string fill(const std::string& layout, const std::string& mark, const std::string& text,
                 const std::string& second_mark = "", const std::string& second_text = "") {
  std::string out;
  for (std::size_t at = 0; at < layout.size();) {
    if (layout.compare(at, mark.size(), mark) == 0) {
      out += text;
      at += mark.size();
    } else if (!second_mark.empty() && layout.compare(at, second_mark.size(), second_mark) == 0) {
      out += second_text;
      at += second_mark.size();
    } else {
      out += layout[at++];
    }
  }
  return out;
}

std::string hint_of(const ItemTable& items, std::size_t row, const PromptStyle& style) {
  const std::string& hint = items.hint[row];
  return hint.empty() || style.hint.empty() ? "" : fill(style.hint, "{h}", hint);
}

}  // namespace

AskedQuestion asked_question(const ItemTable& items, std::size_t row, const PromptStyle& style) {
  AskedQuestion out{items.question[row], style.suffix};
  std::string& question = out.question;
  if (!style.replaces.empty() && question.ends_with(style.replaces)) {
    if (trim(style.suffix) == style.replaces) {
      out.suffix.clear();
    } else {
      question.resize(question.size() - style.replaces.size());
      question.resize(question.find_last_not_of(" \t\r\n") + 1);
    }
  }
  if (!style.options.empty() && !items.choices[row].empty()) {
    question = fill(style.options, "{q}", question, "{options}", option_lines(items.choices[row]));
  }
  question.insert(0, hint_of(items, row, style));
  return out;
}

AskedQuestion bare_question(const ItemTable& items, std::size_t row, const PromptStyle& style) {
  return {hint_of(items, row, style) + items.question[row], ""};
}

PreparedItem prepare_asked(const Tokenizer& tokenizer, const ModelSpec& spec, const RgbImage& image,
                           const ItemTable& items, std::size_t row, const PromptStyle& style) {
  const AskedQuestion asked = asked_question(items, row, style);
  PromptStyle own = style;
  own.suffix = asked.suffix;
  return prepare_item(tokenizer, spec, image, asked.question, own);
}

std::shared_ptr<const PreparedItem> asked_item(const Picture& picture, const Model& model,
                                               const ItemTable& items, std::size_t row,
                                               const PromptStyle& style) {
  if (picture.item != nullptr) return picture.item;
  return std::make_shared<PreparedItem>(
      prepare_asked(model.tokenizer(), model.spec(), picture.image, items, row, style));
}

}  // namespace vrp
