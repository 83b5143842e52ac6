#include "stages/interventions/captured_answers.hpp"

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

std::string where(const Record& record, const char* name) {
  return record.origin.empty() ? concat(name, " record") : record.origin;
}

template <class T>
const std::vector<T>& column(const Record& record, const char* stage, const char* name,
                             std::size_t expected) {
  const auto& values = record.values<T>(name);
  if (values.size() != expected) {
    fail(where(record, stage), ": array '", name, "' has ", values.size(), " values, expected ",
         expected);
  }
  return values;
}

}  // namespace

CapturedAnswers::CapturedAnswers(const ItemTable& items, std::size_t first, std::size_t last,
                                 const Record& capture)
    : offset_(&column<std::int64_t>(capture, "capture", "answer/token_offset", last - first + 1)),
      tokens_(&capture.values<std::int32_t>("answer/tokens")),
      text_(&column<std::string>(capture, "capture", "answer/text", last - first)) {
  const auto& key = column<std::string>(capture, "capture", "item/key", last - first);
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] != items.key[first + i]) {
      fail(where(capture, "capture"), ": item ", i, " is '", key[i], "', expected '",
           items.key[first + i], "'");
    }
  }
  std::int64_t before = 0;
  for (const std::int64_t offset : *offset_) {
    if (offset < before || offset > std::ssize(*tokens_)) {
      fail(where(capture, "capture"), ": array 'answer/token_offset' has ", offset, " after ",
           before, ", expected up to ", tokens_->size(), " in ascending order");
    }
    before = offset;
  }
}

std::vector<std::int32_t> CapturedAnswers::tokens(std::size_t i) const {
  return {tokens_->begin() + (*offset_)[i], tokens_->begin() + (*offset_)[i + 1]};
}

std::vector<std::int64_t> folds_of(const ItemTable& items, std::size_t first, std::size_t last,
                                   const Record& probes) {
  std::vector<std::int64_t> folds(last - first, -1);
  if (probes.arrays().empty()) return folds;
  const auto& key = column<std::string>(probes, "probes", "item/key", items.size());
  const auto& fold = column<std::int32_t>(probes, "probes", "item/fold", items.size());
  for (std::size_t i = 0; i < folds.size(); ++i) {
    if (key[first + i] != items.key[first + i]) {
      fail(where(probes, "probes"), ": item ", first + i, " is '", key[first + i], "', expected '",
           items.key[first + i], "'");
    }
    folds[i] = fold[first + i];
  }
  return folds;
}

}  // namespace vrp
