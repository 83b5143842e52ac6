#include "pipeline/control/score_options.hpp"

#include <functional>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

constexpr const char* kHelp =
    R"(usage: vrp score RUN [--scorer NAME]... [--benchmark B]... [--model M]... [--primary NAME]
       vrp score RUN --reviews FILE --model M --benchmark B
       vrp score RUN --export-judge FILE --model M --benchmark B
       vrp score RUN --list | --reset

Labels the stored answers of a run by its scorers and those named here, without a model, and prints
for each set and scorer: n, accuracy with its Wilson interval, share of unparsed answers, yes ratio
and F1 of yes/no sets, and the benchmark's own figures. Reads finished units only.

  --scorer NAME     add a scorer (may be given again); RUN/score.json keeps it for every model
  --primary NAME    the scorer that statistics and probes use from now on
  --benchmark B     only this set (may be given again); default all
  --model M         print only this model's answers (may be given again); default all
  --reviews FILE    a judge's reviews of M's answers to B; checked and copied into RUN/reviews
  --export-judge FILE   write M's answers to B as requests for a judge
  --list            the scorers that there are, and those of each set
  --reset           forget added scorers, primary and reviews
  --help            show this text

After a change start vrp-run again with the same arguments: it takes the stored answers as they are
and computes reduce again. Another primary scorer also moves the probes, and with them interventions
on the neurons that they name, which need the model.
)";

}  // namespace

const char* score_help() { return kHelp; }

ScoreOptions parse_score_options(const Arguments& arguments) {
  ScoreOptions out;
  const auto append = [](std::vector<std::string>& list) {
    return [&list](const std::string& value) { list.push_back(value); };
  };
  const auto once = [](const char* name, std::string& text) {
    return [name, &text](const std::string& value) {
      if (!text.empty()) fail_usage("vrp score: ", name, " is given twice");
      text = value;
    };
  };
  const std::map<std::string, std::function<void(const std::string&)>> valued = {
      {"--scorer", append(out.scorers)},
      {"--benchmark", append(out.benchmarks)},
      {"--model", append(out.models)},
      {"--primary", once("--primary", out.primary)},
      {"--reviews", once("--reviews", out.reviews)},
      {"--export-judge", once("--export-judge", out.export_judge)}};
  const std::map<std::string, bool*> flags = {
      {"--list", &out.list}, {"--reset", &out.reset}, {"--help", &out.help}, {"-h", &out.help}};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto equals = arguments[i].find('=');
    const std::string name = arguments[i].substr(0, equals);
    if (const auto flag = flags.find(arguments[i]); flag != flags.end()) {
      *flag->second = true;
    } else if (const auto option = valued.find(name); option != valued.end()) {
      if (equals == std::string::npos && i + 1 == arguments.size())
        fail_usage("vrp score: ", name, " needs a value");
      const std::string value =
          equals == std::string::npos ? arguments[++i] : arguments[i].substr(equals + 1);
      if (value.empty()) fail_usage("vrp score: ", name, " needs a value");
      option->second(value);
    } else if (arguments[i].starts_with("-")) {
      std::vector<std::string> names;
      for (const auto& entry : valued) names.push_back(entry.first);
      for (const auto& entry : flags) names.push_back(entry.first);
      const std::string near = nearest(name, names);
      fail_usage("vrp score: unknown option '", excerpt(arguments[i]), "'",
                 near.empty() ? "; vrp score --help lists them" : "; did you mean '" + near + "'?");
    } else if (out.run.empty()) {
      out.run = arguments[i];
    } else {
      fail_usage("vrp score: a second folder '", excerpt(arguments[i]), "', expected one RUN");
    }
  }
  if (out.help) return out;
  if (out.run.empty() && !out.list)
    fail_usage("vrp score: no folder given, expected the output folder of a run");
  const bool one_cell = !out.reviews.empty() || !out.export_judge.empty();
  if (one_cell && (out.models.size() != 1 || out.benchmarks.size() != 1))
    fail_usage("vrp score: ", out.reviews.empty() ? "--export-judge" : "--reviews",
               " is about one model's answers to one set: give --model M and --benchmark B once");
  if (out.reset && (!out.scorers.empty() || !out.primary.empty() || one_cell))
    fail_usage("vrp score: --reset stands alone");
  return out;
}

}  // namespace vrp
