#pragma once
// The tables of a run, each a pure function of its results.
#include <string_view>
#include <vector>

#include "stages/reduce/paper.hpp"
#include "stages/reduce/results.hpp"
#include "stages/reduce/table.hpp"

namespace vrp {

Table table_t1(const Results& results, const RunFacts& facts);  ///< accuracy, heads, stress test
Table table_t2(const Results& results, const RunFacts& facts);  ///< peaks of the lens, MLP share
Table table_t3(const Results& results, const RunFacts& facts);  ///< probe beside output, by set
Table table_t4(const Results& results, const RunFacts& facts);  ///< R, AUROC, precision at SC = 1
Table table_t7(const Results& results, const RunFacts& facts);  ///< AUROC of the signals
Table table_t8(const Results& results, const RunFacts& facts);  ///< type, AUROC, cost
Table table_t5(const Results& results, const RunFacts& facts);  ///< neurons of the last block
Table table_t6(const Results& results, const RunFacts& facts);  ///< many neurons, whole MLP
Table table_t9(const Results& results, const RunFacts& facts);  ///< success and failure neurons
Table table_t9_layers(const Results& results, const RunFacts& facts);     ///< probes by layer
Table table_t11(const Results& results, const RunFacts& facts);           ///< masked patches
Table table_t12(const Results& results, const RunFacts& facts);           ///< controls of probes
Table table_t12_transfer(const Results& results, const RunFacts& facts);  ///< probes across sets
Table table_effects(const Results& results, const RunFacts& facts);       ///< every intervention
Table table_t10(const Results& results, const RunFacts& facts);      ///< relevance-aware signals
Table table_signals(const Results& results, const RunFacts& facts);  ///< every statistic
/// Pairs of signals on the same items; R over all models.
Table table_signal_differences(const Results& results, const RunFacts& facts);
Table table_across_models(const Results& results, const RunFacts& facts);
Table table_risk_coverage(const Results& results, const RunFacts& facts);
Table table_calibration(const Results& results, const RunFacts& facts);
Table table_class_balance(const Results& results, const RunFacts& facts);
Table table_label_audit(const Results& results, const RunFacts& facts);      ///< under each scorer
Table table_label_agreement(const Results& results, const RunFacts& facts);  ///< pairs of scorers
Table table_label_signals(const Results& results, const RunFacts& facts);    ///< AUROC by scorer
Table table_format_confound(const Results& results, const RunFacts& facts);
Table table_official_figures(const Results& results, const RunFacts& facts);
Table table_agreement(const Results& results, const RunFacts& facts);
Table table_pooled_sets(const Results& results, const RunFacts& facts);
Table table_paper_delta(const Results& results, const RunFacts& facts);  ///< every printed number

/// The same as a page to read, with a table for each of the paper's: RUN/reduce/paper_delta.md.
std::string paper_delta_page(const Results& results, const RunFacts& facts);

/// All of the above, in the order of the report, each row complete (table_rules.hpp).
std::vector<Table> all_tables(const Results& results, const RunFacts& facts);

// Shared by the tables of statistics.

/// A statistic with its adjusted p.
struct Found {
  const StatRow* row = nullptr;
  const AdjustedP* adjusted = nullptr;
  explicit operator bool() const { return row != nullptr; }
};
/// By names; an empty Found when there is none. Rows of majority labels are not looked at.
Found find(const Results& results, std::string_view model, std::string_view benchmark,
           std::string_view signal, std::string_view statistic);

/// (model, benchmark) of every cell with results, in the order of the rows.
std::vector<std::pair<std::string, std::string>> cells_of(const Results& results);

/// A table of statistics: the columns of T4.csv for machines.
Table statistic_table(std::string id, std::string title, const RunFacts& facts);
/// Which tests gave the table's p, as its rows say; "" = none did.
std::string tests_sentence(const Table& table);
/// Notes on which tests gave the table's p, as its rows say, and on the families of p adj.
void add_test_note(Table& table, const RunFacts& facts);
std::vector<Cell> machine_row(const Table& table, const StatRow& row, const AdjustedP& adjusted,
                              const PaperFigure* paper);

std::string display_name(std::string_view signal);  ///< "H_s", "S_SC", or the name itself
std::string display_set(std::string_view benchmark);
std::string percent(double share, int decimals = 1);  ///< "90.8 %", "n/a"
std::string percent_interval(double low, double high, int decimals = 1);

}  // namespace vrp
