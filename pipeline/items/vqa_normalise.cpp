#include "pipeline/items/vqa_normalise.hpp"

#include <algorithm>
#include <array>

#include "pipeline/base/error.hpp"
#include "pipeline/items/lower_case.hpp"
#include "pipeline/items/normalise.hpp"

namespace vrp {
namespace {

constexpr std::string_view kMarks = ";/[]\"{}()=+\\_-><@`,?!";
constexpr int kPeriods = 32;  // the published code passes a flag of that value as a count

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool has_comma_number(std::string_view text, VqaRule rule) {
  const bool runs = rule == VqaRule::textvqa || rule == VqaRule::lmms_eval;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (!is_digit(text[i]) || text[i + 1] != ',') continue;
    std::size_t end = i + 2;
    while (runs && end < text.size() && text[end] == ',') ++end;
    if (end < text.size() && is_digit(text[end])) return true;
  }
  return false;
}

/// What TextVQA's processor does before the steps that all share.
std::string textvqa_words(std::string_view text) {
  std::string out;
  const std::string lower = lower_case(text);
  for (std::size_t i = 0; i < lower.size(); ++i) {
    if (lower[i] != ',' && lower[i] != '?') out += lower[i];
  }
  std::string apart;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out.compare(i, 2, "'s") == 0) apart += ' ';
    apart += out[i];
  }
  return strip_white_space(apart);
}

std::string number_or_word(const std::string& word) {
  if (word == "none") return "0";
  const auto number = number_word(word);
  return number && *number <= 10 ? std::to_string(*number) : word;
}

}  // namespace

std::string vqa_trim(std::string_view text) {
  std::string spaced(text);
  std::replace_if(
      spaced.begin(), spaced.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return strip_white_space(spaced);
}

std::string vqa_punctuation(std::string_view text, VqaRule rule) {
  const bool comma_number = has_comma_number(text, rule);
  const auto beside_space = [&](char mark) {
    const std::array<char, 2> before = {' ', mark}, after = {mark, ' '};
    return text.find(std::string_view(before.data(), 2)) != std::string_view::npos ||
           text.find(std::string_view(after.data(), 2)) != std::string_view::npos;
  };
  std::string marked;
  for (const char c : text) {
    if (kMarks.find(c) == std::string_view::npos) {
      marked += c;
    } else if (!comma_number && !beside_space(c)) {
      marked += ' ';
    }
  }
  std::string out;
  int periods = 0;
  for (std::size_t i = 0; i < marked.size(); ++i) {
    const bool before = i > 0 && is_digit(marked[i - 1]);
    const bool after = i + 1 < marked.size() && is_digit(marked[i + 1]);
    const bool stays = after || (rule == VqaRule::vlmevalkit && before);
    if (marked[i] == '.' && !stays && periods < kPeriods) {
      ++periods;
    } else {
      out += marked[i];
    }
  }
  return out;
}

std::string vqa_normalise(std::string_view text, VqaRule rule) {
  const std::string trimmed = vqa_trim(rule == VqaRule::textvqa ? textvqa_words(text) : text);
  std::string out;
  for (const auto& piece : split_white_space(lower_case(vqa_punctuation(trimmed, rule)))) {
    const std::string word = number_or_word(piece);
    if (word == "a" || word == "an" || word == "the") continue;
    if (!out.empty()) out += ' ';
    out += expand_contraction(word);
  }
  return out;
}

VqaScore vqa_accuracy(std::string_view answer, const std::vector<std::string>& humans,
                      VqaRule rule) {
  if (humans.size() < 2) {
    fail("soft accuracy with ", humans.size(), " human answers, expected at least 2");
  }
  bool raw = rule == VqaRule::official;
  for (const auto& human : humans) raw = raw && vqa_trim(human) == vqa_trim(humans.front());
  const auto compared = [&](std::string_view text) {
    return raw ? vqa_trim(text) : vqa_normalise(text, rule);
  };
  VqaScore out;
  out.compared = compared(answer);
  std::vector<bool> equal;
  for (const auto& human : humans) equal.push_back(compared(human) == out.compared);
  const auto matches = std::count(equal.begin(), equal.end(), true);
  std::int64_t thirds = 0;  // sum over i of min(3, matches among the others)
  for (const bool own : equal) thirds += std::min<std::int64_t>(3, matches - (own ? 1 : 0));
  out.accuracy = static_cast<double>(thirds) / static_cast<double>(3 * humans.size());
  return out;
}

}  // namespace vrp
