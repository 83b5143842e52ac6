#include "pipeline/items/labels.hpp"

#include <map>
#include <unordered_map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

constexpr std::int32_t kFailed = 1;  // item/status

/// Row of the table for each row of the record.
std::vector<std::size_t> table_rows(const Record& record, const ItemTable& items) {
  std::unordered_map<std::string_view, std::size_t> row_of;
  for (std::size_t row = 0; row < items.size(); ++row) row_of.emplace(items.key[row], row);
  std::vector<std::size_t> rows;
  for (const auto& key : record.values<std::string>("item/key")) {
    const auto found = row_of.find(key);
    if (found == row_of.end()) {
      fail(record.origin, ": item '", excerpt(key), "' is not in the item table of '",
           items.benchmark, "'");
    }
    rows.push_back(found->second);
  }
  return rows;
}

Question question_of(const ItemTable& items, std::size_t row) {
  return {items.answer[row], items.answers[row], items.choices[row]};
}

std::int32_t label_value(const Verdict& verdict) {
  if (!verdict.labelled) return -1;
  return verdict.correct ? 1 : 0;
}

std::map<std::string, std::string> facts(const Scorer& scorer, bool primary) {
  return {{"version", std::to_string(scorer.version)}, {"primary", primary ? "1" : "0"}};
}

/// Mean token losses of the choices of the record's row `i`; empty without them.
std::span<const double> choice_losses(const Record& record, std::size_t i) {
  if (record.find("choice/loss") == nullptr) return {};
  const auto& offset = record.values<std::int64_t>("choice/offset");
  const auto& loss = record.values<double>("choice/loss");
  const auto first = static_cast<std::size_t>(offset[i]);
  return std::span<const double>(loss).subspan(first,
                                               static_cast<std::size_t>(offset[i + 1]) - first);
}

}  // namespace

void add_labels(Record& capture, const ItemTable& items, const Reviews& reviews) {
  const auto rows = table_rows(capture, items);
  const auto& status = capture.values<std::int32_t>("item/status");
  const auto& text = capture.values<std::string>("answer/text");
  const auto n = static_cast<std::int64_t>(rows.size());
  bool primary = true;
  std::vector<Array> out;
  for (const auto& name : items.scorers) {
    const Scorer& scorer = find_scorer(name);
    std::vector<std::int32_t> label;
    std::vector<std::uint8_t> invalid;
    std::vector<double> soft;
    std::vector<std::string> parsed;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Verdict verdict;
      verdict.labelled = false;
      if (status[i] != kFailed) {
        const Review* review = reviews.empty() ? nullptr : &reviews[rows[i]];
        verdict = score(scorer, question_of(items, rows[i]),
                        {text[i], choice_losses(capture, i), review}, items.rules);
      }
      label.push_back(label_value(verdict));
      invalid.push_back(verdict.labelled && verdict.invalid ? 1 : 0);
      soft.push_back(verdict.labelled ? verdict.score : std::numeric_limits<double>::quiet_NaN());
      parsed.push_back(verdict.labelled ? std::move(verdict.parsed) : "");
    }
    const auto add = [&](const char* folder, auto values, const char* units,
                         const std::string& description) {
      out.push_back(Array{folder + scorer.name,
                          {"item"},
                          {n},
                          units,
                          description,
                          std::move(values),
                          facts(scorer, primary)});
    };
    add("label/", std::move(label), "1",
        "1 correct, 0 incorrect, -1 no label: " + scorer.description);
    add("label_invalid/", std::move(invalid), "1", "1 = nothing could be parsed from the answer");
    add("label_score/", std::move(soft), "1", "soft score in [0, 1]");
    add("label_parsed/", std::move(parsed), "", "what the rule read from the answer");
    primary = false;
  }
  for (Array& array : out) capture.add(std::move(array));
}

void add_majority_labels(Record& consistency, const ItemTable& items) {
  const auto rows = table_rows(consistency, items);
  const auto& status = consistency.values<std::int32_t>("item/status");
  const auto& text = consistency.values<std::string>("consistency/majority");
  std::vector<Array> out;
  for (const auto& name : items.scorers) {
    const Scorer& scorer = find_scorer(name);
    std::vector<std::int32_t> label;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      label.push_back(status[i] == kFailed ? -1
                                           : label_value(score(scorer, question_of(items, rows[i]),
                                                               {text[i]}, items.rules)));
    }
    const auto n = static_cast<std::int64_t>(label.size());
    out.push_back(Array{"label_majority/" + scorer.name,
                        {"item"},
                        {n},
                        "1",
                        "1 the majority answer is correct, 0 incorrect, -1 no label",
                        std::move(label),
                        facts(scorer, name == items.scorers.front())});
  }
  for (Array& array : out) consistency.add(std::move(array));
}

void add_edit_labels(Record& interventions, const ItemTable& items) {
  const auto rows = table_rows(interventions, items);
  const auto& text = interventions.values<std::string>("answer/text");
  const auto& length = interventions.values<std::int32_t>("answer/length");
  const std::size_t conditions = rows.empty() ? 0 : text.size() / rows.size();
  const Scorer& scorer = find_scorer(items.scorers.front());
  std::vector<std::int32_t> label;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t at = i * conditions; at < (i + 1) * conditions; ++at) {
      label.push_back(length[at] < 0 ? -1
                                     : label_value(score(scorer, question_of(items, rows[i]),
                                                         {text[at]}, items.rules)));
    }
  }
  interventions.add(
      Array{"label/" + scorer.name,
            {"item", "condition"},
            {static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(conditions)},
            "1",
            "1 correct, 0 incorrect, -1 no label",
            std::move(label),
            facts(scorer, true)});
}

}  // namespace vrp
