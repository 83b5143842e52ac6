#pragma once
// What a print and our number of the same name say about each other.
#include <string>

#include "stages/reduce/long_table.hpp"
#include "stages/reduce/paper_cells.hpp"

namespace vrp {

enum class PaperVerdict { inside, outside, not_testable, other_definition };
std::string_view verdict_name(PaperVerdict verdict);  ///< "not testable"

/// Our number beside a cell.
struct Counterpart {
  TableValue value;
  bool exact = false;    ///< a layer, a count or a p: the number is its own interval
  std::string obstacle;  ///< why it is not what the paper measured: another checkpoint, another set
};

struct Judgement {
  PaperVerdict verdict = PaperVerdict::not_testable;
  std::string reason;  ///< of not_testable and other_definition
};

/// inside: the print, read as the interval of its rounding, meets our interval (ends included).
/// not testable: no counterpart (then `missing` says why), an obstacle, a number of ours that is
/// not defined or has no interval, or a cell that nothing can be held against. other definition:
/// the print is another quantity than its name says and `authors` is not the profile that computes
/// it.
Judgement judge(const PublishedCell& cell, const Counterpart* ours, bool authors,
                const std::string& missing = {});

}  // namespace vrp
