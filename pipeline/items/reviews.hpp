#pragma once
// Judges' verdicts on a model's answers, from files (benchmarks sections 3 and 4).
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pipeline/items/labels.hpp"

namespace vrp {

struct ReviewFile {
  Reviews reviews;  ///< by row of the table
  std::map<std::string, std::string>
      facts;  ///< format, judge, SHA-256, counts of what was left out
  std::vector<std::string> warnings;
};

/// Reads LLaVA-Bench review lines, MM-Vet grades (object or JSON Lines), decided by content, joined
/// to the table by question id. A table row without a review has none (NaN); the pair -1, -1 of an
/// unreadable review counts as none too. Error (bad_input): scores out of range, a question with
/// two reviews, an id or category that the table lacks, runs of unequal length.
ReviewFile read_reviews(const std::filesystem::path& path, const ItemTable& items);

}  // namespace vrp
