#include <map>

#include "pipeline/items/official_figures.hpp"
#include "pipeline/items/scorer.hpp"
#include "pipeline/items/vqa_normalise.hpp"
#include "tests/unit/items/figures_table.hpp"
#include "tests/unit/items/scoring_tally.hpp"

using vrp::Json;
using vrp::VqaRule;

namespace {

/// Prefix of a rule's columns, its scorer, the rule.
struct Variant {
  std::string prefix, scorer;
  VqaRule rule;
};
const std::vector<Variant> kVariants = {{"", "vqa_official", VqaRule::official},
                                        {"textvqa_", "textvqa", VqaRule::textvqa},
                                        {"vlmevalkit_", "vqa_vlmevalkit", VqaRule::vlmevalkit},
                                        {"lmms_eval_", "vqa_lmms_eval", VqaRule::lmms_eval}};

vrp::Verdict judge(const std::string& scorer, const Json& row) {
  const auto humans = human_answers(row);
  const std::vector<std::string> choices;
  const std::string answer = row.at("answer").get<std::string>();
  return vrp::score(vrp::find_scorer(scorer), {"", humans, choices}, {answer});
}

bool unanimous(const std::vector<std::string>& humans) {
  for (const auto& human : humans) {
    if (vrp::vqa_trim(human) != vrp::vqa_trim(humans.front())) return false;
  }
  return true;
}

std::string text_of(const Json& row, const char* field) {
  return row.contains(field) ? row[field].get<std::string>() : "";
}

/// The figures that a run prints for these answers.
std::vector<vrp::OfficialFigure> figures(const Json& cases, const std::string& scorer) {
  FiguresTable table("vqa", "vqav2@1", {scorer + "@1"});
  for (const Json& row : cases) {
    Json metadata = Json::object();
    for (const char* field : {"answer_type", "question_type"}) {
      if (row.contains(field)) metadata[field] = row[field];
    }
    table.add(std::to_string(table.items.size()), "", text_of(row, "question_type"),
              metadata.dump());
    const vrp::Verdict verdict = judge(scorer, row);
    table.label(verdict.correct ? 1 : 0, verdict.score, verdict.parsed);
  }
  return vrp::official_figures(table.items, table.labels);
}

void check_group(const std::string& where, const std::vector<vrp::OfficialFigure>& figures,
                 const std::string& kind, const Json& wanted, Tally& tally) {
  std::size_t there = 0;
  for (const auto& figure : figures) there += figure.group_kind == kind ? 1 : 0;
  tally.expect(where + ": groups", std::to_string(there), std::to_string(wanted.size()));
  for (const auto& [name, value] : wanted.items()) {
    std::optional<double> got;
    for (const auto& figure : figures) {
      if (figure.group_kind == kind && figure.group == name) got = figure.value;
    }
    tally.expect(where + "." + name, got, value);
  }
}

void check_official(const std::string& where, const Json& cases, const Json& wanted, Tally& tally) {
  const auto got = figures(cases, "vqa_official");
  for (const auto& [name, value] : wanted.items()) {
    const std::string place = where + "." + name;
    if (name == "overall") {
      check_group(place, got, "all", {{"all", value}}, tally);
    } else if (name == "perAnswerType") {
      check_group(place, got, "answer_type", value, tally);
    } else if (name == "perQuestionType") {
      check_group(place, got, "question_type", value, tally);
    } else {
      tally.unsupported.push_back(place);
    }
  }
}

}  // namespace

std::vector<std::string> human_answers(const Json& row) {
  for (const char* field : {"gt_answers", "answers"}) {
    if (row.contains(field)) return row[field].get<std::vector<std::string>>();
  }
  return {};
}

bool check_vqa_column(const std::string& column, const Json& row, const std::string& where,
                      Tally& tally) {
  const Json& want = row.at(column);
  const std::string answer = row.at("answer").get<std::string>();
  const auto humans = human_answers(row);
  if (column == "gt_normalised") {
    for (std::size_t i = 0; i < humans.size(); ++i) {
      tally.expect(where + "[" + std::to_string(i) + "]",
                   vrp::vqa_normalise(humans[i], VqaRule::official), want.at(i).get<std::string>());
    }
    return true;
  }
  if (column == "gt_unanimous") {
    tally.expect(where, unanimous(humans) ? "true" : "false", want.dump());
    return true;
  }
  for (const Variant& variant : kVariants) {
    if (column == variant.prefix + "normalised") {
      tally.expect(where, vrp::vqa_normalise(answer, variant.rule), want.get<std::string>());
      return true;
    }
    if (column == variant.prefix + "accuracy") {
      const vrp::Verdict verdict = judge(variant.scorer, row);
      tally.expect(where, verdict.score, want);
      tally.expect(where + ": correct from 0.5 on", verdict.correct ? "true" : "false",
                   want.get<double>() >= 0.5 ? "true" : "false");
      return true;
    }
  }
  return false;
}

void check_vqa_aggregate(const std::string& file, const Json& document, Tally& tally) {
  if (!document.contains("aggregate")) return;
  const Json& cases = document.at("cases");
  for (const auto& [name, wanted] : document["aggregate"].items()) {
    const std::string where = file + ": aggregate '" + name + "'";
    bool known = name == "vqa_official";
    if (known) check_official(where, cases, wanted, tally);
    for (const Variant& variant : kVariants) {
      if (variant.prefix.empty() || name != variant.prefix + "mean") continue;
      known = true;
      double sum = 0;
      for (const Json& row : cases) sum += judge(variant.scorer, row).score;
      tally.expect(where, sum / static_cast<double>(cases.size()), wanted);
    }
    if (!known) tally.unsupported.push_back(where);
  }
}
