#include "stages/consistency/columns.hpp"

#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/items/rouge.hpp"
#include "pipeline/items/scorer.hpp"
#include "stages/consistency/agreement.hpp"

namespace vrp {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

ConsistencyColumns::ConsistencyColumns(const ItemTable& items, const ConsistencyParams& params)
    : items_(items),
      params_(params),
      paths_(static_cast<std::size_t>(params.samples)),
      alike_(params.classes == "rouge_l" || (params.classes == "auto" && items.kind == "open")) {}

void ConsistencyColumns::start(std::size_t row, ItemStatus status, const std::string& reason) {
  key_.push_back(items_.key[row]);
  status_.push_back(static_cast<std::int32_t>(status));
  reason_.push_back(reason);
}

void ConsistencyColumns::add(std::size_t row, const ModelReply& reply) {
  if (!reply.problem.empty()) return add_failure(row, reply.problem);
  const std::vector<Answer>& answers = reply.answers.paths;
  start(row, ItemStatus::ok, "");
  std::vector<std::string> normalised;
  std::int64_t tokens = 0;
  for (const Answer& answer : answers) {
    normalised.push_back(params_.normalisation == "norm" ? norm(answer.text)
                                                         : norm_plus(answer.text));
    text_.push_back(answer.text);
    normalised_.push_back(normalised.back());
    const std::size_t length = answer.tokens.size();
    length_.push_back(static_cast<std::int32_t>(length));
    ended_.push_back(answer.ended ? 1 : 0);
    tokens_.insert(tokens_.end(), answer.tokens.begin(), answer.tokens.end());
    tokens += static_cast<std::int64_t>(length);
    double sum = 0;
    for (std::size_t t = 0; t < length; ++t) sum += answer.steps[t].logprob;
    const TokenStep& first = answer.steps.front();
    logprob_.push_back(length > 0 ? sum : first.logprob);
    logprob_mean_.push_back(length > 0 ? sum / static_cast<double>(length) : first.logprob);
    entropy_.push_back(first.entropy);
  }
  token_offset_.push_back(token_offset_.back() + tokens);
  const Agreement agreed =
      alike_ ? agreement(normalised,
                         [this](const std::string& founder, const std::string& answer) {
                           return founder == answer ||
                                  rouge_l_f1(answer, founder) >= params_.rouge_threshold;
                         })
             : agreement(normalised);
  s_sc_.push_back(agreed.share);
  answer_entropy_.push_back(agreed.entropy);
  distinct_.push_back(agreed.distinct);
  tie_.push_back(agreed.tie ? 1 : 0);
  valid_.push_back(static_cast<std::int32_t>(answers.size()));
  majority_.push_back(answers[agreed.majority].text);
}

void ConsistencyColumns::add_failure(std::size_t row, const std::string& reason) {
  start(row, ItemStatus::failed, reason);
  text_.insert(text_.end(), paths_, "");
  normalised_.insert(normalised_.end(), paths_, "");
  length_.insert(length_.end(), paths_, -1);
  ended_.insert(ended_.end(), paths_, 0);
  for (auto* column : {&logprob_, &logprob_mean_, &entropy_}) {
    column->insert(column->end(), paths_, kNaN);
  }
  token_offset_.push_back(token_offset_.back());
  for (auto* column : {&s_sc_, &answer_entropy_, &distinct_}) column->push_back(kNaN);
  tie_.push_back(0);
  valid_.push_back(0);
  majority_.emplace_back();
}

Record ConsistencyColumns::finish() {
  Record out;
  const auto n = static_cast<std::int64_t>(key_.size());
  const auto k = static_cast<std::int64_t>(paths_);
  const auto item = [&](const std::string& name, auto values, const char* units, const char* text) {
    out.add(name, {"item"}, {n}, std::move(values), units, text);
  };
  const auto path = [&](const char* name, auto values, const char* units, const char* text) {
    out.add(name, {"item", "path"}, {n, k}, std::move(values), units, text);
  };
  item("item/key", key_, "", "benchmark/split/question id");
  item("item/status", status_, "1", "0 ok, 1 failed");
  item("item/reason", reason_, "", "why the status is not 0");
  path("path/text", text_, "", "sampled answer without special tokens, trimmed");
  path("path/normalised", normalised_, "", "the answer as compared");
  path("path/length", length_, "tokens", "end token excluded; -1 when the item failed");
  path("path/ended", ended_, "1", "1 = the model produced an end token");
  out.add(Array{"path/token_offset",
                {"item_plus_one"},
                {n + 1},
                "1",
                "first token of each item; its paths follow in order",
                token_offset_,
                {{"ragged_dim", "path_token"}}});
  out.add("path/tokens", {"path_token"}, {static_cast<std::int64_t>(tokens_.size())}, tokens_, "1",
          "token ids of the answers");
  path("path/logprob", logprob_, "nats", "sum of ln P over the answer at temperature 1");
  path("path/logprob_mean", logprob_mean_, "nats", "mean of ln P over the answer");
  path("path/entropy", entropy_, "nats", "entropy of the first token's distribution");
  const std::string classes =
      alike_ ? concat("answers alike by ROUGE-L F1 >= ", params_.rouge_threshold) : "equal answers";
  const auto signal = [&](const char* name, const std::vector<double>& values, int orientation,
                          const char* units, const std::string& text) {
    Array array = signal_array(name, values, orientation, units, text);
    // Another quantity than on sets of short answers: no part of their pooled set.
    if (alike_) array.attributes.emplace("pooled", "0");
    out.add(std::move(array));
  };
  signal("consistency/s_sc", s_sc_, 1, "share", "S_SC: share of the largest class of " + classes);
  signal("consistency/answer_entropy", answer_entropy_, -1, "nats",
         "entropy of the classes of " + classes);
  signal("consistency/distinct", distinct_, -1, "answers", "number of classes of " + classes);
  item("consistency/majority", majority_, "", "the majority answer that was sampled first");
  item("consistency/tie", tie_, "1", "1 = another class is as large");
  item("consistency/valid_paths", valid_, "answers", "answers that were drawn");
  return out;
}

}  // namespace vrp
