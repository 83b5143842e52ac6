#include <algorithm>
#include <unordered_map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/importers.hpp"
#include "pipeline/items/json_stream.hpp"
#include "pipeline/items/vqa_answers.hpp"

namespace vrp {
namespace {

constexpr std::string_view kOcr = "\nReference OCR token: ";
constexpr std::size_t kPublishedVal = 5000;

ImportOptions with_repeats(ImportOptions options) {
  options.allow_duplicates = true;
  return options;
}

/// OCR tokens of images, joined as the prompt shows them.
class OcrTokens {
 public:
  void read(const std::filesystem::path& path) {
    file_ = path.string();
    for_each_element(path, "data", [&](JsonElement& element) {
      const std::string image = json_id(element.value, "image_id", element.where);
      const auto [entry, fresh] =
          by_image_.emplace(image, Tokens{tokens_of(element), element.index});
      if (!fresh) {
        fail(element.where, ": field 'image_id' is '", excerpt(image),
             "', which was there before, at data[", entry->second.index, "]");
      }
    });
  }

  const std::string& of(const std::string& image, const std::string& where) const {
    const auto found = by_image_.find(image);
    if (found == by_image_.end()) {
      fail(where, ": image_id '", excerpt(image), "' is not in ", file_);
    }
    return found->second.joined;
  }

 private:
  struct Tokens {
    std::string joined;
    std::size_t index;
  };

  static std::string tokens_of(const JsonElement& element) {
    const Json& tokens = json_at(element.value, "ocr_tokens", element.where);
    const bool texts =
        tokens.is_array() && std::all_of(tokens.begin(), tokens.end(),
                                         [](const Json& token) { return token.is_string(); });
    if (!texts) {
      fail(element.where, ": field 'ocr_tokens' is ", excerpt(tokens.dump()),
           ", expected a list of texts");
    }
    return join(tokens.get<std::vector<std::string>>(), ", ");
  }

  std::string file_;
  std::unordered_map<std::string, Tokens> by_image_;
};

class TextVqaImporter {
 public:
  TextVqaImporter(const ImportOptions& options, const std::filesystem::path& ocr)
      : options_(options),
        ocr_file_(ocr),
        file_(options.annotations.string()),
        builder_(with_repeats(options), options.name.empty() ? "textvqa" : options.name) {}

  Imported run() {
    if (!ocr_file_.empty()) ocr_.read(ocr_file_);
    const Json fields = for_each_element(options_.annotations, "data", [&](JsonElement& element) {
      ++rows_;
      const auto id =
          element.value.is_object() ? element.value.find("question_id") : element.value.end();
      builder_.add(id == element.value.end() ? element.where : id->dump(),
                   [&] { return row(element); });
    });
    if (builder_.table().size() == 0) fail(file_, ": no row is left");
    record_facts(fields);
    Imported out = builder_.finish(table_name(), "vqa");
    out.table.scorers =
        scorer_labels({"textvqa", "vqa_official", "vqa_vlmevalkit", "vqa_lmms_eval", "exact"});
    return out;
  }

 private:
  SourceRow row(const JsonElement& element) {
    const Json& object = element.value;
    SourceRow out;
    out.where = element.where;
    out.id = json_id(object, "question_id", out.where);
    const std::string set = json_text(object, "set_name", out.where);
    if (set != "train" && set != "val" && set != "test") {
      fail(out.where, ": field 'set_name' is '", excerpt(set), "', expected train, val or test");
    }
    out.split = !options_.split.empty() ? options_.split : ocr_file_.empty() ? set : set + "_ocr";
    out.question = json_text(object, "question", out.where);
    if (trim(out.question).empty()) fail(out.where, ": field 'question' is empty");
    const std::string image = json_id(object, "image_id", out.where);
    const std::string name = image + ".jpg";
    out.image = builder_.images().first_of({name, "train_images/" + name, "test_images/" + name},
                                           out.where);
    if (!ocr_file_.empty()) out.question.append(kOcr).append(ocr_.of(image, out.where));
    if (set != "test" || object.contains("answers")) out.answers = ten_texts(object, out.where);
    out.type = "all";
    out.metadata = other_fields(object, {"question", "image_id", "question_id", "answers"});
    return out;
  }

  std::string table_name() const {
    if (!options_.name.empty()) return options_.name;
    const auto& splits = builder_.splits();
    const bool one = std::count(splits.begin(), splits.end(), splits.front()) ==
                     static_cast<std::ptrdiff_t>(splits.size());
    return one ? "textvqa_" + splits.front() : "textvqa";
  }

  void record_facts(const Json& fields) {
    ItemTable& table = builder_.table();
    builder_.record_source("source", options_.annotations);
    if (!ocr_file_.empty()) builder_.record_source("ocr", ocr_file_);
    table.facts["importer"] = "textvqa@1";
    table.facts["ocr_tokens"] = ocr_file_.empty() ? "no" : "behind the question";
    table.facts["source_rows"] = std::to_string(rows_);
    const auto version = fields.find("dataset_version");
    if (version != fields.end() && version->is_string()) {
      table.facts["dataset_version"] = version->get<std::string>();
    }
    if (builder_.splits().front().starts_with("val") && rows_ != kPublishedVal) {
      builder_.warn(concat(rows_, " questions, the published val file has ", kPublishedVal));
    }
    const auto unlabelled = std::count_if(table.answers.begin(), table.answers.end(),
                                          [](const auto& answers) { return answers.empty(); });
    if (unlabelled > 0) {
      builder_.warn(concat(unlabelled, " of ", table.size(), " items have no answers"));
    }
    warn_of_repeats(builder_);
  }

  const ImportOptions& options_;
  const std::filesystem::path& ocr_file_;
  std::string file_;
  TableBuilder builder_;
  OcrTokens ocr_;
  std::size_t rows_ = 0;
};

}  // namespace

Imported import_textvqa(const ImportOptions& options, const std::filesystem::path& ocr) {
  return TextVqaImporter(options, ocr).run();
}

}  // namespace vrp
