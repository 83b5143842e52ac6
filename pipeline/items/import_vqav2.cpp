#include <charconv>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/importers.hpp"
#include "pipeline/items/json_stream.hpp"
#include "pipeline/items/vqa_answers.hpp"
#include "pipeline/items/vqav2_annotations.hpp"

namespace vrp {
namespace {

/// Questions of the published files by data_subtype.
const std::map<std::string, std::size_t>& published_questions() {
  static const std::map<std::string, std::size_t> kCounts = {
      {"train2014", 443757}, {"val2014", 214354}, {"test2015", 447793}, {"test-dev2015", 107394}};
  return kCounts;
}

/// The folder and prefix of images: test-dev2015 asks about images of test2015.
std::string image_split(const std::string& data_subtype) {
  return data_subtype == "test-dev2015" ? "test2015" : data_subtype;
}

std::int64_t coco_id(const std::string& text, const std::string& where) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 0 || text.size() > 12) {
    fail(where, ": field 'image_id' is '", excerpt(text), "', expected a COCO image number");
  }
  return id;
}

/// The repeated (image, question) pairs of the published files are no mistakes.
ImportOptions with_repeats(ImportOptions options) {
  options.allow_duplicates = true;
  return options;
}

class Vqav2Importer {
 public:
  Vqav2Importer(const ImportOptions& options, const std::filesystem::path& answers)
      : options_(options),
        answers_file_(answers),
        file_(options.annotations.string()),
        builder_(with_repeats(options), options.name.empty() ? "vqav2" : options.name) {}

  Imported run() {
    read_subtype();
    if (!answers_file_.empty()) read_annotations();
    for_each_element(options_.annotations, "questions", [&](JsonElement& element) {
      ++questions_;
      const auto id =
          element.value.is_object() ? element.value.find("question_id") : element.value.end();
      builder_.add(id == element.value.end() ? element.where : id->dump(),
                   [&] { return row(element); });
    });
    report_untaken();
    if (builder_.table().size() == 0) fail(file_, ": no row is left");
    record_facts();
    return builder_.finish(options_.name.empty() ? "vqav2_" + subtype_ : options_.name, "vqa");
  }

 private:
  void read_subtype() {
    const Json fields = read_scalar_members(options_.annotations);
    subtype_ = json_text(fields, "data_subtype", file_);
    if (published_questions().count(subtype_) == 0) {
      fail(file_, ": field 'data_subtype' is '", excerpt(subtype_),
           "', expected train2014, val2014, test2015 or test-dev2015");
    }
    if (answers_file_.empty() && !subtype_.starts_with("test")) {
      fail(file_, ": the answers of ", subtype_, " are published; --answers names their file");
    }
  }

  void read_annotations() {
    annotations_.read(answers_file_, builder_.on_error());
    const std::string& other = annotations_.data_subtype();
    if (!other.empty() && other != subtype_) {
      fail(answers_file_.string(), ": field 'data_subtype' is '", excerpt(other), "', but ", file_,
           " has '", subtype_, "'");
    }
  }

  SourceRow row(const JsonElement& element) {
    const Json& object = element.value;
    SourceRow out;
    out.where = element.where;
    out.id = json_id(object, "question_id", out.where);
    const Vqav2Annotation* const annotation =
        answers_file_.empty() ? nullptr : &annotations_.take(out.id, out.where);
    const std::string image_id = json_id(object, "image_id", out.where);
    out.image = coco_name(image_split(subtype_), coco_id(image_id, out.where));
    out.question = json_text(object, "question", out.where);
    out.split = options_.split.empty() ? subtype_ : options_.split;
    out.type = "all";
    const std::string extra = other_fields(object, {"question_id", "image_id", "question"});
    out.metadata = extra;
    if (annotation == nullptr) return out;
    if (annotation->image_id != image_id) {
      fail(out.where, ": field 'image_id' is ", excerpt(image_id), ", but the annotation of ",
           excerpt(out.id), " has ", excerpt(annotation->image_id));
    }
    out.type = annotation->question_type;
    out.answer = annotation->answer;
    out.answers = unpack(annotation->packed_answers);
    out.metadata = annotation->metadata;
    if (extra != "{}") {
      Json both = parse_json(annotation->metadata, out.where);
      both.update(parse_json(extra, out.where));
      out.metadata = both.dump();
    }
    return out;
  }

  void report_untaken() {
    for (const auto& place : annotations_.untaken()) {
      builder_.add(place, [&]() -> SourceRow { fail(place, " has no question in ", file_); });
    }
  }

  void record_facts() {
    ItemTable& table = builder_.table();
    builder_.record_source("source", options_.annotations);
    if (!answers_file_.empty()) builder_.record_source("answers", answers_file_);
    table.facts["importer"] = "vqav2@1";
    table.facts["data_subtype"] = subtype_;
    table.facts["source_rows"] = std::to_string(questions_);
    const std::size_t published = published_questions().at(subtype_);
    if (questions_ != published) {
      builder_.warn(
          concat(questions_, " questions, the published ", subtype_, " file has ", published));
    }
    if (answers_file_.empty()) builder_.warn("no answers: accuracy cannot be told");
    warn_of_repeats(builder_);
  }

  const ImportOptions& options_;
  const std::filesystem::path& answers_file_;
  std::string file_, subtype_;
  TableBuilder builder_;
  Vqav2Annotations annotations_;
  std::size_t questions_ = 0;
};

}  // namespace

Imported import_vqav2(const ImportOptions& options, const std::filesystem::path& answers) {
  return Vqav2Importer(options, answers).run();
}

}  // namespace vrp
