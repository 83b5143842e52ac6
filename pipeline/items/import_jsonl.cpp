#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/importers.hpp"

namespace vrp {
namespace {

/// A reference: text, or an integer's decimal text.
std::string reference_text(const Json& value, const char* field, const std::string& where) {
  if (value.is_number_integer()) return value.dump();
  if (!value.is_string() || trim(value.get_ref<const std::string&>()).empty()) {
    fail(where, ": field '", field, "' is ", excerpt(value.dump()),
         ", expected text or an integer");
  }
  return value.get<std::string>();
}

/// `label` or `answer`; both only when they agree.
std::string single_reference(const Json& object, const std::string& where) {
  std::string out;
  for (const char* field : {"label", "answer"}) {
    const auto found = object.find(field);
    if (found == object.end()) continue;
    const std::string text = reference_text(*found, field, where);
    if (!out.empty() && text != out) {
      fail(where, ": fields 'label' and 'answer' differ: '", excerpt(out), "' and '", excerpt(text),
           "'");
    }
    out = text;
  }
  return out;
}

std::vector<std::string> text_list(const Json& object, const char* field, const std::string& where,
                                   const char* what) {
  std::vector<std::string> out;
  const auto found = object.find(field);
  if (found == object.end()) return out;
  if (!found->is_array() || found->empty()) {
    fail(where, ": field '", field, "' is ", excerpt(found->dump()), ", expected a list of ", what);
  }
  for (std::size_t i = 0; i < found->size(); ++i) {
    const std::string element = concat(field, "[", i, "]");
    out.push_back(reference_text((*found)[i], element.c_str(), where));
  }
  return out;
}

/// A single capital letter must name one of the choices.
void check_letter(const std::string& answer, const std::vector<std::string>& choices,
                  const std::string& where) {
  if (choices.empty() || answer.size() != 1 || answer[0] < 'A' || answer[0] > 'Z') return;
  if (static_cast<std::size_t>(answer[0] - 'A') >= choices.size()) {
    fail(where, ": answer '", answer, "' has no option, there are ", choices.size());
  }
}

SourceRow read_row(const JsonRow& row, const std::string& split, const std::string& kind) {
  const Json& object = row.value;
  SourceRow out;
  out.where = row.where;
  out.id = json_id(object, "question_id", row.where);
  if (object.contains("prompt") && object.contains("answer_id") && !object.contains("image")) {
    fail(row.where,
         ": field 'image' is missing; this is a file of model answers (prompt, "
         "answer_id), expected questions");
  }
  out.image = json_text(object, "image", row.where);
  out.question = json_text(object, "text", row.where);
  out.split = split;
  out.answer = single_reference(object, row.where);
  if (kind != "auto" && !out.answer.empty() && !is_reference_of(kind, to_lower_ascii(out.answer))) {
    fail(row.where, ": answer '", excerpt(out.answer), "' cannot be a reference of kind ", kind);
  }
  out.answers = text_list(object, "answers", row.where, "answers");
  check_letter(out.answer, text_list(object, "choices", row.where, "options"), row.where);
  out.type = object.contains("category") ? json_text(object, "category", row.where) : "all";
  out.metadata = other_fields(
      object, {"question_id", "image", "text", "label", "answer", "answers", "category"});
  return out;
}

/// The narrowest kind that all references have; yes/no in any case is stored in lower case.
std::string decide_kind(ItemTable& table, const std::string& asked) {
  const auto all = [&](const std::string& kind, bool lower) {
    return std::all_of(table.answer.begin(), table.answer.end(), [&](const std::string& answer) {
      return answer.empty() || is_reference_of(kind, lower ? to_lower_ascii(answer) : answer);
    });
  };
  const bool none = std::all_of(table.answer.begin(), table.answer.end(),
                                [](const std::string& answer) { return answer.empty(); });
  std::string kind = asked;
  if (asked == "auto") {
    kind = none                    ? "text"
           : all("yes_no", true)   ? "yes_no"
           : all("integer", false) ? "integer"
           : all("relation", true) ? "relation"
                                   : "text";
  }
  if (kind == "yes_no" || kind == "relation") {
    for (auto& answer : table.answer) answer = to_lower_ascii(answer);
  }
  return kind;
}

}  // namespace

Imported import_jsonl(const ImportOptions& options, const std::string& kind) {
  const std::string name =
      options.name.empty() ? options.annotations.stem().string() : options.name;
  TableBuilder builder(options, name);
  if (kind != "auto") default_scorers(kind);
  const std::string split = options.split.empty() ? "test" : options.split;
  const auto rows = read_json_rows(options.annotations, builder.on_error());
  for (const JsonRow& row : rows) {
    const auto hint = row.value.find("question_id");
    builder.add(hint == row.value.end() ? "" : hint->dump(),
                [&] { return read_row(row, split, kind); });
  }
  ItemTable& table = builder.table();
  if (table.size() == 0) fail(options.annotations.string(), ": no row is left");
  const std::string decided = decide_kind(table, kind);
  if (!std::all_of(table.answers.begin(), table.answers.end(),
                   [](const auto& list) { return list.empty() || list.size() == 10; })) {
    builder.warn("some items have another number of human answers than ten");
  }
  const auto yes_no = std::count_if(
      table.answer.begin(), table.answer.end(),
      [](const auto& answer) { return is_reference_of("yes_no", to_lower_ascii(answer)); });
  if (decided == "text" && 2 * static_cast<std::size_t>(yes_no) > table.size()) {
    builder.warn(concat("kind text, though ", yes_no, " of ", table.size(),
                        " references are yes or no; --kind yes_no shows the others"));
  }
  const auto unlabelled = std::count_if(table.answer.begin(), table.answer.end(),
                                        [](const auto& answer) { return answer.empty(); });
  const bool references = std::any_of(table.answers.begin(), table.answers.end(),
                                      [](const auto& list) { return !list.empty(); });
  if (unlabelled > 0 && !references) {
    builder.warn(concat(unlabelled, " of ", table.size(), " items have no reference"));
  }
  if (std::any_of(rows.begin(), rows.end(),
                  [](const JsonRow& row) { return row.value.contains("choices"); })) {
    builder.warn("choices are kept as metadata; the question text is asked as it stands");
  }
  builder.record_source("source", options.annotations);
  table.facts["importer"] = "jsonl@1";
  table.facts["source_rows"] = std::to_string(rows.size());
  return builder.finish(name, decided);
}

}  // namespace vrp
