#include "stages/reduce/paper_command.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

/// File of conf/models of a paper's model.
std::string_view model_file(std::string_view model) {
  return model == "paligemma" ? "paligemma-3b-mix-224"
         : model == "qwen2vl" ? "qwen2-vl-7b"
                              : "llava-1.5-7b";
}

std::string stages_of(const PaperFigure& figure) {
  if (figure.table == "T5" || figure.table == "T6" || figure.table == "T11")
    return "'interventions reduce'";
  constexpr std::string_view kProbes[] = {"head_entropy", "stress_test",        "hidden_probe",
                                          "last5",        "ensemble_attention", "linear_h_last"};
  const bool probe = std::ranges::find(kProbes, figure.signal) != std::end(kProbes);
  const bool neuron = figure.table == "T9" && figure.statistic != "layer_role";
  return probe || neuron ? "'probes reduce'" : "reduce";
}

}  // namespace

std::string paper_command(const PublishedCell& cell) {
  const PaperFigure& figure = cell.figure;
  const bool authors = cell.print == Print::authors;
  const std::string_view set = authors && !cell.authors.set.empty() ? cell.authors.set : figure.set;
  std::string out = "vrp-run -C conf/sweeps/paper.ini";
  if (authors) out += " -C conf/profiles/authors.ini";
  if (!figure.model.empty()) out += concat(" --models ", model_file(figure.model));
  if (set == "pooled")
    out += " --benchmarks 'pope counting spatial llava_bench'";
  else if (!set.empty())
    out += concat(" --benchmarks ", set);
  if (!set.empty()) out += concat(" --stages ", stages_of(figure));
  // The printed accuracies match the first generated token alone.
  if (authors && figure.statistic == "accuracy" && figure.table == "T1")
    out += " --set 'benchmark:*.max_new_tokens=1'";
  return out;
}

}  // namespace vrp
