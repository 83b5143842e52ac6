#include <algorithm>
#include <cmath>
#include <iostream>
#include <tuple>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/control/csv.hpp"
#include "pipeline/control/stats_options.hpp"
#include "pipeline/control/stats_report.hpp"
#include "pipeline/stats/clustered.hpp"

namespace vrp {
namespace {

// The two columns of --pair or --compare; a name may itself hold a comma.
std::pair<std::string, std::string> two_columns(const CsvTable& table, const char* option,
                                                const std::string& text) {
  const auto has = [&](const std::string& name) {
    return std::find(table.header.begin(), table.header.end(), name) != table.header.end();
  };
  for (auto comma = text.find(','); comma != std::string::npos; comma = text.find(',', comma + 1)) {
    const std::string a = text.substr(0, comma), b = text.substr(comma + 1);
    if (has(a) && has(b)) return {a, b};
  }
  const std::vector<std::string> names = split(text, ',');
  if (names.size() != 2) {
    fail_usage("vrp stats: ", option, " is '", text, "', expected two columns A,B");
  }
  return {names[0], names[1]};
}

template <class T>
std::vector<T> reordered(const std::vector<T>& values, const std::vector<std::size_t>& order) {
  std::vector<T> out;
  out.reserve(order.size());
  for (const std::size_t i : order) out.push_back(values[i]);
  return out;
}

void analyse_signals(const CsvTable& table, const std::vector<std::size_t>& order,
                     const std::vector<std::int32_t>& group, const StatsOptions& o,
                     StatsReport& report) {
  stats::Columns columns;
  columns.group = group;
  columns.label = reordered(binary_column(table, o.label), order);
  for (const std::string& name : o.signals) {
    columns.signals.push_back({name, reordered(numeric_column(table, name), order)});
  }
  if (!o.type.empty()) {
    const std::vector<std::string> types = reordered(text_column(table, o.type, false), order);
    columns.type = stats::number_texts(types);
    for (std::size_t i = 0; i < types.size(); ++i) {
      if (types[i].empty()) columns.type[i] = stats::kNoType;
    }
  }
  report.accuracy = stats::accuracy(columns.label);
  const stats::Analysis analysis(
      std::move(columns),
      {.replicates = o.replicates, .seed = static_cast<std::uint64_t>(o.seed), .purpose = "stats"});
  report.unlabelled = analysis.unlabelled();
  report.groups = analysis.groups();
  report.signals = analysis.summaries(analysis.replicates({0, o.replicates}));
}

CompareReport analyse_compare(const CsvTable& table, const std::vector<std::size_t>& order,
                              const std::vector<std::int32_t>& group, const StatsOptions& o) {
  CompareReport out;
  std::tie(out.a, out.b) = two_columns(table, "--compare", o.compare);
  stats::Columns all;
  all.group = group;
  all.label = reordered(binary_column(table, o.label), order);
  std::vector<double> a = reordered(numeric_column(table, out.a), order);
  std::vector<double> b = reordered(numeric_column(table, out.b), order);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) || std::isnan(b[i])) a[i] = b[i] = std::nan("");
  }
  all.signals = {{out.a, std::move(a)}, {out.b, std::move(b)}};
  const stats::Analysis analysis(std::move(all), {.replicates = o.replicates,
                                                  .seed = static_cast<std::uint64_t>(o.seed),
                                                  .purpose = "stats/compare"});
  const stats::Columns& used = analysis.columns();
  const std::vector<double>&x = used.signals[0].values, &z = used.signals[1].values;
  out.unlabelled = analysis.unlabelled();
  out.auroc_a = stats::auroc(x, used.label);
  out.auroc_b = stats::auroc(z, used.label);
  out.difference = stats::auroc_difference(x, z, used.label);
  out.clustered = stats::auroc_difference_clustered(x, z, used.label, used.group);
  if (out.difference.value) {
    out.bootstrap =
        analysis.auroc_difference_interval(analysis.replicates({0, o.replicates}), 0, 1);
  } else {
    out.bootstrap.flags = out.difference.flags;
  }
  return out;
}

PairReport analyse_pair(const CsvTable& table, const std::vector<std::size_t>& order,
                        const std::vector<std::int32_t>& group, const StatsOptions& o) {
  const auto [a, b] = two_columns(table, "--pair", o.pair);
  const std::vector<std::int8_t> first = reordered(binary_column(table, a), order);
  const std::vector<std::int8_t> second = reordered(binary_column(table, b), order);
  return {a, b,
          stats::compare_paired(first, second, group,
                                {.replicates = o.replicates,
                                 .seed = static_cast<std::uint64_t>(o.seed),
                                 .purpose = "stats/pair"})};
}

}  // namespace

int stats_command(const Arguments& arguments) {
  StatsOptions o;
  if (!read_stats_options(arguments, o)) return 0;
  const CsvTable table = read_csv(o.input);
  const std::vector<std::size_t> order = content_order(table);
  std::vector<std::int32_t> group;
  if (!o.group.empty()) {
    group = stats::number_texts(reordered(text_column(table, o.group, true), order));
  }
  StatsReport report{.table = o.input, .label = o.label, .group = o.group, .type = o.type};
  report.rows = static_cast<std::int64_t>(table.rows.size());
  report.replicates = o.replicates;
  report.seed = static_cast<std::uint64_t>(o.seed);
  if (!o.signals.empty()) analyse_signals(table, order, group, o, report);
  if (!o.compare.empty()) report.compare = analyse_compare(table, order, group, o);
  if (!o.pair.empty()) report.pair = analyse_pair(table, order, group, o);
  print_stats(std::cout, report);
  if (!o.json.empty()) write_atomically(o.json, stats_json(report).dump(2) + "\n");
  return static_cast<int>(ExitCode::complete);
}

}  // namespace vrp
