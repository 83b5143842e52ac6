#pragma once
// What an answer to a yes/no question was read as, from its label and what the rule read.
#include <string>

#include "stages/reduce/columns.hpp"

namespace vrp {

enum class Said { neither, yes, no };

/// Of row `i`, which must have a label. A right answer is its reference. A wrong one is what the
/// rule read ("yes" or "no", case ignored); where that is not known, the opposite of its reference,
/// unless nothing could be read.
Said said(const CellColumns& cell, const LabelColumn& label, std::size_t i);

/// True when nothing could be read from the answer of row `i`: the rule says so, or, on a yes/no
/// question, a wrong answer was read as neither yes nor no (a rule that compares whole texts reads
/// every text, but finds no verdict in most).
bool unparsed(const CellColumns& cell, const LabelColumn& label, std::size_t i);

/// Positive class = yes. A wrong answer that is neither counts as not yes.
struct YesNoCounts {
  std::int64_t n = 0, reference_yes = 0, said_yes = 0, both_yes = 0;
  void add(Said answer, bool reference_is_yes);
  double precision() const;  ///< NaN when nothing was said to be yes
  double recall() const;     ///< NaN when no reference is yes
  double f1() const;         ///< NaN when precision or recall is, or both are 0
  double yes_ratio() const;  ///< said yes / n
  double yes_share() const;  ///< references yes / n
  std::string note() const;  ///< why a figure is undefined; ""
};

bool is_yes(const std::string& reference);

}  // namespace vrp
