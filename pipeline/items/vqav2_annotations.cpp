#include "pipeline/items/vqav2_annotations.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/json_stream.hpp"
#include "pipeline/items/vqa_answers.hpp"

namespace vrp {
namespace {

Vqav2Annotation parse(const Json& object, const std::string& where) {
  Vqav2Annotation out;
  out.image_id = json_id(object, "image_id", where);
  out.question_type = json_text(object, "question_type", where);
  if (trim(out.question_type).empty()) fail(where, ": field 'question_type' is empty");
  out.answer_type = json_text(object, "answer_type", where);
  if (out.answer_type != "yes/no" && out.answer_type != "number" && out.answer_type != "other") {
    fail(where, ": field 'answer_type' is '", excerpt(out.answer_type),
         "', expected yes/no, number or other");
  }
  out.answer = json_text(object, "multiple_choice_answer", where);
  out.packed_answers = pack(ten_answer_objects(object, where));
  out.metadata =
      other_fields(object, {"question_id", "image_id", "multiple_choice_answer", "answers"});
  return out;
}

}  // namespace

void Vqav2Annotations::read(const std::filesystem::path& path, const RowErrorHandler& on_error) {
  file_ = path.string();
  const Json fields = for_each_element(path, "annotations", [&](JsonElement& element) {
    std::string id;
    try {
      id = json_id(element.value, "question_id", element.where);
      const auto [entry, fresh] = by_id_.emplace(id, Entry{{}, element.index, false});
      if (!fresh) {
        const std::size_t before = entry->second.index;
        id.clear();  // the first one stays usable
        fail(element.where, ": field 'question_id' is ", excerpt(entry->first),
             ", which was there before, at annotations[", before, "]");
      }
      entry->second.annotation = parse(element.value, element.where);
    } catch (const Error& error) {
      if (!on_error) throw;
      if (id.empty()) {
        on_error(error);
      } else {
        by_id_.at(id).annotation.error = error.what();
      }
    }
  });
  if (fields.contains("data_subtype")) data_subtype_ = json_text(fields, "data_subtype", file_);
}

const Vqav2Annotation& Vqav2Annotations::take(const std::string& question_id,
                                              const std::string& where) {
  const auto found = by_id_.find(question_id);
  if (found == by_id_.end()) {
    fail(where, ": question_id ", excerpt(question_id), " has no annotation in ", file_);
  }
  found->second.taken = true;
  const std::string& error = found->second.annotation.error;
  if (!error.empty()) throw Error(ExitCode::bad_input, error);
  return found->second.annotation;
}

std::vector<std::string> Vqav2Annotations::untaken() const {
  std::vector<std::pair<std::size_t, std::string>> left;
  for (const auto& [id, entry] : by_id_) {
    if (!entry.taken) left.emplace_back(entry.index, id);
  }
  std::sort(left.begin(), left.end());
  std::vector<std::string> out;
  for (const auto& [index, id] : left) {
    out.push_back(concat(file_, ": annotations[", index, "]: question_id ", excerpt(id)));
  }
  return out;
}

}  // namespace vrp
