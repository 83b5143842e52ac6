#include <algorithm>
#include <cstdio>
#include <ostream>

#include "pipeline/base/error.hpp"
#include "pipeline/control/stats_report.hpp"

namespace vrp {
namespace {

using stats::Estimate;
using stats::Interval;
using Number = std::optional<double>;
using Cells = std::vector<std::string>;

std::string formatted(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string number(const Number& value, const char* format = "%.4f") {
  return value ? formatted(format, *value) : "undefined";
}

std::string p_value(const Number& p) {
  if (!p) return "undefined";
  return *p < 1e-300 ? "< 1e-300" : formatted(*p < 0.001 ? "%.2e" : "%.4f", *p);
}

std::string range(const Number& low, const Number& high, const char* format = "%.4f") {
  if (!low || !high) return "undefined";
  return concat("[", formatted(format, *low), ", ", formatted(format, *high), "]");
}

std::string range(const Interval& interval, const char* format = "%.4f") {
  return range(interval.low, interval.high, format);
}

// Characters of UTF-8 text, which is what a column is wide.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// Rows of one table; the first is the heading. First column to the left, the others to the right.
void print_table(std::ostream& out, const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths(rows[0].size());
  for (const Cells& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width(row[c]));
  }
  for (const Cells& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string space(widths[c] - width(row[c]), ' ');
      if (c == 0) {
        out << "  " << row[c] << space;
      } else {
        out << "  " << space << row[c];
      }
    }
    out << '\n';
  }
}

// One line for each statistic that is undefined, or has a remark.
class Notes {
 public:
  void add(const std::string& name, const char* statistic, stats::Flags flags) {
    const std::string reason = stats::flag_reason(flags);
    if (!reason.empty()) lines_.push_back(concat(name, ": ", statistic, ": ", reason));
  }
  void print(std::ostream& out) const {
    if (!lines_.empty()) out << "\nNotes\n";
    for (const std::string& line : lines_) out << "  " << line << '\n';
  }

 private:
  Cells lines_;
};

void print_heading(std::ostream& out, const StatsReport& report) {
  out << report.table << ": " << report.rows << " rows";
  if (!report.label.empty()) {
    const Estimate& accuracy = report.accuracy;
    out << ", " << report.unlabelled << " without a label in '" << report.label << "'";
    if (accuracy.value) {
      out << "\nlabel = 1 in " << formatted("%.2f", 100 * *accuracy.value) << " % of " << accuracy.n
          << ", Wilson 95 % "
          << range(100 * accuracy.low.value_or(0), 100 * accuracy.high.value_or(0), "%.2f");
    }
  }
  if (!report.group.empty() && !report.label.empty()) {
    out << "\n" << report.groups << " groups in '" << report.group << "'";
  }
  out << "\n" << report.replicates << " bootstrap replicates, seed " << report.seed << "\n";
}

void print_signals(std::ostream& out, const StatsReport& report, Notes& notes) {
  const bool grouped = !report.group.empty(), typed = !report.type.empty();
  std::vector<Cells> areas = {{"signal", "n", "invalid", "AUROC", "BCa over items"}};
  std::vector<Cells> within = {{"signal", "n", "invalid", "pairs", "AUROC", "BCa over items"}};
  std::vector<Cells> rs = {{"signal", "n", "invalid", "R", "Fisher", "BCa over items"}};
  if (grouped) {
    for (std::vector<Cells>* table : {&areas, &within, &rs}) {
      table->front().push_back("percentile over groups");
    }
  }
  if (grouped) {
    areas.front().push_back("Obuchowski");
    rs.front().push_back("cluster-robust");
  }
  areas.front().push_back("p (DeLong)");
  rs.front().push_back("p (t-test)");
  if (grouped) {
    areas.front().push_back("p over groups");
    rs.front().push_back("p over groups");
  }
  for (const stats::SignalSummary& row : report.signals) {
    const std::string n = concat(row.n), invalid = concat(row.invalid);
    const Estimate& typed_auroc = row.within.estimate;
    Cells& area = areas.emplace_back(
        Cells{row.name, n, invalid, number(row.auroc.value), range(row.auroc_intervals.item_bca)});
    Cells& by_type = within.emplace_back(Cells{
        row.name, concat(typed_auroc.n), concat(report.rows - typed_auroc.n),
        concat(row.within.pairs), number(typed_auroc.value), range(row.within_intervals.item_bca)});
    Cells& r =
        rs.emplace_back(Cells{row.name, n, invalid, number(row.r.value),
                              range(row.r.low, row.r.high), range(row.r_intervals.item_bca)});
    if (grouped) {
      area.push_back(range(row.auroc_intervals.group_percentile));
      by_type.push_back(range(row.within_intervals.group_percentile));
      r.push_back(range(row.r_intervals.group_percentile));
      area.push_back(range(row.auroc_clustered.low, row.auroc_clustered.high));
      r.push_back(range(row.r_clustered.low, row.r_clustered.high));
    }
    area.push_back(p_value(row.auroc.p));
    r.push_back(p_value(row.r.p));
    if (grouped) {
      area.push_back(p_value(row.auroc_clustered.p));
      r.push_back(p_value(row.r_clustered.p));
    }
    const auto with_groups = [&](stats::Flags flags, const Interval& interval,
                                 stats::Flags clustered = {}) {
      return grouped ? flags | interval.flags | clustered : flags;
    };
    notes.add(row.name, "AUROC",
              with_groups(row.auroc.flags | row.auroc_intervals.item_bca.flags,
                          row.auroc_intervals.group_percentile, row.auroc_clustered.flags));
    if (typed) {
      notes.add(row.name, "AUROC within type",
                with_groups(typed_auroc.flags | row.within_intervals.item_bca.flags,
                            row.within_intervals.group_percentile));
    }
    notes.add(row.name, "R",
              with_groups(row.r.flags | row.r_intervals.item_bca.flags,
                          row.r_intervals.group_percentile, row.r_clustered.flags));
  }
  out << "\nAUROC: does a higher value mean label 1? (0.5 = no information, raw orientation; "
         "intervals 95 %)\n";
  print_table(out, areas);
  if (typed) {
    out << "\nAUROC within type: pairs of one '" << report.type << "' only\n";
    print_table(out, within);
  }
  out << "\nR: point-biserial correlation with the label\n";
  print_table(out, rs);
}

void print_compare(std::ostream& out, const CompareReport& compare, Notes& notes) {
  const Estimate& d = compare.difference;
  const bool grouped = !compare.clustered.flags.has(stats::Flag::not_given);
  out << "\nAUROC of '" << compare.a << "' minus AUROC of '" << compare.b
      << "', on the rows that have both\n";
  std::vector<Cells> table = {
      {"n", "invalid", "first", "second", "difference", "paired DeLong",
       compare.bootstrap.method.empty() ? "bootstrap" : compare.bootstrap.method},
      {concat(d.n), concat(d.invalid + compare.unlabelled), number(compare.auroc_a.value),
       number(compare.auroc_b.value), number(d.value), range(d.low, d.high),
       range(compare.bootstrap)}};
  const auto add = [&](const char* heading, const std::string& cell) {
    table[0].push_back(heading);
    table[1].push_back(cell);
  };
  if (grouped) add("Obuchowski", range(compare.clustered.low, compare.clustered.high));
  add("p (paired DeLong)", p_value(d.p));
  if (grouped) add("p over groups", p_value(compare.clustered.p));
  print_table(out, table);
  notes.add(concat(compare.a, " - ", compare.b), "AUROC difference",
            grouped ? d.flags | compare.bootstrap.flags | compare.clustered.flags
                    : d.flags | compare.bootstrap.flags);
}

void print_pair(std::ostream& out, const PairReport& pair, Notes& notes) {
  const stats::PairedComparison& c = pair.comparison;
  out << "\nPaired comparison: '" << pair.a << "' minus '" << pair.b << "', percentage points\n";
  print_table(
      out, {{"n", "invalid", "difference", "BCa over items", "BCa over groups", "only first",
             "only second", "p (exact McNemar)"},
            {concat(c.n), concat(c.invalid), number(c.difference_pp.value, "%.2f"),
             range(c.interval_items, "%.2f"),
             c.interval_groups.flags.has(stats::Flag::not_given) ? "no group column"
                                                                 : range(c.interval_groups, "%.2f"),
             concat(c.only_a), concat(c.only_b), p_value(c.difference_pp.p)}});
  notes.add(concat(pair.a, " - ", pair.b), "difference",
            c.difference_pp.flags | c.interval_items.flags);
}

}  // namespace

void print_stats(std::ostream& out, const StatsReport& report) {
  Notes notes;
  print_heading(out, report);
  if (!report.signals.empty()) print_signals(out, report, notes);
  if (report.compare) print_compare(out, *report.compare, notes);
  if (report.pair) print_pair(out, *report.pair, notes);
  notes.print(out);
}

}  // namespace vrp
