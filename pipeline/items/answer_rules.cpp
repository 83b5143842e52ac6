#include "pipeline/items/answer_rules.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "pipeline/base/text.hpp"
#include "pipeline/items/normalise.hpp"
#include "pipeline/items/scorer.hpp"
#include "pipeline/items/vqa_normalise.hpp"

namespace vrp {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Decimal text without leading zeros.
std::string plain_integer(std::string_view digits) {
  const auto first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? "0" : std::string(digits.substr(first));
}

std::string relation_of(std::string_view word) {
  static const std::map<std::string_view, std::string_view> kRelations = {
      {"left", "left"},     {"right", "right"}, {"above", "above"},
      {"over", "above"},    {"top", "above"},   {"below", "below"},
      {"beneath", "below"}, {"under", "below"}, {"bottom", "below"}};
  const auto found = kRelations.find(word);
  return found == kRelations.end() ? "" : std::string(found->second);
}

/// The single element, or "" when there is none or more than one.
std::string only(const std::set<std::string>& found) {
  return found.size() == 1 ? *found.begin() : "";
}

/// Length of the number that starts at `at`: 12, 1,000 or 3.5.
std::size_t number_length(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  const auto digits_at = [&](std::size_t from) {
    std::size_t n = 0;
    while (from + n < text.size() && is_digit(text[from + n])) ++n;
    return n;
  };
  if (end - at <= 3) {
    while (end < text.size() && text[end] == ',' && digits_at(end + 1) == 3) end += 4;
  }
  if (end < text.size() && text[end] == '.' && digits_at(end + 1) > 0)
    end += 1 + digits_at(end + 1);
  return end - at;
}

/// 1,000 -> 1000; 03 -> 3; 3.50 -> 3.5; 3.0 -> 3.
std::string plain_number(std::string_view text) {
  std::string digits(text);
  digits.erase(std::remove(digits.begin(), digits.end(), ','), digits.end());
  const auto period = digits.find('.');
  std::string fraction = period == std::string::npos ? "" : digits.substr(period + 1);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  const std::string whole = plain_integer(std::string_view(digits).substr(0, period));
  return fraction.empty() ? whole : whole + "." + fraction;
}

}  // namespace

std::string read_yes_no(std::string_view answer) {
  for (const auto& word : split_white_space(norm(answer))) {
    if (word == "yes" || word == "no") return word;
  }
  return {};
}

std::string read_pope(std::string_view answer) {
  std::string sentence(answer.substr(0, answer.find('.')));
  sentence.erase(std::remove(sentence.begin(), sentence.end(), ','), sentence.end());
  for (const auto& piece : split(sentence, ' ')) {
    if (piece == "No" || piece == "no" || piece == "not") return "no";
  }
  return "yes";
}

std::string read_vlmevalkit(std::string_view answer) {
  bool yes = false, no = false;
  for (const auto& word :
       split_white_space(vqa_punctuation(to_lower_ascii(answer), VqaRule::vlmevalkit))) {
    yes |= word == "yes";
    no |= word == "no";
  }
  if (yes == no) return {};
  return yes ? "Yes" : "No";
}

std::string read_mme(std::string_view answer) {
  const std::string lower = to_lower_ascii(answer);
  std::size_t end = 0;  // of the first four characters (code points; Python's lower() makes two
                        // of the dotted capital I, U+0130)
  for (int characters = 0; end < lower.size() && characters < 4; ++characters) {
    if (lower.compare(end, 2, "\xC4\xB0") == 0) ++characters;
    do {
      ++end;
    } while (end < lower.size() && (static_cast<unsigned char>(lower[end]) & 0xC0) == 0x80);
  }
  const std::string_view head = std::string_view(lower).substr(0, end);
  if (head.find("yes") != std::string_view::npos) return "yes";
  if (head.find("no") != std::string_view::npos) return "no";
  return {};
}

std::string read_lmms_eval(std::string_view answer) {
  const std::string text = strip_white_space(to_lower_ascii(answer));
  return text == "yes" || text == "no" ? text : "";
}

std::string read_mme_lmms_eval(std::string_view answer) {
  std::string text = strip_white_space(to_lower_ascii(answer));
  text.erase(std::remove(text.begin(), text.end(), '.'), text.end());
  if (text == "y") return "yes";
  if (text == "n") return "no";
  return read_mme(text);
}

std::string read_integer(std::string_view answer) {
  for (const auto& word : split_white_space(norm(answer))) {
    if (const auto number = number_word(word)) return std::to_string(*number);
    if (word == "none" || word == "no") return "0";
    const auto begin = std::find_if(word.begin(), word.end(), is_digit);
    if (begin == word.end()) continue;
    return plain_integer({begin, std::find_if_not(begin, word.end(), is_digit)});
  }
  return {};
}

std::string read_relation(std::string_view answer) {
  for (const auto& word : split_white_space(norm(answer))) {
    if (auto relation = relation_of(word); !relation.empty()) return relation;
  }
  return {};
}

std::string read_lenient_number(std::string_view answer) {
  const std::string lower = to_lower_ascii(answer);
  for (std::size_t at = 0; at < lower.size();) {
    if (is_digit(lower[at])) {
      return plain_number(std::string_view(lower).substr(at, number_length(lower, at)));
    }
    std::size_t end = at;
    while (end < lower.size() && lower[end] >= 'a' && lower[end] <= 'z') ++end;
    if (const auto number = number_word(std::string_view(lower).substr(at, end - at))) {
      return std::to_string(*number);
    }
    at = std::max(end, at + 1);
  }
  return {};
}

std::string read_lenient_relation(std::string_view answer) {
  std::set<std::string> found;
  for (const auto& word : split_white_space(norm(answer))) {
    if (auto relation = relation_of(word); !relation.empty()) found.insert(std::move(relation));
  }
  return only(found);
}

std::string read_lenient_yes_no(std::string_view answer) {
  std::set<std::string> found;
  for (const auto& word : split_white_space(norm(answer))) {
    if (word == "yes" || word == "no") found.insert(word);
  }
  return only(found);
}

bool matches_authors_lenient(std::string_view text, std::string_view reference) {
  const std::string p = trim(to_lower_ascii(text)), g = trim(to_lower_ascii(reference));
  return p.find(g) != std::string::npos || g.find(p) != std::string::npos;
}

}  // namespace vrp
