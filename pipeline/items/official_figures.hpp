#pragma once
// The figures that each benchmark's own evaluation prints, from the labels of one scorer.
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/items/labels.hpp"

namespace vrp {

/// One scorer's labels by row of an item table (labels.hpp has the same by item of a capture).
struct RowLabels {
  std::string scorer;                 ///< name without version
  std::vector<std::int32_t> y;        ///< 1 correct, 0 incorrect, -1 no label
  std::vector<std::uint8_t> invalid;  ///< 1 = nothing could be parsed
  std::vector<double> score;          ///< soft score in [0, 1], NaN = no label
  std::vector<std::string> parsed;    ///< what was read from the answer
};

/// One printed figure.
struct OfficialFigure {
  std::string group_kind;  ///< "all", "split", "answer_type", "question_type", "category", "sum",
                           ///< "capability", "capability_set", "type", "data_type", "mean"
  std::string group;       ///< value of the group; "all" where group_kind is "all"
  std::string figure;      ///< "accuracy", "precision", "acc+", "ratio", ...
  std::int64_t n = 0;      ///< labelled questions behind it
  double value = 0;        ///< NaN = undefined: `note` says why
  std::string unit;        ///< "%", "1" (a fraction), "points"
  std::string definition;  ///< how it is computed
  std::string note;        ///< "" or what is missing, left out, rounded
};

/// Figures of the benchmark that `items` comes from (fact "importer", else its kind), in a fixed
/// order; empty when the benchmark has none for this scorer (POPE's need a scorer that reads yes or
/// no, VQA's a soft accuracy, MM-Vet's the grades, LLaVA-Bench's the judge's scores).
///   POPE, yes/no    accuracy, precision, recall, f1, yes ratio, unparsed share, per split and the
///                   mean of the splits, fractions; precision without a predicted yes is undefined;
///                   tables whose rows name several categories: per category, a row in each
///   VQAv2, TextVQA  100 x mean soft accuracy, 2 decimals: all, per answer type, per question type
///   MME             accuracy, acc+ and score (points) per category; perception and cognition sums
///                   over the categories that are there
///   SEED-Bench      accuracy in % per type, per data type, all: means over questions
///   MM-Vet          100 x mean grade, 1 decimal: per capability, per capability set, total
///   LLaVA-Bench     100 x mean(model) / mean(reference) per category and all, and 10 x each mean;
///                   the two means rounded to 3 decimals first, the figures to 1
///   counting, spatial, other choice tables: accuracy in % per type and all
/// Rows without a label are left out and counted in the notes. `reviews` by row of the table are
/// needed for LLaVA-Bench only; those of ReviewFile::published, which keep the pairs -1, -1 of
/// unreadable reviews, reproduce the official summary, which averages them in.
/// Images of MME without two labelled questions are left out of acc+, counted in its note.
/// Error (bad_input) when the columns are not as long as the table, or when some rows have a group
/// in their metadata and others lack it.
std::vector<OfficialFigure> official_figures(const ItemTable& items, const RowLabels& labels,
                                             const Reviews& reviews = {});

/// The labels of `scorer` in a record that add_labels has completed, by row of the table; rows that
/// the record lacks have no label.
RowLabels row_labels(const Record& capture, const ItemTable& items, const std::string& scorer);

/// `value` to `digits` decimals as Python's round() does: correctly rounded from its exact value.
double round_decimal(double value, int digits);

}  // namespace vrp
