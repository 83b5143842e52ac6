#pragma once
// What every row for machines says beside its number.
#include <cstdint>
#include <string>
#include <string_view>

#include "stages/reduce/table.hpp"

namespace vrp {

/// Columns of every table with numbers, in CSV and JSON:
///   n, invalid     items behind the number, and items that could not be used
///   estimate       the number; undefined = empty (null), and `note` says why
///   low, high      its interval, of the kind named in `interval`; "none: why" = there is none
///   p, p_adjusted  with `test` and `family`; "none: why" in these where there is none
///   method         how the number is made
///   seed           master seed of every random draw of the run
/// Fills what a row leaves open by these rules: a number without limits has interval "none: ...",
/// a missing p has test and family "none: ...", an undefined number has no limits and a note. Rows
/// of tables without a column `estimate` keep all but seed and profile as they are.
void complete_rows(Table& table, std::uint64_t seed, std::string_view profile);

/// "none", or "none: " and a reason.
bool says_none(std::string_view text);

}  // namespace vrp
