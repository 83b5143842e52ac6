#pragma once
// Every printed number of the paper beside ours, before it becomes a table or a page.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "stages/reduce/paper_counterparts.hpp"

namespace vrp {

struct DeltaRow {
  const PublishedCell* cell = nullptr;
  std::optional<Counterpart> ours;  ///< nothing: this run has no counterpart
  Judgement judgement;              ///< its reason is there for not_testable and other_definition

  // For people; "-" where there is no number.
  std::string model, set, quantity, printed, estimate, interval, n, invalid, difference;
  std::string notes;  ///< "3, (a), C2, u"
};

/// Texts that many rows share, each once: note K of `definitions` is "K", of `reasons` "(a)", of
/// `commands` "CK".
struct DeltaRows {
  std::vector<DeltaRow> rows;  ///< one at least for each of published_cells(), in their order
  std::vector<std::string> definitions, reasons, commands;
};

/// Numbers of rows by verdict, in the order inside, outside, other definition, not testable.
struct VerdictCounts {
  std::array<std::size_t, 4> rows{};
  std::size_t all() const { return rows[0] + rows[1] + rows[2] + rows[3]; }
  void add(PaperVerdict verdict);
};

DeltaRows delta_rows(const Results& results, const RunFacts& facts);

/// ours - print in the unit of the cell; NaN where one of them is no number.
double difference_of(const DeltaRow& row);

/// RUN/reduce/paper_delta.md: counts, one table for each table of the paper, notes.
std::string delta_page(const DeltaRows& rows, const RunFacts& facts);

/// The head of page and table: what was compared with what, and the counts.
std::vector<std::string> delta_head(const DeltaRows& rows, const RunFacts& facts);

}  // namespace vrp
