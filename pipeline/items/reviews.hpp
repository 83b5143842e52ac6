#pragma once
// Judges' verdicts on a model's answers, from files and to be asked for (benchmarks sections 3, 4).
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pipeline/items/labels.hpp"

namespace vrp {

struct ReviewFile {
  Reviews reviews;    ///< by row of the table
  Reviews published;  ///< the same with the pairs -1, -1 of unreadable reviews kept
  std::map<std::string, std::string>
      facts;  ///< format, judge, SHA-256, counts of what was left out, spread over runs
  std::vector<std::string> warnings;
};

/// Reads LLaVA-Bench review lines, MM-Vet grades (object or JSON Lines), decided by content, joined
/// to the table by question id. A table row without a review has none (NaN); the pair -1, -1 of an
/// unreadable review counts as none too. Several MM-Vet runs: their mean. Error (bad_input): scores
/// out of range, a question with two reviews, an id or category that the table lacks, runs of
/// unequal length.
ReviewFile read_reviews(const std::filesystem::path& path, const ItemTable& items);

/// A model's answer to the item of that key.
struct JudgeRequest {
  std::string key, answer;
};

/// Writes (atomically) JSON Lines that a judge program works through, one line per request in the
/// given order: question_id, category, question, context, reference, answer, model, answer_format
/// ("two scores 1..10" | "grade 0..1") and a ready prompt of our own wording. MM-Vet tables
/// (importer mm_vet) ask for a grade, others for two scores. Error (bad_input) on a key that the
/// table lacks or that comes twice, and on an item without a reference.
void write_judge_requests(const std::filesystem::path& path, const ItemTable& items,
                          const std::vector<JudgeRequest>& requests, const std::string& model);

}  // namespace vrp
