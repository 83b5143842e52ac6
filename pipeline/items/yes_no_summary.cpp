#include "pipeline/items/yes_no_summary.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

YesNoSummary summarise_yes_no(const std::vector<std::string>& parsed,
                              const std::vector<std::string>& labels) {
  if (parsed.size() != labels.size()) {
    fail("yes/no summary: ", parsed.size(), " answers, ", labels.size(), " labels");
  }
  YesNoSummary s;
  s.n = static_cast<std::int64_t>(parsed.size());
  for (std::size_t i = 0; i < parsed.size(); ++i) {
    const std::string read = to_lower_ascii(parsed[i]), label = to_lower_ascii(labels[i]);
    if (label != "yes" && label != "no") {
      fail("yes/no summary: row ", i, ": label '", excerpt(labels[i]), "', expected yes or no");
    }
    if (read == "yes") {
      ++(label == "yes" ? s.tp : s.fp);
    } else if (read == "no") {
      ++(label == "no" ? s.tn : s.fn);
    } else if (read.empty()) {
      ++(label == "yes" ? s.unparsed_yes : s.unparsed_no);
    } else {
      fail("yes/no summary: row ", i, ": read '", excerpt(parsed[i]), "', expected yes, no or ''");
    }
  }
  s.accuracy = ratio(s.tp + s.tn, s.n);
  s.precision = ratio(s.tp, s.tp + s.fp);
  s.recall = ratio(s.tp, s.tp + s.fn + s.unparsed_yes);
  if (s.precision && s.recall && *s.precision + *s.recall > 0) {
    s.f1 = 2 * *s.precision * *s.recall / (*s.precision + *s.recall);
  }
  s.yes_ratio = ratio(s.tp + s.fp, s.n);
  s.unparsed = ratio(s.unparsed_yes + s.unparsed_no, s.n);
  return s;
}

VlmevalkitPercent vlmevalkit_percent(const YesNoSummary& s) {
  const auto percent = [](const std::optional<double>& value) { return 100 * value.value_or(0); };
  return {percent(s.accuracy), percent(s.precision), percent(s.recall), percent(s.f1)};
}

}  // namespace vrp
