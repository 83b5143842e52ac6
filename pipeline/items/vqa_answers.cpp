#include "pipeline/items/vqa_answers.hpp"

#include <array>
#include <cstring>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

const Json& ten(const Json& object, const std::string& where) {
  const Json& answers = json_at(object, "answers", where);
  if (!answers.is_array()) {
    fail(where, ": field 'answers' is ", excerpt(answers.dump()), ", expected a list of ten");
  }
  if (answers.size() != kHumanAnswers) {
    fail(where, ": field 'answers' has ", answers.size(), " answers, expected ten");
  }
  return answers;
}

}  // namespace

std::vector<std::string> ten_texts(const Json& object, const std::string& where) {
  std::vector<std::string> out;
  for (const Json& answer : ten(object, where)) {
    if (!answer.is_string()) {
      fail(where, ": field 'answers[", out.size(), "]' is ", excerpt(answer.dump()),
           ", expected text");
    }
    out.push_back(answer.get<std::string>());
  }
  return out;
}

std::vector<std::string> ten_answer_objects(const Json& object, const std::string& where) {
  std::vector<std::string> out;
  std::array<bool, kHumanAnswers> seen{};
  for (const Json& answer : ten(object, where)) {
    const std::string at = concat(where, ": answers[", out.size(), "]");
    out.push_back(json_text(answer, "answer", at));
    const std::int64_t id = json_integer(answer, "answer_id", at);
    if (id < 1 || id > static_cast<std::int64_t>(kHumanAnswers)) {
      fail(at, ": field 'answer_id' is ", id, ", expected 1 to 10");
    }
    bool& taken = seen[static_cast<std::size_t>(id - 1)];
    if (taken) fail(at, ": field 'answer_id' is ", id, ", which was there before");
    taken = true;
  }
  return out;
}

std::string pack(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) {
    const auto length = static_cast<std::uint32_t>(text.size());
    char bytes[sizeof length];
    std::memcpy(bytes, &length, sizeof length);
    out.append(bytes, sizeof length).append(text);
  }
  out.shrink_to_fit();
  return out;
}

std::vector<std::string> unpack(const std::string& packed) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < packed.size();) {
    std::uint32_t length = 0;
    std::memcpy(&length, packed.data() + at, sizeof length);
    out.push_back(packed.substr(at + sizeof length, length));
    at += sizeof length + length;
  }
  return out;
}

void warn_of_repeats(TableBuilder& builder) {
  const std::size_t repeats = builder.repeated_pairs();
  if (repeats == 0) return;
  builder.table().facts["repeated_questions"] = std::to_string(repeats);
  builder.warn(concat(repeats, " questions stand twice about one image; all are kept"));
}

std::vector<std::string> scorer_labels(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const auto& name : names) out.push_back(find_scorer(name).label());
  return out;
}

}  // namespace vrp
