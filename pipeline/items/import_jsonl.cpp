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

bool is_letter(const std::string& answer) { return is_reference_of("choice", answer); }

bool is_stored_lower(const std::string& kind) { return kind == "yes_no" || kind == "relation"; }

/// A single capital letter must name one of the choices; of kind choice there must be some.
void check_letter(const SourceRow& row, const std::string& kind) {
  if (!is_letter(row.answer) || (row.choices.empty() && kind != "choice")) return;
  if (static_cast<std::size_t>(row.answer[0] - 'A') >= row.choices.size()) {
    fail(row.where, ": answer '", row.answer, "' has no option, there are ", row.choices.size());
  }
}

void check_reference(const SourceRow& row, const std::string& kind) {
  const std::string answer = is_stored_lower(kind) ? to_lower_ascii(row.answer) : row.answer;
  if (kind != "auto" && !answer.empty() && !is_reference_of(kind, answer)) {
    fail(row.where, ": answer '", excerpt(row.answer), "' cannot be a reference of kind ", kind);
  }
  if (kind == "vqa" && row.answers.size() != 10 && !(row.answers.empty() && answer.empty())) {
    fail(row.where, ": field 'answers' has ", row.answers.size(), " answers, expected ten");
  }
  check_letter(row, kind);
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
  out.answers = text_list(object, "answers", row.where, "answers");
  out.choices = text_list(object, "choices", row.where, "options");
  check_reference(out, kind);
  out.type = object.contains("category") ? json_text(object, "category", row.where) : "all";
  out.metadata = other_fields(object, {"question_id", "image", "text", "label", "answer", "answers",
                                       "choices", "category"});
  return out;
}

/// Whether every row with a reference is of that form, and there is such a row.
template <class Form>
bool all_references(const ItemTable& table, const Form& form) {
  bool any = false;
  for (std::size_t row = 0; row < table.size(); ++row) {
    if (table.answer[row].empty() && table.answers[row].empty()) continue;
    if (!form(row)) return false;
    any = true;
  }
  return any;
}

/// The narrowest kind that all references have.
std::string narrowest_kind(const ItemTable& table) {
  const auto of = [&](const char* kind, bool lower) {
    return all_references(table, [&](std::size_t row) {
      const std::string& answer = table.answer[row];
      return is_reference_of(kind, lower ? to_lower_ascii(answer) : answer);
    });
  };
  const auto letter = [&](std::size_t row) {  // its option is there: checked when it was read
    return is_letter(table.answer[row]) && !table.choices[row].empty();
  };
  const auto ten = [&](std::size_t row) { return table.answers[row].size() == 10; };
  if (all_references(table, letter)) return "choice";
  if (all_references(table, ten)) return "vqa";
  for (const char* kind : {"yes_no", "integer", "relation"}) {
    if (of(kind, is_stored_lower(kind))) return kind;
  }
  const auto has_choices = [](const auto& list) { return !list.empty(); };
  const bool none = !all_references(table, [](std::size_t) { return true; });
  const bool choices = std::all_of(table.choices.begin(), table.choices.end(), has_choices);
  return none && choices ? "choice" : "text";
}

/// `asked`, or the narrowest; yes/no in any case is stored in lower case.
std::string decide_kind(ItemTable& table, const std::string& asked) {
  const std::string kind = asked == "auto" ? narrowest_kind(table) : asked;
  if (is_stored_lower(kind)) {
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
    const std::string id = hint == row.value.end() ? ""
                           : hint->is_string()     ? hint->get<std::string>()
                                                   : hint->dump();
    builder.add(id, [&] { return read_row(row, split, kind); });
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
  const auto choices = std::count_if(table.choices.begin(), table.choices.end(),
                                     [](const auto& list) { return !list.empty(); });
  if (choices > 0 && decided != "choice") {
    builder.warn(concat(choices, " items have choices, but the kind is ", decided,
                        "; --kind choice shows which references are no letters of theirs"));
  }
  builder.record_source("source", options.annotations);
  table.facts["importer"] = "jsonl@1";
  table.facts["source_rows"] = std::to_string(rows.size());
  return builder.finish(name, decided);
}

}  // namespace vrp
