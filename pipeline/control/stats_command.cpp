#include <algorithm>
#include <boost/program_options.hpp>
#include <iostream>
#include <set>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/rng.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/control/csv.hpp"
#include "pipeline/control/stats_report.hpp"

namespace vrp {
namespace {

namespace po = boost::program_options;

constexpr const char* kHelp =
    R"(usage: vrp stats --input TABLE.csv --label COLUMN --signal NAME... [options]

How well do signals tell rows with label 1 from rows with label 0? AUROC with DeLong's p and
bootstrap intervals, AUROC within question type, and the point-biserial correlation R, on any
comma-separated table with a header line. An empty cell, NA or NaN is a missing value: its row
leaves that signal's statistics and is counted as invalid.

  vrp stats --input answers.csv --label correct --signal entropy confidence --group image_id
  vrp stats --input answers.csv --pair correct_masked,correct --group image_id

)";

struct StatsOptions {
  std::string input, label, group, type, pair, json;
  std::vector<std::string> signals;
  std::int64_t replicates = stats::kReplicates;
  std::int64_t seed = kDefaultSeed;
};

po::options_description described(StatsOptions& o) {
  po::options_description options("options");
  auto add = options.add_options();
  add("input", po::value(&o.input)->value_name("TABLE.csv"), "the table: UTF-8, RFC 4180 quoting");
  add("label", po::value(&o.label)->value_name("COLUMN"), "column of 0 and 1 (1 = correct)");
  add("signal", po::value(&o.signals)->multitoken()->composing()->value_name("NAME..."),
      "numeric column; several may follow, and the option may be repeated");
  add("group", po::value(&o.group)->value_name("COLUMN"),
      "rows with one value here (one image) are resampled together");
  add("type", po::value(&o.type)->value_name("COLUMN"),
      "question type: adds AUROC over pairs of one type");
  add("pair", po::value(&o.pair)->value_name("A,B"),
      "two columns of 0 and 1: difference A - B in percentage points, exact McNemar p");
  add("replicates", po::value(&o.replicates)->value_name("N")->default_value(stats::kReplicates),
      "bootstrap replicates, 100 .. 10000000");
  add("seed", po::value(&o.seed)->value_name("N")->default_value(std::int64_t{kDefaultSeed}),
      "seed of the bootstrap; the same seed gives the same numbers");
  add("json", po::value(&o.json)->value_name("OUT"), "also write the numbers as JSON to this file");
  add("help", "show this text");
  return options;
}

std::vector<std::string> option_names(const po::options_description& options) {
  std::vector<std::string> names;
  for (const auto& option : options.options()) names.push_back(option->long_name());
  return names;
}

// False when the help text was asked for (and printed).
bool read_options(const Arguments& arguments, StatsOptions& o) {
  const po::options_description options = described(o);
  const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  try {
    po::variables_map values;
    const po::parsed_options parsed =
        po::command_line_parser(arguments).options(options).style(style).run();
    for (const po::option& option : parsed.options) {
      if (option.position_key < 0) continue;
      fail_usage("vrp stats: '", option.value.front(),
                 "' belongs to no option; see vrp stats --help");
    }
    po::store(parsed, values);
    po::notify(values);
    if (values.count("help") > 0) {
      std::cout << kHelp << options;
      return false;
    }
  } catch (const po::unknown_option& error) {
    const std::string name = error.get_option_name();
    const std::string near =
        nearest(name.substr(name.find_first_not_of('-')), option_names(options));
    fail_usage("vrp stats: unknown option '", name, "'",
               near.empty() ? std::string("; see vrp stats --help")
                            : concat("; did you mean --", near, "?"));
  } catch (const po::error& error) {
    fail_usage("vrp stats: ", error.what(), "; see vrp stats --help");
  }
  return true;
}

void check_options(const StatsOptions& o) {
  if (o.input.empty()) fail_usage("vrp stats: --input TABLE.csv is missing; see vrp stats --help");
  if (o.label.empty() != o.signals.empty()) {
    fail_usage("vrp stats: --label and --signal belong together; ",
               o.label.empty() ? "--label" : "--signal", " is missing");
  }
  if (o.signals.empty() && o.pair.empty()) {
    fail_usage(
        "vrp stats: nothing to compute, expected --label COLUMN --signal NAME or --pair A,B");
  }
  if (!o.type.empty() && o.signals.empty()) fail_usage("vrp stats: --type needs --signal");
  if (o.replicates < 100 || o.replicates > 10000000) {
    fail_usage("vrp stats: --replicates is ", o.replicates, ", expected 100 .. 10000000");
  }
  if (o.seed < 0) fail_usage("vrp stats: --seed is ", o.seed, ", expected 0 or more");
  std::set<std::string> seen;
  for (const std::string& name : o.signals) {
    if (!seen.insert(name).second) fail_usage("vrp stats: signal '", name, "' is given twice");
  }
}

// The two columns of --pair; a name may itself hold a comma.
std::pair<std::string, std::string> pair_columns(const CsvTable& table, const std::string& text) {
  const auto has = [&](const std::string& name) {
    return std::find(table.header.begin(), table.header.end(), name) != table.header.end();
  };
  for (auto comma = text.find(','); comma != std::string::npos; comma = text.find(',', comma + 1)) {
    const std::string a = text.substr(0, comma), b = text.substr(comma + 1);
    if (has(a) && has(b)) return {a, b};
  }
  const std::vector<std::string> names = split(text, ',');
  if (names.size() != 2) fail_usage("vrp stats: --pair is '", text, "', expected two columns A,B");
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

PairReport analyse_pair(const CsvTable& table, const std::vector<std::size_t>& order,
                        const std::vector<std::int32_t>& group, const StatsOptions& o) {
  const auto [a, b] = pair_columns(table, o.pair);
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
  if (!read_options(arguments, o)) return 0;
  check_options(o);
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
  if (!o.pair.empty()) report.pair = analyse_pair(table, order, group, o);
  print_stats(std::cout, report);
  if (!o.json.empty()) write_atomically(o.json, stats_json(report).dump(2) + "\n");
  return static_cast<int>(ExitCode::complete);
}

}  // namespace vrp
