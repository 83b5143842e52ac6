#include "pipeline/control/import_options.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/config/fields.hpp"

namespace vrp {
namespace {

namespace po = boost::program_options;
using Paths = std::vector<std::string>;

constexpr const char* kHelp = R"(usage: vrp import FORMAT [options] --images DIR --out TABLE.h5

Reads a benchmark's files, checks every row, hashes every image and writes a frozen item table.
The same command again changes nothing; another table of that name is kept unless --force.

  vrp import pope     coco_pope_adversarial.json [--instances instances_val2014.json]
  vrp import counting --instances instances_val2014.json --exclude-images coco_pope_adversarial.json
  vrp import spatial  --instances instances_val2014.json --exclude-images coco_pope_adversarial.json
                      --exclude-images counting.h5
  vrp import counting|spatial SET.json                       (a finished set)
  vrp import jsonl    QUESTIONS.jsonl

vrp import FORMAT --help shows the options of a format.
)";

const std::vector<std::string>& formats() {
  static const std::vector<std::string> kFormats = {"pope", "counting", "spatial", "jsonl"};
  return kFormats;
}

std::string dashed(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

/// Text values as given, bound to the command's fields after parsing.
struct Raw {
  std::string annotations, images, out, instances, set_json, veto, on_error = "stop";
  Paths labels, exclude;
};

void add_common(po::options_description& options, ImportCommand& c, Raw& raw) {
  auto add = options.add_options();
  add("annotations", po::value(&raw.annotations)->value_name("FILE"),
      "the benchmark's file (also without the option's name)");
  add("images", po::value(&raw.images)->value_name("DIR"), "folder of the images");
  add("out", po::value(&raw.out)->value_name("TABLE.h5"), "item table to write");
  add("name", po::value(&c.common.name)->value_name("NAME"),
      "name of the set and first part of its item keys");
  add("split", po::value(&c.common.split)->value_name("S"), "split, second part of the item keys");
  add("on-error", po::value(&raw.on_error)->value_name("stop|skip"),
      "skip leaves malformed rows out, lists and counts them (default: stop)");
  add("allow-duplicates", po::bool_switch(&c.common.allow_duplicates),
      "accept equal pairs of image and question");
  add("force", po::bool_switch(&c.force), "replace another table of that name");
  add("help", "show this text");
}

template <class Params>
void add_params(po::options_description& options, Params& params,
                std::vector<std::function<void(const po::variables_map&)>>& readers) {
  params.fields([&](const char* name, auto& value, const char* help) {
    const std::string option = dashed(name);
    options.add_options()(option.c_str(),
                          po::value<std::string>()->value_name("= " + field_text(value)), help);
    readers.push_back([option, &value](const po::variables_map& values) {
      if (values.count(option) == 0) return;
      const std::string text = values[option].as<std::string>();
      if (!parse_field(text, value)) {
        fail_usage("vrp import: --", option, " is '", excerpt(text), "', expected ",
                   field_type<std::decay_t<decltype(value)>>());
      }
    });
  });
}

void add_set_options(po::options_description& options, ImportCommand& c, Raw& raw) {
  auto add = options.add_options();
  add("instances", po::value(&raw.instances)->value_name("FILE"),
      "COCO instances to draw the set from (in place of --annotations)");
  add("set-json", po::value(&raw.set_json)->value_name("FILE"),
      "where the drawn set is written as JSON (default: beside the table); the check sheet and the "
      "balance report lie beside it");
  add("exclude-images", po::value(&raw.exclude)->composing()->value_name("FILE[:N]"),
      "images of this POPE file, set or item table (or of its first N rows) are left out; may be "
      "repeated");
  add("n", po::value(&c.n)->value_name("N"), "size of the set, divided equally among its strata");
  add("veto", po::value(&raw.veto)->value_name("FILE"),
      "filled-in check sheet: vetoed items are replaced by the next candidates");
  add("check-share", po::value(&c.check_share)->value_name("= 0.05"),
      "share of the set on the sheet for manual checking");
  add("allow-short", po::bool_switch(&c.allow_short),
      "write a set even if a stratum could not be filled");
}

/// FILE, or FILE:N unless a file of that whole name exists.
ExcludedFile read_excluded(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || std::filesystem::exists(text)) return {text, 0};
  ExcludedFile out{text.substr(0, colon), 0};
  if (!parse_field(std::string_view(text).substr(colon + 1), out.first) || out.first < 1) {
    fail_usage("vrp import: --exclude-images is '", excerpt(text, 120),
               "', expected a file, or FILE:N with N >= 1");
  }
  return out;
}

void bind(ImportCommand& c, const Raw& raw) {
  c.common.annotations = raw.annotations;
  c.common.images = raw.images;
  c.out = raw.out;
  c.instances = raw.instances;
  c.set_json = raw.set_json;
  c.veto = raw.veto;
  c.labels.assign(raw.labels.begin(), raw.labels.end());
  for (const auto& text : raw.exclude) c.exclude.push_back(read_excluded(text));
  if (raw.on_error != "stop" && raw.on_error != "skip") {
    fail_usage("vrp import: --on-error is '", raw.on_error, "', expected stop or skip");
  }
  c.common.skip_bad_rows = raw.on_error == "skip";
}

void check_command(const ImportCommand& c) {
  const bool set = c.format == "counting" || c.format == "spatial";
  const auto need = [&](const std::filesystem::path& value, const char* option) {
    if (value.empty()) {
      fail_usage("vrp import ", c.format, ": ", option, " is missing; see vrp import ", c.format,
                 " --help");
    }
  };
  if (set && c.common.annotations.empty() == c.instances.empty()) {
    fail_usage("vrp import ", c.format,
               ": expected either --instances (draw the set) or "
               "--annotations (a finished set)");
  }
  if (!set) need(c.common.annotations, "--annotations FILE");
  need(c.common.images, "--images DIR");
  need(c.out, "--out TABLE.h5");
  if (c.out.extension() != ".h5") {
    fail_usage("vrp import: --out is '", c.out.string(), "', expected a name ending in .h5");
  }
  if (!(c.check_share > 0 && c.check_share <= 1)) {
    fail_usage("vrp import: --check-share is ", c.check_share, ", expected above 0, at most 1");
  }
  if (c.n < 0) fail_usage("vrp import: --n is ", c.n, ", expected >= 0");
}

}  // namespace

bool read_import_command(const Arguments& arguments, ImportCommand& command) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h") {
    if (arguments.empty()) fail_usage("vrp import: which format? pope, counting, spatial or jsonl");
    std::cout << kHelp;
    return false;
  }
  command.format = arguments[0];
  if (std::find(formats().begin(), formats().end(), command.format) == formats().end()) {
    const std::string near = nearest(command.format, formats());
    fail_usage("vrp import: unknown format '", excerpt(command.format), "'",
               near.empty() ? "; known: " + join(formats(), ", ") : "; did you mean " + near + "?");
  }
  Raw raw;
  std::vector<std::function<void(const po::variables_map&)>> readers;
  po::options_description options("options", 100, 60);
  add_common(options, command, raw);
  if (command.format == "pope") {
    options.add_options()("labels", po::value(&raw.labels)->multitoken()->value_name("FILE..."),
                          "split files with the labels of a merged file that has none")(
        "instances", po::value(&raw.instances)->value_name("FILE"),
        "COCO instances: regions for items answered yes");
  } else if (command.format == "jsonl") {
    options.add_options()("kind", po::value(&command.kind)->value_name("KIND"),
                          "yes_no, integer, relation, text or auto (default)");
  } else {
    add_set_options(options, command, raw);
    if (command.format == "counting") add_params(options, command.counting, readers);
    if (command.format == "spatial") add_params(options, command.spatial, readers);
  }
  std::vector<std::string> names;
  for (const auto& option : options.options()) names.push_back(option->long_name());
  try {
    po::variables_map values;
    const int style =
        po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser({arguments.begin() + 1, arguments.end()})
                  .options(options)
                  .positional(po::positional_options_description().add("annotations", 1))
                  .style(style)
                  .run(),
              values);
    po::notify(values);
    if (values.count("help") > 0) {
      std::cout << "usage: vrp import " << command.format << " [options]\n\n" << options;
      return false;
    }
    for (const auto& read : readers) read(values);
  } catch (const po::unknown_option& error) {
    const std::string name = error.get_option_name();
    const std::string near = nearest(name.substr(name.find_first_not_of('-')), names);
    fail_usage("vrp import ", command.format, ": unknown option '", name, "'",
               near.empty() ? "; see vrp import " + command.format + " --help"
                            : "; did you mean --" + near + "?");
  } catch (const po::error& error) {
    fail_usage("vrp import ", command.format, ": ", error.what());
  }
  bind(command, raw);
  check_command(command);
  return true;
}

}  // namespace vrp
