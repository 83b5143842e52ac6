// vrp compare for reading: tables of at most 100 columns, A - B throughout.
#include <algorithm>
#include <cstdio>
#include <ostream>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/compare_report.hpp"

namespace vrp {
namespace {

using Number = std::optional<double>;
using Cells = std::vector<std::string>;
constexpr std::size_t kSettingsShown = 20, kNameWidth = 21;

std::string formatted(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string number(const Number& value, const char* format) {
  return value ? formatted(format, *value) : "-";
}

std::string p_text(const Number& p) {
  return !p ? "-" : *p < 0.0001 ? formatted("%.0e", *p) : formatted("%.4f", *p);
}

std::string range(const Number& low, const Number& high, const char* format) {
  if (!low || !high) return "-";
  return concat("[", formatted(format, *low), ", ", formatted(format, *high), "]");
}

std::string with_range(const stats::Estimate& e, const char* value, const char* ends) {
  return e.value ? concat(formatted(value, *e.value), " ", range(e.low, e.high, ends)) : "-";
}

/// A share in %, with its interval.
std::string share(const stats::Estimate& e) {
  const auto percent = [](const Number& x) { return x ? Number(100 * *x) : x; };
  if (!e.value) return "-";
  return concat(formatted("%.1f", 100 * *e.value), " ",
                range(percent(e.low), percent(e.high), "%.1f"));
}

std::string name_of(const std::string& name) { return excerpt(name, kNameWidth); }

std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

/// The first row is the heading. First column to the left, the others to the right.
void print_table(std::ostream& out, const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths(rows[0].size());
  for (const Cells& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width(row[c]));
  for (const Cells& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string space(widths[c] - width(row[c]), ' ');
      line += c == 0 ? "  " + row[c] + space : "  " + space + row[c];
    }
    out << line.substr(0, line.find_last_not_of(' ') + 1) << "\n";
  }
}

void print_settings(std::ostream& out, const ComparisonReport& report, std::size_t sets) {
  if (report.settings.empty()) {
    out << "\nSettings: no field of the fingerprints differs\n";
    return;
  }
  out << "\nSettings that differ: A | B\n";
  for (std::size_t i = 0; i < report.settings.size() && i < kSettingsShown; ++i) {
    const SettingDifference& d = report.settings[i];
    const auto value = [](const std::string& text) {
      return text.empty() ? std::string("(none)") : excerpt(text, 32);
    };
    out << "  " << d.stage << ": " << excerpt(d.field, 30) << ": " << value(d.a) << " | "
        << value(d.b);
    if (!d.benchmarks.empty() && d.benchmarks.size() < sets)
      out << "  (" << excerpt(join(d.benchmarks, ", "), 40) << ")";
    out << "\n";
  }
  if (report.settings.size() > kSettingsShown)
    out << "  and " << report.settings.size() - kSettingsShown << " more (--json has all)\n";
}

using Compared = const ComparedCell*;

void print_items(std::ostream& out, const std::vector<Compared>& cells) {
  std::vector<Cells> rows{{"set", "compared", "only A", "only B", "differs", "not yet", "failed A",
                           "failed B", "no label"}};
  for (const Compared cell : cells) {
    const MatchCounts& c = cell->counts;
    rows.push_back({name_of(cell->benchmark), concat(c.compared), concat(c.only_a),
                    concat(c.only_b), concat(c.other_content), concat(c.not_computed),
                    concat(c.failed_a + c.failed_both), concat(c.failed_b + c.failed_both),
                    concat(c.unlabelled)});
  }
  out << "\nItems: only A, only B = in one table only; differs = asks something else under its "
         "key;\n"
         "not yet = not computed in A or B; no label = of those compared\n";
  print_table(out, rows);
  for (const Compared cell : cells) {
    if (!cell->first_other.empty())
      out << "  " << cell->benchmark
          << ": first item that asks something else: " << cell->first_other << "\n";
    if (cell->counts.other_reference > 0)
      out << "  " << cell->benchmark << ": " << cell->counts.other_reference
          << " of the compared items have another reference answer in A than in B\n";
  }
}

void print_accuracy(std::ostream& out, const std::vector<Compared>& cells) {
  std::vector<Cells> rows{{"set", "n", "A", "B", "A - B"}};
  std::vector<Cells> tests{
      {"set", "n", "images", "A only", "B only", "p McNemar", "p images", "p Holm", "detectable"}};
  std::set<std::string> scorers, remarks;
  for (const Compared cell : cells) {
    const AccuracyComparison& a = cell->result.accuracy;
    const std::string n = concat(a.paired.n);
    rows.push_back({name_of(cell->benchmark), n, share(a.a), share(a.b),
                    with_range(a.paired.difference_pp, "%+.2f", "%+.2f")});
    tests.push_back({name_of(cell->benchmark), n, concat(a.groups), concat(a.paired.only_a),
                     concat(a.paired.only_b), p_text(a.paired.difference_pp.p),
                     a.by_group ? p_text(a.clustered.p) : "-", p_text(cell->p_holm),
                     number(a.detectable, "%.2f")});
    if (a.paired.n == 0) remarks.insert(cell->benchmark + ": no item has a label in both");
    if (!cell->pooled)
      scorers.insert(cell->scorer_a == cell->scorer_b
                         ? cell->scorer_a
                         : "A " + cell->scorer_a + ", B " + cell->scorer_b);
  }
  out << "\nAccuracy, % of the items that both label, Wilson; A - B in pp with its bootstrap "
         "interval\nlabels: "
      << excerpt(join({scorers.begin(), scorers.end()}, "; "), 90) << "\n";
  print_table(out, rows);
  out << "\nIs it more than chance? A only = right in A, wrong in B; p Holm adjusts p images,\n"
         "or p McNemar where images have one item each; detectable: pp found with 80 % power at "
         "alpha 0.05\n";
  print_table(out, tests);
  if (cells.back()->pooled)
    out << "  pooled: the same items again, so in no family with the single sets\n";
  for (const std::string& remark : remarks) out << "  " << remark << "\n";
}

void print_agreement(std::ostream& out, const std::vector<Compared>& cells) {
  std::vector<Cells> rows{
      {"set", "n", "same text, %", "Norm, %", "labelled", "same correctness, %", "kappa"}};
  for (const Compared cell : cells) {
    const AnswerAgreement& a = cell->result.agreement;
    rows.push_back({name_of(cell->benchmark), concat(a.same_text.n), share(a.same_text),
                    a.same_norm.value ? formatted("%.1f", 100 * *a.same_norm.value) : "-",
                    concat(a.labels.n), share(a.labels.equal),
                    number(a.labels.kappa.value, "%.3f")});
  }
  out << "\nDo A and B answer alike? Norm: but for case and punctuation; kappa: Cohen's, of "
         "correctness\n";
  print_table(out, rows);
}

/// One line for each reason why a printed number is missing.
class Notes {
 public:
  void add(const std::string& name, const char* what, const stats::Estimate& e) {
    if (!e.value || !e.p) {
      const std::string reason = stats::flag_reason(e.flags);
      if (!reason.empty()) lines_.insert(concat(name, ": ", what, ": ", reason));
    }
  }
  void print(std::ostream& out) const {
    for (const std::string& line : lines_) out << "  " << line << "\n";
  }

 private:
  std::set<std::string> lines_;
};

bool is_shown(const ComparisonReport& report, const ComparedCell& cell, std::size_t s) {
  if (report.shown.empty()) return true;
  const std::string& name = cell.result.signals[s].name;
  return std::find(report.shown.begin(), report.shown.end(), name) != report.shown.end();
}

void print_signals(std::ostream& out, const ComparisonReport& report, const ComparedCell& cell) {
  std::vector<Cells> means{{"mean", "n", "A", "B", "A - B", "p", "p BH", "corr."}};
  std::vector<Cells> areas{{"AUROC", "n", "A", "B", "A - B", "p", "p BH"}};
  std::vector<Cells> rs{{"R", "n", "A", "B", "A - B", "p", "p BH"}};
  Notes notes;
  std::size_t hidden = 0;
  bool diagnostic = false;
  for (std::size_t s = 0; s < cell.result.signals.size(); ++s) {
    if (!is_shown(report, cell, s)) {
      ++hidden;
      continue;
    }
    const SignalComparison& signal = cell.result.signals[s];
    const AdjustedSignal& adjusted = cell.adjusted[s];
    const bool marked = signal.needs_reference || signal.control;
    diagnostic = diagnostic || marked;
    const std::string name = name_of(signal.name) + (marked ? "*" : "");
    means.push_back({name, concat(signal.mean_difference.n), number(signal.mean_a.value, "%.3g"),
                     number(signal.mean_b.value, "%.3g"),
                     with_range(signal.mean_difference, "%+.3g", "%+.3g"),
                     p_text(signal.mean_difference.p), p_text(adjusted.mean),
                     number(signal.correlation.value, "%+.2f")});
    const auto row = [&](const DifferenceOfTwo& of, const char* format,
                         const std::optional<double>& p_adjusted) {
      return Cells{name,
                   concat(of.difference.n),
                   number(of.a.value, format),
                   number(of.b.value, format),
                   with_range(of.difference, "%+.3f", "%+.3f"),
                   p_text(of.difference.p),
                   p_text(p_adjusted)};
    };
    areas.push_back(row(signal.auroc, "%.3f", adjusted.auroc));
    rs.push_back(row(signal.r, "%+.3f", adjusted.r));
    notes.add(name, "mean", signal.mean_difference);
    notes.add(name, "AUROC", signal.auroc.difference);
    notes.add(name, "R", signal.r.difference);
  }
  if (means.size() == 1 && hidden == 0) return;
  out << "\nSignals on " << cell.benchmark << "\n";
  if (means.size() > 1) {
    for (const auto* table : {&means, &areas, &rs}) print_table(out, *table);
  }
  notes.print(out);
  if (diagnostic)
    out << "  * a control, or computed with the right answer: in no family of tests\n";
  if (hidden > 0)
    out << "  " << hidden << " more signals: name them with --signal, or --signal all\n";
}

void print_flips(std::ostream& out, const ComparedCell& cell) {
  if (cell.flips.empty()) return;
  out << "\nFlips on " << cell.benchmark << ": the first " << cell.flips.size() << " of "
      << cell.result.accuracy.paired.only_a + cell.result.accuracy.paired.only_b << "\n";
  for (const Flip& flip : cell.flips)
    out << "  " << excerpt(flip.key, 90) << "  right in " << (flip.right_in_a ? "A" : "B")
        << "\n    question   " << excerpt(flip.question, 84) << "\n    reference  "
        << excerpt(flip.reference, 84) << "\n    A          " << excerpt(flip.answer_a, 84)
        << "\n    B          " << excerpt(flip.answer_b, 84) << "\n";
}

void print_partial(std::ostream& out, const ComparisonReport& report) {
  for (const bool first : {true, false}) {
    Progress all;
    for (const ComparedCell& cell : report.cells) {
      if (cell.pooled) continue;
      const Progress& progress = first ? cell.progress_a : cell.progress_b;
      all.units += progress.units;
      all.finished += progress.finished;
    }
    const char* name = first ? "A" : "B";
    if (all.partial())
      out << "PARTIAL: " << all.finished << " of " << all.units << " units of " << name
          << " are finished\n";
    if (first ? report.limited_a : report.limited_b)
      out << "PARTIAL: " << name << " was started with --limit\n";
  }
}

}  // namespace

void print_compare(std::ostream& out, const ComparisonReport& report) {
  std::set<std::string> sets;
  for (const ComparedCell& cell : report.cells)
    if (!cell.pooled) sets.insert(cell.benchmark);
  out << "A  " << report.run_a << "\nB  " << report.run_b << "\n";
  print_partial(out, report);
  out << "95 % intervals, by images where one has several items; " << report.replicates
      << " bootstrap replicates, seed " << report.seed << "\n";
  for (const std::string& note : report.notes) out << note << "\n";
  print_settings(out, report, sets.size());
  for (std::size_t first = 0; first < report.cells.size();) {
    std::vector<Compared> cells;
    const ComparedCell& head = report.cells[first];
    for (; first < report.cells.size() && report.cells[first].model_a == head.model_a &&
           report.cells[first].model_b == head.model_b;
         ++first)
      cells.push_back(&report.cells[first]);
    out << "\n== A: " << head.model_a << "   B: " << head.model_b << "\n";
    print_items(out, cells);
    print_accuracy(out, cells);
    print_agreement(out, cells);
    for (const Compared cell : cells) print_signals(out, report, *cell);
    for (const Compared cell : cells) print_flips(out, *cell);
  }
  out << "\nmean: A - B with t over images; corr.: Pearson's between A and B. AUROC of the "
         "oriented "
         "value,\nR of the raw one: joint bootstrap, the same images drawn for both, since A and B "
         "have labels of\ntheir own. p BH: Benjamini-Hochberg over the signals and sets of one "
         "statistic.\n";
}

}  // namespace vrp
