#include "stages/reduce/yes_no_said.hpp"

#include "pipeline/base/text.hpp"
#include "pipeline/items/scorer.hpp"
#include "pipeline/store/frame.hpp"

namespace vrp {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? kUndefined : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

bool is_yes(const std::string& reference) { return norm(reference) == "yes"; }

Said said(const CellColumns& cell, const LabelColumn& label, std::size_t i) {
  const bool yes = is_yes(cell.reference[i]);
  if (label.y[i] == 1) return yes ? Said::yes : Said::no;
  if (label.unparsed[i] != 0) return Said::neither;
  if (label.parsed.empty()) return yes ? Said::no : Said::yes;
  const std::string read = to_lower_ascii(trim(label.parsed[i]));
  return read == "yes" ? Said::yes : read == "no" ? Said::no : Said::neither;
}

bool unparsed(const CellColumns& cell, const LabelColumn& label, std::size_t i) {
  return label.unparsed[i] != 0 ||
         (cell.kind[i] == "yes_no" && said(cell, label, i) == Said::neither);
}

void YesNoCounts::add(Said answer, bool reference_is_yes) {
  ++n;
  reference_yes += reference_is_yes;
  said_yes += answer == Said::yes;
  both_yes += answer == Said::yes && reference_is_yes;
}

double YesNoCounts::precision() const { return ratio(both_yes, said_yes); }
double YesNoCounts::recall() const { return ratio(both_yes, reference_yes); }
double YesNoCounts::yes_ratio() const { return ratio(said_yes, n); }
double YesNoCounts::yes_share() const { return ratio(reference_yes, n); }

double YesNoCounts::f1() const {
  if (said_yes == 0 || reference_yes == 0 || both_yes == 0) return kUndefined;
  return ratio(2 * both_yes, said_yes + reference_yes);
}

std::string YesNoCounts::note() const {
  if (n == 0) return "";
  if (said_yes == 0) return "precision: no answer was yes";
  if (reference_yes == 0) return "recall: no reference is yes";
  return both_yes == 0 ? "F1: precision and recall are 0" : "";
}

}  // namespace vrp
