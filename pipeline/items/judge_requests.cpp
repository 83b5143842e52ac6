#include <algorithm>
#include <set>
#include <unordered_map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/reviews.hpp"

namespace vrp {
namespace {

std::string section(const std::string& title, const std::string& text) {
  return text.empty() ? "" : concat("[", title, "]\n", text, "\n\n");
}

/// What the judge may know of the picture: the metadata's context, which holds the captions, or
/// else its caption or captions.
std::string context_of(const Json& metadata) {
  std::string out;
  for (const char* field : {"context", "caption", "captions"}) {
    const auto found = metadata.find(field);
    if (found == metadata.end() || found->is_null()) continue;
    const Json list = found->is_array() ? *found : Json::array({*found});
    for (const Json& line : list) {
      if (!out.empty()) out += '\n';
      out += line.is_string() ? line.get<std::string>() : line.dump();
    }
    break;
  }
  return out;
}

std::string two_scores_prompt(const Json& request) {
  return section("What the picture shows", request["context"].get<std::string>()) +
         section("Question", request["question"].get<std::string>()) +
         section("Answer 1", request["reference"].get<std::string>()) +
         section("Answer 2", request["answer"].get<std::string>()) +
         "Two assistants answered the question about the picture. Judge how helpful, relevant, "
         "accurate and detailed each answer is. Write on the first line two numbers from 1 to 10, "
         "the score of answer 1 and then the score of answer 2, separated by one space and nothing "
         "else. Explain the scores on the following lines. The order of the answers must not "
         "matter.\n";
}

std::string grade_prompt(const Json& request) {
  return section("Question", request["question"].get<std::string>()) +
         section("Correct answer", request["reference"].get<std::string>()) +
         section("Answer to grade", request["answer"].get<std::string>()) +
         "Grade how correct the answer is, from 0.0 (wrong) to 1.0 (wholly correct) in steps of "
         "0.1. In the correct answer <AND> joins parts that are all needed, <OR> joins "
         "alternatives of which one is enough. Reply with the number alone.\n";
}

bool graded(const ItemTable& items) {
  return std::any_of(items.scorers.begin(), items.scorers.end(), [](const std::string& name) {
    return name.substr(0, name.find('@')) == "grade";
  });
}

}  // namespace

void write_judge_requests(const std::filesystem::path& path, const ItemTable& items,
                          const std::vector<JudgeRequest>& requests, const std::string& model) {
  std::unordered_map<std::string_view, std::size_t> row_of;
  for (std::size_t row = 0; row < items.size(); ++row) row_of.emplace(items.key[row], row);
  const bool grade = graded(items);
  std::set<std::size_t> seen;
  std::string out;
  for (const auto& [key, answer] : requests) {
    const auto found = row_of.find(key);
    if (found == row_of.end()) {
      fail(path.string(), ": item '", excerpt(key), "' is not in the item table of '",
           items.benchmark, "'");
    }
    const std::size_t row = found->second;
    if (!seen.insert(row).second) {
      fail(path.string(), ": item '", excerpt(key), "' is asked for twice");
    }
    if (items.answer[row].empty()) {
      fail(path.string(), ": item '", excerpt(key), "' has no reference answer to judge against");
    }
    const Json metadata = parse_json(items.metadata[row], "metadata of " + key);
    const auto category = metadata.find("category");
    Json request;
    request["question_id"] = items.id[row];
    request["category"] = category != metadata.end() && category->is_string()
                              ? category->get<std::string>()
                              : items.type[row];
    request["question"] = items.question[row];
    request["context"] = context_of(metadata);
    request["reference"] = items.answer[row];
    request["answer"] = answer;
    request["model"] = model;
    request["scale"] = grade ? "grade 0..1" : "two scores 1..10";
    request["prompt"] = grade ? grade_prompt(request) : two_scores_prompt(request);
    out += request.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  write_atomically(path, out);
}

}  // namespace vrp
