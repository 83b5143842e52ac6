#include "pipeline/items/letter_rules.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/text.hpp"
#include "pipeline/items/code_point.hpp"
#include "pipeline/items/lower_case.hpp"
#include "pipeline/items/normalise.hpp"

namespace vrp {
namespace {

bool is_letter(char c, std::size_t options) {
  return c >= 'A' && c <= 'Z' && static_cast<std::size_t>(c - 'A') < options;
}

std::size_t characters(std::string_view text) {
  std::size_t n = 0;
  for (std::size_t at = 0; at < text.size(); at += code_point(text, at).bytes) ++n;
  return n;
}

/// Letters of the options that are there: A-D for a question that lists none.
std::vector<std::string> letters_of(const std::vector<std::string>& options) {
  if (options.empty()) return {"A", "B", "C", "D"};
  std::vector<std::string> out;
  for (std::size_t k = 0; k < options.size(); ++k) {
    if (!options[k].empty()) out.push_back(letter_of(k));
  }
  return out;
}

/// Step 1: a letter, "Z" = the program says that there is no answer, "" = go on.
std::string letter_word(std::string_view answer, const std::vector<std::string>& letters) {
  std::string spaced(answer);
  std::replace_if(
      spaced.begin(), spaced.end(),
      [](char c) { return std::string_view(".()[],:;!*#{}").find(c) != std::string_view::npos; },
      ' ');
  const auto words = split_white_space(spaced);
  std::string found;
  std::size_t first = 0, kinds = 0;
  for (const auto& letter : letters) {
    const auto at = std::find(words.begin(), words.end(), letter);
    if (at == words.end()) continue;
    ++kinds;
    found = *at;
    first = static_cast<std::size_t>(at - words.begin());
  }
  if (kinds == 1 && first + 4 >= words.size()) return found;
  const bool refused = kinds == 0 && std::find(words.begin(), words.end(), "Z") != words.end();
  return refused ? "Z" : "";
}

/// Step 2: X of the first `answer is X`, in capitals; "" without one.
std::string stated_letter(std::string_view answer) {
  const std::string text = lower_case(answer);
  /// End of the white space that starts at `at`; `at` itself when there is none.
  const auto skip_space = [&](std::size_t at) {
    while (at < text.size() && is_white_space(code_point(text, at)))
      at += code_point(text, at).bytes;
    return at;
  };
  for (auto at = text.find("answer"); at != std::string::npos; at = text.find("answer", at + 1)) {
    const std::size_t is = skip_space(at + 6);
    if (is == at + 6 || text.compare(is, 2, "is") != 0) continue;
    std::size_t x = skip_space(is + 2);
    if (x == is + 2) continue;
    while (x < text.size() && text[x] == '*') ++x;
    if (x < text.size() && text[x] >= 'a' && text[x] <= 'd') {
      return letter_of(static_cast<std::size_t>(text[x] - 'a'));
    }
  }
  return {};
}

}  // namespace

std::string letter_of(std::size_t index) {
  return std::string(1, static_cast<char>('A' + static_cast<int>(index)));
}

std::string read_letter_exact(std::string_view answer, std::size_t options) {
  return answer.size() == 1 && is_letter(answer[0], options) ? std::string(answer) : "";
}

std::string read_letter_first(std::string_view answer, std::size_t options) {
  const std::string text = strip_white_space(answer);
  return !text.empty() && is_letter(text[0], options) ? text.substr(0, 1) : "";
}

std::string read_letter_vlmevalkit(std::string_view answer,
                                   const std::vector<std::string>& options) {
  const auto letters = letters_of(options);
  const auto is_option = [&](const std::string& letter) {
    return std::find(letters.begin(), letters.end(), letter) != letters.end();
  };
  const std::string word = letter_word(answer, letters);
  if (word == "Z" && !is_option("Z")) return {};
  if (!word.empty()) return word;
  const std::string stated = stated_letter(answer);
  if (is_option(stated)) return stated;
  const std::string lower = lower_case(answer);
  std::size_t length = 0;
  std::string found;
  bool several = false;
  for (std::size_t k = 0; k < options.size(); ++k) {
    const std::string option = lower_case(options[k]);
    length += characters(options[k]);
    if (option.empty() || lower.find(option) == std::string::npos) continue;
    several = !found.empty();
    if (several) break;
    found = letter_of(k);
  }
  if (several) return {};
  return characters(lower) <= 2 * length ? found : "";
}

std::optional<std::size_t> least_loss(std::span<const double> losses,
                                      const std::vector<std::string>& options) {
  if (losses.size() != options.size()) return std::nullopt;
  std::optional<std::size_t> least;
  for (std::size_t k = 0; k < losses.size(); ++k) {
    if (options[k].empty()) continue;
    if (std::isnan(losses[k])) return std::nullopt;
    if (!least || losses[k] < losses[*least]) least = k;
  }
  return least;
}

}  // namespace vrp
