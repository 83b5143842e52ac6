#include "pipeline/control/import_formats.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/image.hpp"

namespace vrp {
namespace {

namespace po = boost::program_options;

void add_pope_options(OptionList& options, ImportCommand& c) {
  add_paths(options, "labels", "FILE...", c.labels,
            "split files with the labels of a merged file that has none");
  add_path(options, "instances", "FILE", c.instances,
           "COCO instances: regions for items answered yes");
}

void add_jsonl_options(OptionList& options, ImportCommand& c) {
  options.add_options()("kind", po::value(&c.kind)->value_name("KIND"),
                        "yes_no, integer, relation, vqa, choice, open, text or auto (default)");
}

/// An option that is a list of names with commas between them.
void add_names(OptionList& options, const char* name, const char* value_name,
               std::vector<std::string>& target, const char* help) {
  const auto read = [&target](const std::string& text) {
    for (const auto& piece : split(text, ',')) target.push_back(trim(piece));
  };
  options.add_options()(name, po::value<std::string>()->value_name(value_name)->notifier(read),
                        help);
}

void add_mme_options(OptionList& options, ImportCommand& c) {
  add_names(options, "categories", "NAME,...", c.categories,
            "these categories only (default: all 14)");
}

void add_seed_bench_options(OptionList& options, ImportCommand& c) {
  add_names(options, "types", "NAME|ID,...", c.types,
            "these question types only (default: all that ask about one image)");
}

void add_tsv_options(OptionList& options, ImportCommand& c) {
  add_jsonl_options(options, c);
  options.add_options()("reference-reader", po::bool_switch(&c.reference_reader),
                        "cells such as NA and None are missing and columns of numbers become "
                        "floats, as the reference reads them (default: cells as they stand)");
}

void add_vqav2_options(OptionList& options, ImportCommand& c) {
  add_path(options, "answers", "FILE", c.answers,
           "annotations with the ten human answers; the test splits have none");
}

void add_textvqa_options(OptionList& options, ImportCommand& c) {
  add_path(options, "ocr", "FILE", c.ocr,
           "OCR tokens, put behind each question: another set, of split val_ocr");
}

void add_llava_bench_options(OptionList& options, ImportCommand& c) {
  add_path(options, "references", "FILE", c.references,
           "reference answers (default: answers_gpt4.jsonl or qa90_gpt4_answer.jsonl beside the "
           "questions)");
  add_path(options, "context", "FILE", c.context,
           "descriptions of the images (default: context.jsonl or caps_boxes_coco2014_val_80.jsonl "
           "beside the questions)");
}

Imported run_vqav2(const ImportCommand& c) { return import_vqav2(c.common, c.answers); }
Imported run_textvqa(const ImportCommand& c) { return import_textvqa(c.common, c.ocr); }
Imported run_llava_bench(const ImportCommand& c) {
  return import_llava_bench(c.common, {c.references, c.context});
}
Imported run_mm_vet(const ImportCommand& c) { return import_mm_vet(c.common); }
Imported run_pope(const ImportCommand& c) { return import_pope(c.common, {c.labels, c.instances}); }
Imported run_jsonl(const ImportCommand& c) { return import_jsonl(c.common, c.kind); }
Imported run_mme(const ImportCommand& c) { return import_mme(c.common, c.categories); }
Imported run_seed_bench(const ImportCommand& c) { return import_seed_bench(c.common, c.types); }
Imported run_tsv(const ImportCommand& c) {
  const auto decode = [](std::span<const std::uint8_t> bytes, const std::string& where) {
    decode_image(bytes, where);
  };
  return import_tsv(c.common, {c.kind, c.reference_reader, decode});
}
Imported run_set(const ImportCommand& c) { return import_set(c.common, c.format); }

}  // namespace

const std::vector<ImportFormat>& import_formats() {
  static const std::vector<ImportFormat> kFormats = {
      {"pope", "coco_pope_adversarial.json [--instances instances_val2014.json]",
       "POPE: a split file, LLaVA's merged question file, or POPEv2.", true, add_pope_options,
       run_pope},
      {"vqav2", "QUESTIONS.json [--answers ANNOTATIONS.json]",
       "VQAv2: questions and their ten human answers; image names follow from data_subtype and\n"
       "image_id, in the image folder or in its val2014/ (train2014/, test2015/).",
       true, add_vqav2_options, run_vqav2},
      {"textvqa", "TextVQA_0.5.1_val.json [--ocr TextVQA_Rosetta_OCR_v0.2_val.json]",
       "TextVQA: images <image_id>.jpg in the image folder or in its train_images/ or\n"
       "test_images/.",
       true, add_textvqa_options, run_textvqa},
      {"llava-bench", "QUESTIONS.jsonl [--references FILE] [--context FILE]",
       "LLaVA-Bench: qa90_questions.jsonl (COCO) or questions.jsonl (in the wild). Scores come "
       "from\n"
       "a judge's reviews.",
       true, add_llava_bench_options, run_llava_bench},
      {"mm-vet", "mm-vet.json",
       "MM-Vet: questions with their capabilities. Scores come from a judge's grades. Items of\n"
       "version 2 with several images are malformed; --on-error skip leaves them out.",
       true, nullptr, run_mm_vet},
      {"counting", "--instances instances_val2014.json --exclude-images FILE | SET.json",
       "How many objects are there: a set drawn from COCO instances, or a finished one.", true,
       add_counting_options, run_set},
      {"spatial", "--instances instances_val2014.json --exclude-images FILE | SET.json",
       "Left, right, above or below: a set drawn from COCO instances, or a finished one.", true,
       add_spatial_options, run_set},
      {"mme", "FOLDER [--categories NAME,...]",
       "MME: the published folder, or the one that holds it; pictures are found in it.", false,
       add_mme_options, run_mme},
      {"seed-bench", "SEED-Bench.json [--types NAME|ID,...]",
       "SEED-Bench and the single images of SEED-Bench-2; other items are left out and counted.",
       true, add_seed_bench_options, run_seed_bench},
      {"tsv", "TABLE.tsv [--kind KIND] [--reference-reader]",
       "A table as VLMEvalKit uses it. Pictures inside the table are written to --images.", true,
       add_tsv_options, run_tsv},
      {"jsonl", "QUESTIONS.jsonl [--kind KIND]",
       "JSON Lines with question_id, image, text and optional category, label or answer or\n"
       "answers, choices.",
       true, add_jsonl_options, run_jsonl},
  };
  return kFormats;
}

const ImportFormat& find_import_format(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& format : import_formats()) {
    if (name == format.name) return format;
    names.emplace_back(format.name);
  }
  const std::string near = nearest(name, names);
  fail_usage("vrp import: unknown format '", excerpt(name), "'",
             near.empty() ? "; known: " + join(names, ", ") : "; did you mean " + near + "?");
}

void add_path(OptionList& options, const char* name, const char* value_name,
              std::filesystem::path& target, const char* help) {
  options.add_options()(name,
                        po::value<std::string>()
                            ->value_name(value_name)
                            ->notifier([&target](const std::string& text) { target = text; }),
                        help);
}

void add_paths(OptionList& options, const char* name, const char* value_name,
               std::vector<std::filesystem::path>& target, const char* help) {
  using Texts = std::vector<std::string>;
  options.add_options()(
      name,
      po::value<Texts>()
          ->multitoken()
          ->value_name(value_name)
          ->notifier([&target](const Texts& texts) { target.assign(texts.begin(), texts.end()); }),
      help);
}

}  // namespace vrp
