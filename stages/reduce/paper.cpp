#include "stages/reduce/paper.hpp"

#include "pipeline/base/text.hpp"
#include "stages/reduce/reduce.hpp"

namespace vrp {
namespace {

/// The name of the paper's set that a benchmark of ours stands for; "" = none.
std::string_view paper_set(std::string_view benchmark) {
  if (benchmark == kPooledSet) return kPooledSet;
  for (const std::string_view set : {"pope", "llava_bench", "vqav2", "textvqa"}) {
    ReduceParams only;
    only.pooled = std::string(set);
    if (in_pooled_set(benchmark, only)) return set;
  }
  return "";
}

}  // namespace

std::string_view paper_model(std::string_view model) {
  const std::string lower = to_lower_ascii(model);
  if (lower.find("paligemma") != std::string::npos) return "paligemma";
  if (lower.find("qwen") != std::string::npos) return "qwen2vl";
  return "llava";
}

std::string_view paper_model_name(std::string_view family) {
  if (family == "paligemma") return "PaliGemma-3B";
  if (family == "qwen2vl") return "Qwen2-VL-7B";
  return "LLaVA-1.5-7B";
}

bool asks_existence(std::string_view benchmark) { return paper_set(benchmark) == "pope"; }

const PaperFigure* paper_figure(std::string_view table, std::string_view model,
                                std::string_view benchmark, std::string_view signal,
                                std::string_view statistic) {
  const std::string_view set = paper_set(benchmark);
  for (const PaperFigure& figure : paper_figures())
    if (figure.table == table && figure.set == set && figure.signal == signal &&
        figure.statistic == statistic &&
        (figure.model.empty() || figure.model == paper_model(model)))
      return &figure;
  return nullptr;
}

}  // namespace vrp
