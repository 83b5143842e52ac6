#include "pipeline/control/show_options.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/control/option_reader.hpp"

namespace vrp {

const char* show_help() {
  return R"(usage: vrp show RUN --item ID [--benchmark SET] [--model NAME ...] [--json | --all | --page FILE]

What a run knows of one item: question, reference, each model's answer with its label under every
rule, how sure it was, the sampled answers, the margin of the right answer block by block, where it
looked, and which interventions changed the answer. Works on unfinished runs.

  --item ID         key of the item table (benchmark/split/id), or the id alone
  --benchmark SET   the set, when several have an item of that id
  --model NAME ...  only these models
  --json            everything, for programs; what is undefined is null
  --all             every stored array of the item, as it lies in the files
  --page FILE       a self-contained HTML page: picture, attention, curves, models side by side
  --help            show this text

A percentile is the item's place among the set's items of that model: 0 lowest, 100 highest.
)";
}

ShowOptions parse_show_options(const Arguments& arguments) {
  ShowOptions options;
  if (std::any_of(arguments.begin(), arguments.end(),
                  [](const std::string& word) { return word == "--help" || word == "-h"; })) {
    options.help = true;
    return options;
  }
  std::vector<std::string> words;
  OptionReader reader("vrp show");
  reader.text("--item", options.item);
  reader.text("--benchmark", options.benchmark);
  reader.text("--page", options.page);
  reader.list("--model", options.models);
  reader.flag("--json", options.json);
  reader.flag("--all", options.all);
  reader.words(words, 1, "RUN");
  reader.read(arguments);
  if (words.empty() || options.item.empty())
    fail_usage("vrp show: expected RUN --item ID; vrp show --help tells more");
  options.run = words.front();
  if (int(options.json) + int(options.all) + int(!options.page.empty()) > 1)
    fail_usage("vrp show: --json, --all and --page exclude each other");
  return options;
}

}  // namespace vrp
