#include "stages/reduce/paper.hpp"

#include <algorithm>
#include <vector>

#include "pipeline/base/text.hpp"
#include "stages/reduce/paper_cells.hpp"
#include "stages/reduce/reduce.hpp"

namespace vrp {

std::string_view paper_set(std::string_view benchmark) {
  if (benchmark == kPooledSet) return kPooledSet;
  for (const std::string_view set : {"pope", "llava_bench", "vqav2", "textvqa"}) {
    ReduceParams only;
    only.pooled = std::string(set);
    if (in_pooled_set(benchmark, only)) return set;
  }
  return "";
}

std::span<const PublishedCell> published_cells() {
  static const std::vector<PublishedCell> all = [] {
    std::vector<PublishedCell> cells;
    for (const auto& part : {published_signals(), published_inside(), published_text()})
      cells.insert(cells.end(), part.begin(), part.end());
    constexpr std::string_view kOrder[] = {"T1", "T2", "T3",  "T4", "T5", "T6", "T7",  "T7 early",
                                           "T8", "T9", "T11", "F3", "F4", "F5", "A.4", "A.6"};
    std::ranges::stable_sort(cells, {}, [&](const PublishedCell& cell) {
      return std::ranges::find(kOrder, cell.figure.table) - std::begin(kOrder);
    });
    return cells;
  }();
  return all;
}

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
  for (const PublishedCell& cell : published_cells()) {
    const PaperFigure& figure = cell.figure;
    if (figure.table == table && figure.set == set && figure.signal == signal &&
        figure.statistic == statistic &&
        (figure.model.empty() || figure.model == paper_model(model)))
      return &figure;
  }
  return nullptr;
}

}  // namespace vrp
