#include "stages/reduce/stat_cells.hpp"

#include <cmath>

#include "pipeline/base/text.hpp"
#include "stages/reduce/columns_used.hpp"

namespace vrp {
namespace {

bool flagged(const StatRow& row, std::string_view flag) {
  for (const std::string& one : split(row.flags, ','))
    if (one == flag) return true;
  return false;
}

/// Why a number of the row is missing although its estimate may be there.
std::string reason(const StatRow& row) {
  if (!row.note.empty()) return row.note;
  if (flagged(row, "constant")) return "the signal is constant: no variance";
  if (flagged(row, "zero_variance")) return "a perfect order: no variance";
  return "the variance is not defined";
}

}  // namespace

bool is_share(std::string_view statistic) {
  return statistic == "accuracy" || statistic.ends_with("_accuracy") ||
         statistic == "precision_at_sc1" || statistic.starts_with("coverage_at_risk") ||
         statistic.starts_with("focused_share") || statistic.starts_with("diffuse_share");
}

std::string StatCells::value(const Found& found) const {
  if (!found) return "-";
  const StatRow& row = *found.row;
  const std::string text = is_share(row.statistic) ? percent(row.estimate)
                                                   : fixed(row.estimate, 3, row.statistic == "r");
  if (std::isfinite(row.estimate) && row.statistic.starts_with("auroc") && flagged(row, "constant"))
    return people_->cell(text, "the signal is constant: 0.5 by ties", true);
  return people_->cell(text, reason(row));
}

std::string StatCells::limits(const Found& found) const {
  if (!found) return "-";
  const StatRow& row = *found.row;
  const std::string text = is_share(row.statistic) ? percent_interval(row.low, row.high)
                                                   : interval_text(row.low, row.high, 3);
  if (std::isfinite(row.low) && flagged(row, "skipped_replicates"))
    return people_->cell(text, "more than 1 % of the resamples gave no value (counted in the CSV)",
                         true);
  if (std::isfinite(row.estimate) && !std::isfinite(row.low) && row.interval.empty()) return "-";
  return people_->cell(text, reason(row));
}

std::string StatCells::p(const Found& found) const {
  if (!found || found.row->test.empty()) return "-";
  return people_->cell(p_text(found.row->p), reason(*found.row));
}

std::string StatCells::adjusted(const Found& found) const {
  if (!found || found.row->test.empty()) return "-";
  const bool outside = std::isfinite(found.row->p);
  return people_->cell(p_text(found.adjusted->value),
                       outside ? std::string("needs the right answer: a diagnostic outside the "
                                             "families of tests, no predictor")
                               : reason(*found.row));
}

}  // namespace vrp
