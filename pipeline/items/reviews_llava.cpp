#include <algorithm>
#include <charconv>
#include <optional>

#include "pipeline/base/text.hpp"
#include "pipeline/items/normalise.hpp"
#include "pipeline/items/review_rows.hpp"

namespace vrp {
namespace {

constexpr double kUnreadable = -1;

std::optional<double> number(std::string_view text) {
  const std::string bare = strip_white_space(text);
  const char* begin = bare.data() + (bare.starts_with('+') ? 1 : 0);
  double value = 0;
  const auto [end, code] = std::from_chars(begin, bare.data() + bare.size(), value);
  if (code != std::errc() || end != bare.data() + bare.size()) return std::nullopt;
  return value;
}

/// Two numbers and nothing else.
std::optional<Review> pair_of(const std::vector<std::string>& pieces) {
  if (pieces.size() != 2) return std::nullopt;
  const auto reference = number(pieces[0]), model = number(pieces[1]);
  if (!reference || !model) return std::nullopt;
  return Review{*model, *reference};
}

struct Parsed {
  Review review{kUnreadable, kUnreadable};
  bool lenient = false;  ///< the published parser would not have read it
};

Parsed parse_content(const std::string& content) {
  std::string line = content.substr(0, content.find('\n'));
  std::replace(line.begin(), line.end(), ',', ' ');
  if (const auto strict = pair_of(split(line, ' '))) return {*strict, false};
  if (const auto lenient = pair_of(split_white_space(line))) return {*lenient, true};
  return {};
}

Review tuple_of(const Json& tuple, const std::string& where) {
  const bool pair =
      tuple.is_array() && tuple.size() == 2 && tuple[0].is_number() && tuple[1].is_number();
  if (!pair) {
    fail(where, ": field 'tuple' is ", excerpt(tuple.dump()),
         ", expected [reference score, model score]");
  }
  return {tuple[1].get<double>(), tuple[0].get<double>()};
}

bool in_range(double score) { return score >= 1 && score <= 10; }

/// "conv" of "conv" or "llava_bench_conv".
std::string bare_category(const std::string& name) {
  constexpr std::string_view kPrefix = "llava_bench_";
  return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
}

/// Category of a table row, "" without one.
std::string category_of(const ItemTable& items, std::size_t row) {
  const Json metadata = parse_json(items.metadata[row], "metadata of " + items.key[row]);
  const auto found = metadata.find("category");
  return found != metadata.end() && found->is_string() ? bare_category(found->get<std::string>())
                                                       : "";
}

void check_category(const JsonRow& line, const std::string& category) {
  if (!line.value.contains("category") || category.empty()) return;
  const std::string named = json_text(line.value, "category", line.where);
  if (bare_category(named) != category) {
    fail(line.where, ": field 'category' is '", excerpt(named), "', expected '", category,
         "' as in the item table");
  }
}

}  // namespace

void read_llava_reviews(const std::vector<JsonRow>& lines, ReviewRows& rows) {
  rows.require_scorer("judge", "LLaVA-Bench reviews (1..10)");
  std::map<std::size_t, std::string> first;  // row -> where
  std::set<std::size_t> seen;
  std::size_t unreadable = 0, lenient = 0;
  for (const JsonRow& line : lines) {
    if (line.value.contains("judge")) {
      rows.judged_by(json_text(line.value, "judge", line.where), line.where);
    }
    rows.row([&] {
      const std::size_t row = rows.find(json_id(line.value, "question_id", line.where), line.where);
      if (const auto [before, fresh] = first.emplace(row, line.where); !fresh) {
        fail(line.where, ": question '", excerpt(rows.items().id[row]),
             "' has a second review, the first is at ", before->second);
      }
      check_category(line, category_of(rows.items(), row));
      const Parsed parsed = line.value.contains("tuple")
                                ? Parsed{tuple_of(line.value["tuple"], line.where), false}
                                : parse_content(json_text(line.value, "content", line.where));
      const Review& review = parsed.review;
      const bool none = review.score == kUnreadable && review.reference == kUnreadable;
      if (!none && !(in_range(review.score) && in_range(review.reference))) {
        fail(line.where, ": scores ", review.reference, " and ", review.score,
             ", expected both in 1..10, or -1 and -1");
      }
      rows.out.published[row] = review;
      if (!none) rows.out.reviews[row] = review;
      unreadable += none ? 1 : 0;
      lenient += parsed.lenient ? 1 : 0;
      seen.insert(row);
    });
  }
  rows.out.facts["format"] = "LLaVA-Bench reviews";
  rows.out.facts["unreadable"] = std::to_string(unreadable);
  rows.out.facts["lenient"] = std::to_string(lenient);
  if (unreadable > 0) {
    rows.out.warnings.push_back(
        concat(rows.file(), ": ", unreadable, " unreadable reviews (-1, -1) give no score"));
  }
  if (lenient > 0) {
    rows.out.warnings.push_back(concat(
        rows.file(), ": ", lenient, " score lines have blanks that the official parser refuses"));
  }
  rows.finish(seen);
}

}  // namespace vrp
