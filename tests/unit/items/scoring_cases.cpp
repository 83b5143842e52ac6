// Runs case files with the layout of *_cases.json: {"title", "aggregate": {...}, "cases": [...]}.
// Each case has `answer`, a reference (`label`, or several human answers `gt_answers`), where the
// rule needs them `choices`, `choice_loss`, `review`, and a column per rule with what the rule
// reads from the answer ("unlabelled" where it gives no label); `RULE_correct` is its verdict,
// `RULE_score` its soft score; the columns of VQA cases are in scoring_tally.hpp. `aggregate.RULE`
// holds the figures over all cases. Files come from VRP_CASES_DIR (or the argument), searched
// recursively.
//
//   scoring_cases check [DIR]         exit 0 all hold, 1 something differs, 77 nothing is supported
//   scoring_cases unsupported [DIR]   exit 77 and a list when a file, column or figure is not
//                                     supported, else 0
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/items/scorer.hpp"
#include "pipeline/items/yes_no_summary.hpp"
#include "tests/unit/items/scoring_tally.hpp"

namespace {

using vrp::Json;
namespace fs = std::filesystem;

/// A column's scorer, and the word that the published program has for "nothing read".
struct Rule {
  std::string scorer, unread;
};
const std::map<std::string, Rule> kRules = {{"yes_no", {"yes_no", "invalid"}},
                                            {"pope", {"pope_official", ""}},
                                            {"pope_official", {"pope_official", ""}},
                                            {"vlmevalkit", {"vlmevalkit", "Unknown"}},
                                            {"mme", {"mme", "other"}},
                                            {"exact", {"exact", "invalid"}},
                                            {"integer", {"integer", "invalid"}},
                                            {"relation", {"relation", "invalid"}},
                                            {"lenient", {"lenient", "invalid"}},
                                            {"authors_lenient_full", {"authors_lenient_full", ""}}};
const std::set<std::string> kDescriptive = {
    "id",         "answer",  "label",   "tag",         "question_type", "answer_type",
    "gt_answers", "answers", "choices", "choice_loss", "review"};

/// A column's rule: one of kRules, or any scorer by its name.
std::optional<Rule> rule_of(const std::string& column) {
  if (const auto rule = kRules.find(column); rule != kRules.end()) return rule->second;
  for (const vrp::Scorer& scorer : vrp::all_scorers()) {
    if (scorer.name == column) return Rule{column, "invalid"};
  }
  return std::nullopt;
}

vrp::Verdict judge(const std::string& scorer, const Json& row) {
  const std::string answer = row.at("answer").get<std::string>();
  const std::string label = row.contains("label") ? row["label"].get<std::string>() : "";
  const auto humans = human_answers(row);
  std::vector<std::string> choices;
  std::vector<double> losses;
  vrp::Review review;
  if (row.contains("choices")) choices = row["choices"].get<std::vector<std::string>>();
  if (row.contains("choice_loss")) losses = row["choice_loss"].get<std::vector<double>>();
  if (row.contains("review")) {
    review.score = row["review"].at("score").get<double>();
    review.reference = row["review"].value("reference", review.reference);
  }
  return vrp::score(vrp::find_scorer(scorer), {label, humans, choices},
                    {answer, losses, row.contains("review") ? &review : nullptr});
}

std::string read_as(const Rule& rule, const vrp::Verdict& verdict) {
  if (!verdict.labelled) return "unlabelled";
  return verdict.invalid ? rule.unread : verdict.parsed;
}

/// `column` is RULE + `suffix`.
std::optional<Rule> rule_before(const std::string& column, const std::string& suffix) {
  if (!column.ends_with(suffix)) return std::nullopt;
  return rule_of(column.substr(0, column.size() - suffix.size()));
}

void check_column(const std::string& column, const Json& row, const std::string& where,
                  Tally& tally, std::map<std::string, std::size_t>& unknown) {
  const Json& want = row.at(column);
  if (kDescriptive.contains(column)) return;
  const bool humans = !human_answers(row).empty();
  if (humans && check_vqa_column(column, row, where, tally)) return;
  if (const auto rule = rule_of(column)) {
    tally.expect(where, read_as(*rule, judge(rule->scorer, row)),
                 want.is_string() ? want.get<std::string>() : want.dump());
  } else if (column == "rules_agree") {
    const std::string a = judge("pope_official", row).parsed, b = judge("vlmevalkit", row).parsed;
    tally.expect(where, (a == "yes" && b == "Yes") || (a == "no" && b == "No") ? "true" : "false",
                 want.dump());
  } else if (const auto judged = rule_before(column, "_correct")) {
    tally.expect(where, judge(judged->scorer, row).correct ? "true" : "false", want.dump());
  } else if (const auto scored = rule_before(column, "_score")) {
    tally.expect(where, judge(scored->scorer, row).score, want);
  } else {
    ++unknown[column];
  }
}

/// The figures of a yes/no rule over all cases, by name; percentages are VLMEvalKit's.
std::map<std::string, std::optional<double>> figures(const Json& cases, const Rule& rule) {
  std::vector<std::string> parsed, labels;
  for (const Json& row : cases) {
    const vrp::Verdict verdict = judge(rule.scorer, row);
    parsed.push_back(verdict.invalid ? "" : verdict.parsed);
    labels.push_back(row.at("label").get<std::string>());
  }
  const vrp::YesNoSummary s = vrp::summarise_yes_no(parsed, labels);
  const vrp::VlmevalkitPercent p = vrp::vlmevalkit_percent(s);
  const auto count = [](std::int64_t n) { return std::optional<double>(static_cast<double>(n)); };
  return {{"accuracy", s.accuracy},
          {"precision", s.precision},
          {"recall", s.recall},
          {"f1", s.f1},
          {"yes_ratio", s.yes_ratio},
          {"unparsed", s.unparsed},
          {"tp", count(s.tp)},
          {"fp", count(s.fp)},
          {"tn", count(s.tn)},
          {"fn", count(s.fn)},
          {"accuracy_percent", p.accuracy},
          {"precision_percent", p.precision},
          {"recall_percent", p.recall},
          {"f1_percent", p.f1}};
}

void check_aggregate(const std::string& file, const Json& document, Tally& tally) {
  if (!document.contains("aggregate")) return;
  for (const auto& [rule, wanted] : document["aggregate"].items()) {
    const auto known = kRules.find(rule);
    const bool yes_no =
        known != kRules.end() && wanted.is_object() &&
        std::set<std::string>{"yes_no", "pope_official", "vlmevalkit", "mme"}.contains(
            known->second.scorer);
    if (!yes_no) {
      tally.unsupported.push_back(file + ": aggregate '" + rule + "'");
      continue;
    }
    const auto got = figures(document.at("cases"), known->second);
    for (const auto& [figure, value] : wanted.items()) {
      const auto found = got.find(figure);
      if (found == got.end()) {
        tally.unsupported.push_back(file + ": aggregate '" + rule + "." + figure + "'");
      } else {
        tally.expect(file + ": aggregate '" + rule + "." + figure + "'", found->second, value);
      }
    }
  }
}

void check_document(const std::string& file, const Json& document, Tally& tally) {
  const Json& cases = document.at("cases");
  const auto scorable = [](const Json& row) {
    return row.is_object() && row.contains("answer") && row["answer"].is_string() &&
           (!human_answers(row).empty() || (row.contains("label") && row["label"].is_string()));
  };
  if (cases.empty() || !std::all_of(cases.begin(), cases.end(), scorable)) {
    tally.unsupported.push_back(
        vrp::concat(file, ": ", cases.size(),
                    " cases, some without `answer` and a reference (`label`, `gt_answers`)"));
    return;
  }
  ++tally.files;
  tally.cases += cases.size();
  std::map<std::string, std::size_t> unknown;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    for (const auto& column : cases[i].items()) {
      check_column(column.key(), cases[i], vrp::concat(file, ": [", i, "] ", column.key()), tally,
                   unknown);
    }
  }
  for (const auto& [column, n] : unknown) {
    tally.unsupported.push_back(vrp::concat(file, ": column '", column, "' (", n, " cases)"));
  }
  if (human_answers(cases.front()).empty()) {
    check_aggregate(file, document, tally);
  } else {
    check_vqa_aggregate(file, document, tally);
  }
}

/// Every *.json below `root` that is a case file; a *_cases.json must be one.
Tally run(const fs::path& root) {
  Tally tally;
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file() && entry.path().extension() == ".json")
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    const std::string name = path.lexically_relative(root).generic_string();
    const std::string text = vrp::read_text(path);
    const bool must = name.ends_with("_cases.json");
    if (!must && !Json::accept(text)) continue;  // JSON Lines: data, no case file
    const Json document = vrp::parse_json(text, path.string());
    if (document.is_object() && document.contains("cases") && document["cases"].is_array()) {
      const std::size_t checks = tally.checks, wrong = tally.wrong;
      check_document(name, document, tally);
      if (tally.checks > checks) {
        std::cout << name << ": " << document["cases"].size() << " cases, " << tally.checks - checks
                  << " checks, " << tally.wrong - wrong << " differ\n";
      }
    } else if (must) {
      ++tally.wrong;
      std::cout << "DIFFERS " << name << ": is not {\"cases\": [...]}\n";
    }
  }
  return tally;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "check";
  const char* variable = std::getenv("VRP_CASES_DIR");
  const fs::path root = argc > 2                           ? argv[2]
                        : variable != nullptr && *variable ? variable
                                                           : VRP_OWN_CASES;
  try {
    if (!fs::is_directory(root)) vrp::fail(root.string(), ": is not a folder of case files");
    const Tally tally = run(root);
    for (const auto& line : tally.unsupported) std::cout << "not supported: " << line << "\n";
    std::cout << root.string() << ": " << tally.files << " files, " << tally.cases << " cases, "
              << tally.checks << " checks, " << tally.wrong << " differ, "
              << tally.unsupported.size() << " not supported\n";
    if (mode == "unsupported") return tally.unsupported.empty() ? 0 : 77;
    if (tally.wrong > 0) return 1;
    return tally.checks > 0 ? 0 : 77;
  } catch (const std::exception& error) {
    std::cout << "error: " << error.what() << "\n";
    return 1;
  }
}
