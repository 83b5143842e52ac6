#include "stages/reduce/paper_verdict.hpp"

#include <cmath>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

/// What binary fractions do to a decimal end such as 0.505.
constexpr double kEnd = 1e-9;

bool meet(double low, double high, double other_low, double other_high) {
  return low <= other_high + kEnd && other_low <= high + kEnd;
}

std::string also(const std::string& first, std::string_view second) {
  if (first.empty()) return std::string(second);
  return second.empty() ? first : concat(first, "; ", second);
}

}  // namespace

std::string_view verdict_name(PaperVerdict verdict) {
  switch (verdict) {
    case PaperVerdict::inside:
      return "inside";
    case PaperVerdict::outside:
      return "outside";
    case PaperVerdict::other_definition:
      return "other definition";
    case PaperVerdict::not_testable:
      break;
  }
  return "not testable";
}

Judgement judge(const PublishedCell& cell, const Counterpart* ours, bool authors,
                const std::string& missing) {
  const PaperNoteText note = paper_note(cell.note);
  const std::string_view why = cell.print == Print::untestable ? note.why : std::string_view();
  if (ours == nullptr) return {PaperVerdict::not_testable, also(std::string(why), missing)};
  const TableValue& value = ours->value;
  if (!ours->obstacle.empty()) return {PaperVerdict::not_testable, also(ours->obstacle, why)};
  if (!why.empty()) return {PaperVerdict::not_testable, std::string(why)};
  if (!std::isfinite(value.estimate))
    return {PaperVerdict::not_testable,
            concat("ours is not defined: ", value.note.empty() ? "no reason given" : value.note)};
  if (cell.print == Print::elsewhere)
    return {PaperVerdict::other_definition, concat("the print: ", note.print)};
  if (cell.print == Print::authors && !authors)
    return {PaperVerdict::other_definition,
            concat("the print: ", note.print, "; profile authors computes it")};
  const double low = ours->exact ? value.estimate : value.low;
  const double high = ours->exact ? value.estimate : value.high;
  if (!std::isfinite(low) || !std::isfinite(high))
    return {PaperVerdict::not_testable,
            concat("ours has no interval",
                   value.interval.starts_with("none: ") ? ": " + value.interval.substr(6) : "")};
  return {meet(cell.low, cell.high, low, high) ? PaperVerdict::inside : PaperVerdict::outside, ""};
}

}  // namespace vrp
