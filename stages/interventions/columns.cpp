#include "stages/interventions/columns.hpp"

namespace vrp {

InterventionsColumns::InterventionsColumns(const ItemTable& items,
                                           const std::vector<PlannedCondition>& conditions)
    : items_(items), conditions_(conditions) {}

void InterventionsColumns::start(std::size_t row, std::int64_t fold, int status,
                                 const std::string& reason) {
  key_.push_back(items_.key[row]);
  status_.push_back(status);
  reason_.push_back(reason);
  fold_.push_back(static_cast<std::int32_t>(fold));
}

void InterventionsColumns::add_outcome(const InterventionOutcome& outcome, bool changed) {
  text_.push_back(outcome.text);
  length_.push_back(outcome.defined ? static_cast<std::int32_t>(outcome.tokens.size()) : -1);
  changed_.push_back(changed ? 1 : 0);
  margin_.push_back(outcome.margin);
  cells_.push_back(outcome.cells);
}

void InterventionsColumns::add(std::size_t row, std::int64_t fold,
                               const std::vector<InterventionOutcome>& outcomes) {
  start(row, fold, 0, "");
  for (const InterventionOutcome& outcome : outcomes) {
    add_outcome(outcome, outcome.defined && outcome.tokens != outcomes.front().tokens);
  }
}

void InterventionsColumns::add_none(std::size_t row, std::int64_t fold, int status,
                                    const std::string& reason) {
  start(row, fold, status, reason);
  for (std::size_t e = 0; e < conditions_.size(); ++e) add_outcome({}, false);
}

Record InterventionsColumns::finish() {
  Record out;
  const auto n = static_cast<std::int64_t>(key_.size());
  const auto count = static_cast<std::int64_t>(conditions_.size());
  const auto item = [&](const char* name, auto values, const char* units, const char* text) {
    out.add(name, {"item"}, {n}, std::move(values), units, text);
  };
  const auto edit = [&](const char* name, auto member, const char* units, const char* text) {
    std::vector<std::remove_cvref_t<decltype(conditions_.front().*member)>> values;
    for (const PlannedCondition& condition : conditions_) values.push_back(condition.*member);
    out.add(name, {"condition"}, {count}, std::move(values), units, text);
  };
  const auto both = [&](const std::string& name, auto values, const char* units, const char* text) {
    out.add(name, {"item", "condition"}, {n, count}, std::move(values), units, text);
  };
  item("item/key", key_, "", "benchmark/split/question id");
  item("item/status", status_, "1", "0 ok, 1 failed, 3 not among the evaluated items");
  item("item/reason", reason_, "", "why the status is not 0");
  item("item/fold", fold_, "1", "fold whose probes gave the targets; -1 = none");
  edit("edit/name", &PlannedCondition::name, "", "condition");
  edit("edit/family", &PlannedCondition::family, "", "baseline, mask, neuron, scaled or bypass");
  edit("edit/target", &PlannedCondition::target, "", "which cells or neurons");
  edit("edit/operation", &PlannedCondition::operation, "", "what is done to them");
  edit("edit/layer", &PlannedCondition::layer, "1", "block; -1 = not at a block");
  edit("edit/count", &PlannedCondition::count, "neurons", "-1 = all of them, or cells");
  edit("edit/value", &PlannedCondition::value, "1", "what was set; NaN = no constant");
  edit("edit/draw", &PlannedCondition::draw, "1", "random draw; -1 = not random");
  edit("edit/scope", &PlannedCondition::scope, "", "positions edited: all, last or last_prompt");
  both("mask/cells", cells_, "image tokens", "cells hidden; -1 = no mask, or not defined");
  both("answer/text", text_, "", "greedy answer without special tokens, trimmed");
  both("answer/length", length_, "tokens", "end token excluded; -1 = no answer");
  both("answer/changed", changed_, "1", "1 = other tokens than the baseline's");
  both("answer/margin", margin_, "logits", "margin at the last block; NaN without reference");
  return out;
}

}  // namespace vrp
