#include "pipeline/control/stats_options.hpp"

#include <boost/program_options.hpp>
#include <iostream>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

namespace po = boost::program_options;

constexpr const char* kHelp =
    R"(usage: vrp stats --input TABLE.csv --label COLUMN --signal NAME... [options]

How well do signals tell rows with label 1 from rows with label 0? AUROC with DeLong's p and
bootstrap intervals, AUROC within question type, and the point-biserial correlation R, on any
comma-separated table with a header line. An empty cell, NA or NaN is a missing value: its row
leaves that signal's statistics and is counted as invalid.

With --group, p and intervals over groups stand beside the classical ones, which take every row for
independent: Obuchowski's variance for AUROC, cluster-robust standard errors for R, t with G - 1
degrees of freedom. Report those over groups wherever rows share an image.

  vrp stats --input answers.csv --label correct --signal entropy confidence --group image_id
  vrp stats --input answers.csv --label correct --compare confidence,entropy --group image_id
  vrp stats --input answers.csv --pair correct_masked,correct --group image_id

)";

po::options_description described(StatsOptions& o) {
  po::options_description options("options");
  auto add = options.add_options();
  add("input", po::value(&o.input)->value_name("TABLE.csv"), "the table: UTF-8, RFC 4180 quoting");
  add("label", po::value(&o.label)->value_name("COLUMN"), "column of 0 and 1 (1 = correct)");
  add("signal", po::value(&o.signals)->multitoken()->composing()->value_name("NAME..."),
      "numeric column; several may follow, and the option may be repeated");
  add("group", po::value(&o.group)->value_name("COLUMN"),
      "rows with one value here (one image) belong together: adds p and intervals over groups");
  add("type", po::value(&o.type)->value_name("COLUMN"),
      "question type: adds AUROC over pairs of one type");
  add("compare", po::value(&o.compare)->value_name("A,B"),
      "two signals: difference of their AUROC on the rows that have both, paired DeLong test");
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
bool parse(const Arguments& arguments, StatsOptions& o) {
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
  if (o.label.empty() && !o.compare.empty()) {
    fail_usage("vrp stats: --compare needs --label COLUMN");
  }
  if (o.label.empty() != (o.signals.empty() && o.compare.empty())) {
    fail_usage("vrp stats: --label and --signal belong together; ",
               o.label.empty() ? "--label" : "--signal", " is missing");
  }
  if (o.label.empty() && o.pair.empty()) {
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

}  // namespace

bool read_stats_options(const Arguments& arguments, StatsOptions& options) {
  if (!parse(arguments, options)) return false;
  check_options(options);
  return true;
}

}  // namespace vrp
