#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/importers.hpp"
#include "pipeline/items/llava_bench_context.hpp"
#include "pipeline/items/vqa_answers.hpp"

namespace vrp {
namespace {

struct Published {
  const char *questions, *references, *context;
};
/// Names of the published files; references and context lie beside the questions.
constexpr Published kWild = {"questions.jsonl", "answers_gpt4.jsonl", "context.jsonl"};
constexpr Published kCoco = {"qa90_questions.jsonl", "qa90_gpt4_answer.jsonl",
                             "caps_boxes_coco2014_val_80.jsonl"};

/// The file named by the user, or the published one beside the questions.
std::filesystem::path beside(const std::filesystem::path& questions,
                             const std::filesystem::path& named, const char* Published::*published,
                             const char* option) {
  if (!named.empty()) return named;
  std::vector<std::string> tried;
  std::vector<const Published*> order = {&kWild, &kCoco};
  if (questions.filename() == kCoco.questions) order = {&kCoco, &kWild};
  for (const Published* files : order) {
    const auto path = questions.parent_path() / (files->*published);
    if (std::filesystem::is_regular_file(path)) return path;
    tried.emplace_back(files->*published);
  }
  fail(questions.string(), ": beside it is none of ", join(tried, ", "), "; ", option,
       " names the file");
}

class LlavaBenchImporter {
 public:
  LlavaBenchImporter(const ImportOptions& options, const LlavaBenchFiles& files)
      : options_(options),
        references_file_(
            beside(options.annotations, files.references, &Published::references, "--references")),
        context_file_(beside(options.annotations, files.context, &Published::context, "--context")),
        builder_(options, options.name.empty() ? "llava_bench" : options.name) {}

  Imported run() {
    const auto rows = read_json_rows(options_.annotations, builder_.on_error());
    context_.read(context_file_);
    references_.read(references_file_, builder_.on_error());
    for (const JsonRow& row : rows) {
      const auto id = row.value.find("question_id");
      builder_.add(id == row.value.end() ? row.where : id->dump(), [&] { return item(row); });
    }
    for (const auto& place : references_.untaken()) {
      builder_.add(place, [&]() -> SourceRow {
        fail(place, " has no question in ", options_.annotations.string());
      });
    }
    if (builder_.table().size() == 0) fail(options_.annotations.string(), ": no row is left");
    record_facts(rows.size());
    const std::string name = "llava_bench_" + split();
    return builder_.finish(options_.name.empty() ? name : options_.name, "open");
  }

 private:
  std::string split() const { return context_.coco() ? "coco" : "in_the_wild"; }

  SourceRow item(const JsonRow& row) {
    SourceRow out;
    out.where = row.where;
    out.id = json_id(row.value, "question_id", row.where);
    out.type = json_text(row.value, "category", row.where);
    if (out.type != "conv" && out.type != "detail" && out.type != "complex") {
      fail(row.where, ": field 'category' is '", excerpt(out.type),
           "', expected conv, detail or complex");
    }
    out.answer = references_.take(out.id, out.type, row.where);
    out.image = json_text(row.value, "image", row.where);
    out.question = json_text(row.value, "text", row.where);
    out.split = options_.split.empty() ? split() : options_.split;
    Json metadata = context_.of(out.image, row.where);
    metadata.update(
        parse_json(other_fields(row.value, {"question_id", "image", "text"}), row.where));
    out.metadata = metadata.dump();
    return out;
  }

  void record_facts(std::size_t rows) {
    auto& facts = builder_.table().facts;
    builder_.record_source("source", options_.annotations);
    builder_.record_source("references", references_file_);
    builder_.record_source("context", context_file_);
    facts["importer"] = "llava_bench@1";
    facts["format"] = context_.coco() ? "LLaVA-Bench (COCO)" : "LLaVA-Bench (in the wild)";
    facts["source_rows"] = std::to_string(rows);
    const std::size_t published = context_.coco() ? 90 : 60;
    if (rows != published) {
      builder_.warn(concat(rows, " questions, the published file has ", published));
    }
  }

  const ImportOptions& options_;
  std::filesystem::path references_file_, context_file_;
  TableBuilder builder_;
  LlavaBenchContext context_;
  LlavaBenchReferences references_;
};

}  // namespace

Imported import_llava_bench(const ImportOptions& options, const LlavaBenchFiles& files) {
  return LlavaBenchImporter(options, files).run();
}

}  // namespace vrp
