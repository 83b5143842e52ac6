#include "stages/capture/choices.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "stages/capture/question.hpp"

namespace vrp {

ChoiceLosses choice_losses(const Model& model, const PreparedImage& image, const ItemTable& items,
                           std::size_t row, const PromptStyle& style) {
  ChoiceLosses out;
  if (items.choices[row].empty()) return out;
  const AskedQuestion asked = bare_question(items, row, style);
  PromptStyle bare = style;
  bare.suffix = asked.suffix;
  std::vector<std::vector<std::int32_t>> answers;
  for (const std::string& choice : items.choices[row]) {
    out.tokens.push_back(0);
    if (choice.empty()) continue;
    answers.push_back(answer_ids(model.tokenizer(), model.spec(), asked.question, bare, choice));
    out.tokens.back() = static_cast<std::int32_t>(answers.back().size());
  }
  const PreparedItem item =
      prepare_item(model.tokenizer(), model.spec(), image, asked.question, bare);
  const auto losses = model.answer_losses(item, answers);
  auto next = losses.begin();
  for (const std::string& choice : items.choices[row]) {
    out.loss.push_back(choice.empty() ? std::numeric_limits<double>::quiet_NaN() : *next++);
  }
  return out;
}

double choice_margin(const std::vector<double>& losses) {
  std::vector<double> least = losses;
  std::erase_if(least, [](double loss) { return std::isnan(loss); });
  if (least.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  std::partial_sort(least.begin(), least.begin() + 2, least.end());
  return least[1] - least[0];
}

bool has_choices(const ItemTable& items) {
  return std::ranges::any_of(items.choices, [](const auto& choices) { return !choices.empty(); });
}

void ChoiceColumns::add(const ChoiceLosses& item) {
  if (!wanted_) return;
  offset_.push_back(offset_.back() + std::ssize(item.loss));
  loss_.insert(loss_.end(), item.loss.begin(), item.loss.end());
  tokens_.insert(tokens_.end(), item.tokens.begin(), item.tokens.end());
  margin_.push_back(choice_margin(item.loss));
}

void ChoiceColumns::finish(Record& out) {
  if (!wanted_) return;
  const auto ends = std::ssize(offset_), total = offset_.back();
  out.add(Array{"choice/offset",
                {"item_plus_one"},
                {ends},
                "1",
                "first option of each item",
                std::move(offset_),
                {{"ragged_dim", "choice"}}});
  out.add("choice/loss", {"choice"}, {total}, std::move(loss_), "nats",
          "mean of -ln P over the tokens of the option's text and the end token");
  out.add("choice/tokens", {"choice"}, {total}, std::move(tokens_), "tokens",
          "length of the option's text, end token excluded");
  out.add(signal_array("output/choice_margin", margin_, 1, "nats",
                       "second least minus least loss of the options; fewer than two: NaN"));
}

}  // namespace vrp
