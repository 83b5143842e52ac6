#pragma once
// The columns that statistics are computed on. Rows stand in item-key order; the row number is the
// item. Every column of one analysis has the same N rows.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace vrp::stats {

constexpr std::int8_t kNoLabel = -1;  ///< row without a label: leaves every statistic, counted
constexpr std::int32_t kNoType = -1;  ///< row without a type: leaves the statistics by type

using Labels = std::span<const std::int8_t>;   ///< [N], 1 correct, 0 incorrect, kNoLabel
using Values = std::span<const double>;        ///< [N], NaN = not defined for this row
using Groups = std::span<const std::int32_t>;  ///< [N], 0 .. G-1 (image); empty = a row is a group
using Types = std::span<const std::int32_t>;   ///< [N], 0 .. or kNoType; empty = no types

/// The same groups numbered 0 .. G-1 without gaps, in the order of the numbers: {7,2,7} gives
/// {1,0,1}. For the rows that are left of a column.
std::vector<std::int32_t> without_gaps(Groups group);

/// A named signal. Orientation is the raw one: nothing is flipped.
struct Signal {
  std::string name;
  std::vector<double> values;  ///< [N]
};

/// Numbers texts by their sorted order: equal texts get equal numbers, 0 .. G-1.
/// {"b","a","b"} gives {1,0,1}.
std::vector<std::int32_t> number_texts(const std::vector<std::string>& texts);

/// Rows that a statistic of one signal may use: value not NaN, label 0 or 1.
struct UsedRows {
  std::vector<double> x;          ///< [n]
  std::vector<std::int8_t> y;     ///< [n], 0 or 1
  std::vector<std::int32_t> row;  ///< [n], row in the full columns
  std::int64_t invalid = 0;       ///< rows left out
  std::int64_t positives = 0;     ///< rows with y = 1
  std::int64_t size() const { return static_cast<std::int64_t>(x.size()); }
};
/// Infinite values are kept: they have a rank (but see correlation.hpp).
/// Throws Error(internal) when the columns' lengths differ or a label is not 0, 1 or kNoLabel.
UsedRows used_rows(Values values, Labels labels);

}  // namespace vrp::stats
