// The options of counting and spatial sets.
#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/config/fields.hpp"
#include "pipeline/control/import_formats.hpp"

namespace vrp {
namespace {

namespace po = boost::program_options;

std::string dashed(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

template <class Params>
void add_params(OptionList& options, Params& params) {
  params.fields([&](const char* name, auto& value, const char* help) {
    const std::string option = dashed(name);
    const auto read = [option, &value](const std::string& text) {
      if (!parse_field(text, value)) {
        fail_usage("vrp import: --", option, " is '", excerpt(text), "', expected ",
                   field_type<std::decay_t<decltype(value)>>());
      }
    };
    options.add_options()(
        option.c_str(),
        po::value<std::string>()->value_name("= " + field_text(value))->notifier(read), help);
  });
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

void add_set_options(OptionList& options, ImportCommand& c) {
  using Texts = std::vector<std::string>;
  add_path(options, "instances", "FILE", c.instances,
           "COCO instances to draw the set from (in place of --annotations)");
  add_path(options, "set-json", "FILE", c.set_json,
           "where the drawn set is written as JSON (default: beside the table); the check sheet "
           "and the balance report lie beside it");
  auto add = options.add_options();
  add("exclude-images",
      po::value<Texts>()->composing()->value_name("FILE[:N]")->notifier([&c](const Texts& texts) {
        for (const auto& text : texts) c.exclude.push_back(read_excluded(text));
      }),
      "images of this POPE file, set or item table (or of its first N rows) are left out; may be "
      "repeated");
  add("n", po::value(&c.n)->value_name("N"), "size of the set, divided equally among its strata");
  add_path(options, "veto", "FILE", c.veto,
           "filled-in check sheet: vetoed items are replaced by the next candidates");
  add("check-share", po::value(&c.check_share)->value_name("= 0.05"),
      "share of the set on the sheet for manual checking");
  add("allow-short", po::bool_switch(&c.allow_short),
      "write a set even if a stratum could not be filled");
}

}  // namespace

void add_counting_options(OptionList& options, ImportCommand& c) {
  add_set_options(options, c);
  add_params(options, c.counting);
}

void add_spatial_options(OptionList& options, ImportCommand& c) {
  add_set_options(options, c);
  add_params(options, c.spatial);
}

}  // namespace vrp
