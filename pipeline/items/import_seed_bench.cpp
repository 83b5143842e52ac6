#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/importers.hpp"

namespace vrp {
namespace {

constexpr const char* kChoices[] = {"choice_a", "choice_b", "choice_c", "choice_d"};

class SeedBenchImporter {
 public:
  SeedBenchImporter(const ImportOptions& options, const std::vector<std::string>& types)
      : options_(options),
        name_(options.name.empty() ? "seed_bench" : options.name),
        file_(options.annotations.string()),
        asked_(types),
        builder_(options, name_) {}

  Imported run() {
    const Json document = read_json(options_.annotations);
    read_types(document);
    const Json& questions = json_at(document, "questions", file_);
    if (!questions.is_array() || questions.empty()) {
      fail(file_, ": field 'questions' is ", excerpt(questions.dump()),
           ", expected a list of questions");
    }
    for (std::size_t i = 0; i < questions.size(); ++i) {
      const Json& question = questions[i];
      const std::string at = concat("questions[", i, "]");
      add(question, hint_of(question, at), concat(file_, ": ", at));
    }
    if (builder_.table().size() == 0) fail(file_, ": no row is left", excluded_text());
    record_facts(questions.size());
    return builder_.finish(name_, "choice");
  }

 private:
  void read_types(const Json& document) {
    const Json& types = json_at(document, "question_type", file_);
    if (!types.is_object() || types.empty()) {
      fail(file_, ": field 'question_type' is ", excerpt(types.dump()),
           ", expected type names with their ids");
    }
    std::vector<std::string> names;
    for (const auto& [name, id] : types.items()) {
      if (!id.is_number_integer()) {
        fail(file_, ": question_type '", excerpt(name), "' is ", excerpt(id.dump()),
             ", expected an integer");
      }
      const auto [first, fresh] = names_.emplace(id.dump(), name);
      if (!fresh) {
        fail(file_, ": question_type has id ", id.dump(), " twice, for '", excerpt(first->second),
             "' and '", excerpt(name), "'");
      }
      names.push_back(name);
    }
    for (const auto& type : asked_) {
      const bool is_name = std::find(names.begin(), names.end(), type) != names.end();
      if (!is_name && names_.count(type) == 0) {
        fail_usage("--types: unknown type '", excerpt(type), "'; known: ", join(names, ", "),
                   " or their ids");
      }
      chosen_.insert(is_name ? type : names_.at(type));
    }
  }

  void add(const Json& question, const std::string& id, const std::string& where) {
    std::optional<SourceRow> row;
    try {
      row = read_row(question, where);
      if (row) builder_.add(id, [&] { return std::move(*row); });
    } catch (const Error& error) {
      if (row) throw;
      builder_.add(id, [&]() -> SourceRow { throw error; });
    }
  }

  /// What a left-out item is listed as: its id, or its place.
  static std::string hint_of(const Json& question, const std::string& place) {
    const auto id = question.find("question_id");
    if (id == question.end()) return place;
    return id->is_string() ? id->get<std::string>() : id->dump();
  }

  /// Nothing for an item that the filters leave out.
  std::optional<SourceRow> read_row(const Json& object, const std::string& where) {
    SourceRow row;
    row.where = where;
    row.id = json_id(object, "question_id", where);
    const std::string data_type = json_text(object, "data_type", where);
    row.type = type_of(object, where);
    if (data_type != "image" && data_type != "Single Image") {
      ++excluded_[concat("data_type ", excerpt(data_type))];
      return std::nullopt;
    }
    if (!chosen_.empty() && chosen_.count(row.type) == 0) {
      ++excluded_[concat("type ", excerpt(row.type))];
      return std::nullopt;
    }
    row.question = json_text(object, "question", where);
    for (const char* field : kChoices) {
      row.choices.push_back(json_text(object, field, where));
      if (trim(row.choices.back()).empty()) {
        fail(where, ": field '", field, "' is '", excerpt(row.choices.back()),
             "', expected an option's text");
      }
    }
    row.answer = json_text(object, "answer", where);
    if (row.answer.size() != 1 || row.answer[0] < 'A' || row.answer[0] > 'D') {
      fail(where, ": field 'answer' is '", excerpt(row.answer), "', expected A, B, C or D");
    }
    row.image = image_of(object, where);
    row.split = options_.split.empty() ? "test" : options_.split;
    Json metadata =
        Json::parse(other_fields(object, {"question_id", "question", "answer", "choice_a",
                                          "choice_b", "choice_c", "choice_d"}));
    metadata["question_type"] = row.type;
    row.metadata = metadata.dump();
    return row;
  }

  std::string type_of(const Json& object, const std::string& where) const {
    const Json& id = json_at(object, "question_type_id", where);
    const auto found = names_.find(id.is_string() ? id.get<std::string>() : id.dump());
    if (found == names_.end()) {
      fail(where, ": field 'question_type_id' is ", excerpt(id.dump()),
           ", which question_type does not name");
    }
    return found->second;
  }

  /// `data_id` as given or with an extension, in the image folder or its SEED-Bench-image/.
  std::string image_of(const Json& object, const std::string& where) const {
    const Json& id = json_at(object, "data_id", where);
    if (id.is_array()) {
      fail(where, ": field 'data_id' is a list of ", id.size(), ": ", excerpt(id.dump()),
           ", expected one image");
    }
    const std::string name = json_id(object, "data_id", where);
    try {
      inside(options_.images, name);
    } catch (const Error& error) {
      fail(where, ": field 'data_id' ", error.what());
    }
    for (const char* folder : {"", "SEED-Bench-image/"}) {
      for (const char* extension : {"", ".jpg", ".png", ".jpeg", ".JPG", ".PNG", ".JPEG"}) {
        std::error_code error;
        const std::string candidate = folder + name + extension;
        if (std::filesystem::is_regular_file(options_.images / candidate, error)) return candidate;
      }
    }
    fail(where, ": no image of data_id '", excerpt(name, 120), "' in ", options_.images.string(),
         " or its SEED-Bench-image (tried no extension, .jpg, .png, .jpeg)");
  }

  std::string excluded_text() const {
    std::vector<std::string> parts;
    for (const auto& [what, count] : excluded_) parts.push_back(concat(count, " of ", what));
    return parts.empty() ? "" : "; left out: " + join(parts, ", ");
  }

  void record_facts(std::size_t rows) {
    auto& facts = builder_.table().facts;
    builder_.record_source("source", options_.annotations);
    facts["importer"] = "seed_bench@1";
    facts["source_rows"] = std::to_string(rows);
    facts["excluded"] = Json(excluded_).dump();
    if (!chosen_.empty()) facts["types"] = join({chosen_.begin(), chosen_.end()}, ", ");
    for (const auto& [what, count] : excluded_) {
      builder_.warn(concat(count, " items of ", what, " are left out"));
    }
  }

  const ImportOptions& options_;
  std::string name_, file_;
  std::vector<std::string> asked_;
  TableBuilder builder_;
  std::map<std::string, std::string> names_;  ///< type id -> name
  std::set<std::string> chosen_;              ///< type names; empty = all
  std::map<std::string, std::size_t> excluded_;
};

}  // namespace

Imported import_seed_bench(const ImportOptions& options, const std::vector<std::string>& types) {
  return SeedBenchImporter(options, types).run();
}

}  // namespace vrp
