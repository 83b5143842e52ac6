// capture_one CHECKPOINT IMAGE STYLE QUESTION REFERENCE OUT [KEY=VALUE ...]: the capture record of
// one item, for tests that hold it against another implementation. KEY is a field of [capture],
// `kernels`, `dtype`, `suffix` (behind the question), or `choice` (one more option of the item).
#include <cstdio>
#include <fstream>
#include <iterator>

#include "pipeline/base/error.hpp"
#include "pipeline/store/h5.hpp"
#include "stages/capture/capture.hpp"

namespace {

using namespace vrp;

void set_field(CaptureParams& params, ModelOptions& options, const std::string& key,
               const std::string& value) {
  bool found = false;
  if (key == "kernels") options.kernels = value, found = true;
  if (key == "dtype") options.dtype = value, found = true;
  params.fields([&](const char* name, auto& field, const char*) {
    if (key != name) return;
    found = true;
    if constexpr (std::is_same_v<std::decay_t<decltype(field)>, bool>) {
      field = value == "1";
    } else {
      field = value;
    }
  });
  if (!found) fail_usage("no field '", key, "'");
}

int run(const std::vector<std::string>& words) {
  if (words.size() < 6) fail_usage("capture_one takes at least six arguments");
  CaptureParams params;
  ModelOptions options;
  std::vector<std::string> choices;
  PromptStyle style;
  style.template_name = words[2] == "chat" ? "chat" : "plain";
  for (std::size_t i = 6; i < words.size(); ++i) {
    const auto equals = words[i].find('=');
    const std::string key = words[i].substr(0, equals), value = words[i].substr(equals + 1);
    if (key == "choice") {
      choices.push_back(value);
    } else if (key == "suffix") {
      style.suffix = value;
    } else {
      set_field(params, options, key, value);
    }
  }
  ItemTable items;
  items.benchmark = "one";
  items.kind = "text";
  items.scorers = {"exact@1"};
  items.key = {"one/val/1"};
  items.id = {"1"};
  items.group = {"image"};
  items.image = {words[1]};
  items.image_hash = {""};
  items.question = {words[3]};
  items.answer = {words[4]};
  items.answers.resize(1);
  items.choices = {choices};
  items.hint.resize(1);
  items.type = {"one"};
  items.regions.resize(1);
  items.metadata = {"{}"};
  const Model model = Model::load(words[0], options);
  const Record record = capture(items, 0, {{read_image(words[1]), ""}}, model, style,
                                {.max_new_tokens = 4}, params, [] {});
  write_record(words[5], record, {});
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "capture_one: %s\n", error.what());
    return 1;
  }
}
