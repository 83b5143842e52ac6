#include "pipeline/items/rouge.hpp"

#include <algorithm>

#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

/// Length of the longest common subsequence; one row of the table is kept.
std::size_t common_length(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::size_t> row(b.size() + 1, 0);
  for (const std::string& token : a) {
    std::size_t diagonal = 0;  // of the row before, one column to the left
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = token == b[j - 1] ? diagonal + 1 : std::max(above, row[j - 1]);
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> rouge_tokens(std::string_view text) {
  std::vector<std::string> tokens;
  std::string token;
  const auto flush = [&] {
    if (!token.empty()) tokens.push_back(std::move(token));
    token.clear();
  };
  for (const char c : to_lower_ascii(text)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      token += c;
    } else {
      flush();
    }
  }
  flush();
  return tokens;
}

double rouge_l_f1(std::string_view candidate, std::string_view reference) {
  const auto a = rouge_tokens(candidate), b = rouge_tokens(reference);
  const auto common = static_cast<double>(a.empty() || b.empty() ? 0 : common_length(a, b));
  if (common == 0) return 0;
  const double precision = common / static_cast<double>(a.size());
  const double recall = common / static_cast<double>(b.size());
  return 2 * precision * recall / (precision + recall);
}

}  // namespace vrp
