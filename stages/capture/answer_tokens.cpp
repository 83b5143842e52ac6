#include "stages/capture/answer_tokens.hpp"

#include <algorithm>

#include "pipeline/base/text.hpp"
#include "pipeline/items/scorer.hpp"

namespace vrp {
namespace {

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// As given, lower, Capitalised, UPPER.
std::vector<std::string> written_forms(const std::string& word) {
  const std::string lower = to_lower_ascii(word);
  std::string capital = lower, upper_case = lower;
  capital.front() = upper(capital.front());
  for (char& c : upper_case) c = upper(c);
  return {word, lower, capital, upper_case};
}

std::vector<std::int32_t> sorted(std::vector<std::int32_t> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace

std::string reference_of(const ItemTable& items, std::size_t row) {
  std::map<std::string, int> votes;  // in lexicographic order
  for (const std::string& answer : items.answers[row]) ++votes[trim(answer)];
  votes.erase("");
  if (votes.empty()) return trim(items.answer[row]);
  const auto most = std::max_element(
      votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most->first;  // max_element returns the first of equals
}

AnswerTokens::AnswerTokens(const Tokenizer& tokenizer, const std::vector<std::int32_t>& blank,
                           const CaptureParams& params)
    : tokenizer_(tokenizer), blank_(blank), params_(params) {
  yes_ = forms("yes");
  no_ = forms("no");
}

bool AnswerTokens::is_blank(std::int32_t id) const {
  return std::binary_search(blank_.begin(), blank_.end(), id);
}

std::int32_t AnswerTokens::first_visible(const std::string& text) const {
  for (const std::int32_t id : tokenizer_.encode(text, false)) {
    if (!is_blank(id)) return id;
  }
  return -1;
}

std::vector<std::int32_t> AnswerTokens::forms(const std::string& word) const {
  std::vector<std::int32_t> ids;
  for (const std::string& form : written_forms(word)) {
    for (const std::string context : {"", " ", "\n"}) {
      const std::int32_t id = first_visible(context + form);
      if (id >= 0) ids.push_back(id);
    }
  }
  return sorted(std::move(ids));
}

std::vector<std::int32_t> AnswerTokens::literal_forms(const std::string& word) const {
  std::vector<std::int32_t> ids;
  for (const std::string& form : written_forms(word)) {
    for (const std::string context : {"", " "}) {
      const auto tokens = tokenizer_.encode(context + form, false);
      if (!tokens.empty()) ids.push_back(tokens.front());
    }
  }
  return sorted(std::move(ids));
}

AnswerTokens::Sets AnswerTokens::make(const std::string& reference) const {
  const bool literal = params_.blank_token == "target";
  Sets out;
  const std::string word = norm(reference);
  if (reference.empty()) {
    // no target
  } else if (params_.margin == "binary") {
    if (word == "yes") out.target = yes_;
    if (word == "no") out.target = no_;
  } else if (params_.margin == "single") {
    const auto tokens = tokenizer_.encode(reference, false);
    const std::int32_t id =
        literal ? (tokens.empty() ? -1 : tokens.front()) : first_visible(reference);
    if (id >= 0) out.target = {id};
  } else {
    out.target = literal ? literal_forms(reference) : forms(reference);
  }
  return out;
}

const LensTokens& AnswerTokens::of(const std::string& reference) {
  const auto [at, fresh] = cache_.try_emplace(reference);
  Sets& sets = at->second;
  if (fresh) {
    sets = make(reference);
    sets.view.target = sets.target;
    if (params_.margin == "binary" && !sets.target.empty()) {
      sets.view.rivals = sets.target == yes_ ? no_ : yes_;
    }
    if (params_.blank_token == "skip") sets.view.ignored = blank_;
    sets.view.first = yes_;
    sets.view.second = no_;
  }
  return sets.view;
}

}  // namespace vrp
