#pragma once
// Which items two runs share: matched by key and checked to be the same question about the same
// picture. Pure functions of item tables and columns.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/control/compare_statistics.hpp"
#include "stages/reduce/columns.hpp"

namespace vrp {

/// One run's side of a benchmark; both outlive what is made of them.
struct CompareSide {
  const ItemTable* table = nullptr;
  const CellColumns* columns = nullptr;
};

struct ItemMatch {
  std::string key;
  std::optional<std::size_t> table_a, table_b;  ///< rows of the tables; absent = not in that table
  std::optional<std::size_t> row_a, row_b;      ///< rows of the columns; absent = not computed
  std::string difference;  ///< what is asked otherwise: "question", "picture", ...; "" = the same
  bool answered_a = false, answered_b = false;
  bool compared() const { return difference.empty() && answered_a && answered_b; }
  std::string state() const;  ///< "compared", "only in A", "other question", "failed in A", ...
};

/// Every item of either table is in exactly one of these, `unlabelled` and `other_reference` aside.
struct MatchCounts {
  std::int64_t only_a = 0, only_b = 0;  ///< keys of one table
  std::int64_t other_content = 0;       ///< same key, another question, hint, options or picture
  std::int64_t not_computed = 0;        ///< in both tables, not computed (yet) in A or B
  std::int64_t failed_a = 0, failed_b = 0, failed_both = 0;  ///< in A only, in B only, in both
  std::int64_t compared = 0;                                 ///< answered in both
  std::int64_t unlabelled = 0;       ///< of those compared: without a label in A or B
  std::int64_t other_reference = 0;  ///< of those compared: with another reference answer
  MatchCounts& operator+=(const MatchCounts& other);
};

struct Match {
  std::vector<ItemMatch> items;  ///< of either table, in ascending order of the key
  MatchCounts counts;
  std::string first_other;  ///< key of the first item with other content, and what differs; or ""
};

Match match_items(const CompareSide& a, const CompareSide& b);

/// Signals that both hold: the same dataset with the same orientation, in the order of A's names.
/// The name is A's where B calls it so too, else the path.
struct SharedSignal {
  std::string name, path;
  std::size_t a = 0, b = 0;  ///< columns
};
std::vector<SharedSignal> shared_signals(const CellColumns& a, const CellColumns& b);

/// Columns of the items that were answered in both.
PairedColumns paired_columns(const Match& match, const CompareSide& a, const CompareSide& b);

/// One set of several: each with its match and sides. Groups are pictures, whichever set shows
/// them; a question about a picture that an earlier set asked is left out. Signals are those that
/// every set has and that mean the same on all of them (SignalColumn::pooled).
struct ComparedSet {
  const Match* match = nullptr;
  CompareSide a, b;
};
PairedColumns pooled_columns(const std::vector<ComparedSet>& sets);

}  // namespace vrp
