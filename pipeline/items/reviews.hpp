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
      facts;  ///< format, judge, source_sha256, rows, unreadable, lenient, missing, left_out;
              ///< MM-Vet also runs, run_totals and spread (population sd of the totals over runs,
              ///< in %)
  std::vector<std::string> warnings;
};

/// Reads, decided by content and joined to the table by question id,
///   LLaVA-Bench review lines  {"question_id", "category", "content", "tuple": [reference, model]},
///                             scores 1..10. Without `tuple` the first line of `content` is parsed:
///                             commas become spaces, two numbers at single spaces; more blanks are
///                             accepted and counted (fact "lenient"). Anything else, and the pair
///                             -1, -1, is an unreadable review: none, counted.
///   MM-Vet grades 0..1        one object {"v1_5": {"model": [..], "score": [..]}} or JSON Lines
///                             {"question_id", "run", "score"}; several runs: their mean.
/// An optional text field "judge" of a line (MM-Vet: "model") names the judge.
/// Error (bad_input), naming file, line or id, field and text: scores out of range; a question
/// without a review, with two, or with two grades of one run; an id or category that the table
/// lacks, another category than the item's; runs of unequal length; two judges; a format that no
/// scorer of the table uses. `required` (by row; empty = all) says which questions must have a
/// review: those with an answer; the others may lack one. With `skip_bad` the bad lines and missing
/// questions are left out,
/// listed in `warnings` and counted; unequal runs, two judges and a wrong format remain errors.
ReviewFile read_reviews(const std::filesystem::path& path, const ItemTable& items,
                        bool skip_bad = false, const std::vector<bool>& required = {});

/// A model's answer to the item of that key.
struct JudgeRequest {
  std::string key, answer;
};

/// Writes (atomically) JSON Lines that a judge program works through, one line per request in the
/// given order: question_id, category, question, context, reference, answer, model, scale ("two
/// scores 1..10" | "grade 0..1") and a ready prompt of our own wording. MM-Vet tables (those with
/// the scorer `grade`) ask for a grade, others for two scores on the first line. Error (bad_input)
/// on a key that the table lacks or that comes twice, and on an item without a reference.
void write_judge_requests(const std::filesystem::path& path, const ItemTable& items,
                          const std::vector<JudgeRequest>& requests, const std::string& model);

}  // namespace vrp
