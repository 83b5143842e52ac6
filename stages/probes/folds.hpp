#pragma once
// Which items train and which are scored: outer folds by image, inner folds of each training part
// (methods 11).
#include <cstdint>
#include <string>
#include <vector>

#include "stages/probes/cell_items.hpp"

namespace vrp {

/// Folds of N items by group.
struct Folds {
  int outer = 0, inner = 0;
  std::vector<std::int8_t> fold;  ///< [N], -1 = not used
  std::vector<std::vector<std::int8_t>>
      inner_fold;  ///< [outer][N], fold within the training part; -1 = not used or in the test part
  std::string note;                     ///< why there are no folds at all; "" = there are
  std::vector<std::string> inner_note;  ///< [outer], why a training part has no inner folds

  bool defined() const { return note.empty(); }
};

/// Groups are ordered by a hash of (seed, benchmark, group), the same for every model; each goes to
/// the fold that keeps the counts of both classes closest to their shares (ties: lowest fold).
/// Undefined with a note: no used item, one class, or fewer groups than folds (of either class:
/// folds then lack it, which is allowed as long as every training part has both).
Folds make_folds(const CellItems& items, const std::vector<std::int8_t>& y, int outer, int inner);

/// Labels permuted within question type, draw b >= 0 (rows with -1 keep it); keyed by (seed,
/// benchmark).
std::vector<std::int8_t> shuffled_labels(const CellItems& items, std::int64_t draw);

/// A fit: the items of an outer fold's training part (inner = -1) or of that part without one inner
/// fold. outer = -1: all used items, nothing scored.
struct FitPart {
  int outer = 0, inner = -1;
};
enum class Use : std::int8_t { none = -1, train = 0, test = 1 };
Use use_of(const Folds& folds, FitPart part, std::size_t row);
std::vector<std::int32_t> rows_of(const Folds& folds, FitPart part, Use use);

/// Inner fits, then the outer fit, for each outer fold; none when the folds are undefined. Inner
/// fits of a training part without inner folds are left out.
std::vector<FitPart> nested_parts(const Folds& folds);

/// The authors' split: 80 % of the items for training, stratified by y, by item and not by image,
/// seed 42: fold 1 = training, 0 = test (fit {0, -1} of the result). Leaks where images repeat.
Folds authors_split(const CellItems& items, const std::vector<std::int8_t>& y);

}  // namespace vrp
