#include "pipeline/control/import_formats.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

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
                        "yes_no, integer, relation, text or auto (default)");
}

Imported run_pope(const ImportCommand& c) { return import_pope(c.common, {c.labels, c.instances}); }
Imported run_jsonl(const ImportCommand& c) { return import_jsonl(c.common, c.kind); }
Imported run_set(const ImportCommand& c) { return import_set(c.common, c.format); }

}  // namespace

const std::vector<ImportFormat>& import_formats() {
  static const std::vector<ImportFormat> kFormats = {
      {"pope", "coco_pope_adversarial.json [--instances instances_val2014.json]",
       "POPE: a split file, LLaVA's merged question file, or POPEv2.", true, add_pope_options,
       run_pope},
      {"counting", "--instances instances_val2014.json --exclude-images FILE | SET.json",
       "How many objects are there: a set drawn from COCO instances, or a finished one.", true,
       add_counting_options, run_set},
      {"spatial", "--instances instances_val2014.json --exclude-images FILE | SET.json",
       "Left, right, above or below: a set drawn from COCO instances, or a finished one.", true,
       add_spatial_options, run_set},
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
