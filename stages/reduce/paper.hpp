#pragma once
// Figures printed in the paper, beside which ours stand (all of them: paper_cells.hpp). Source:
// arXiv 2606.17389, final version (methods, section 15).
#include <string>
#include <string_view>

namespace vrp {

struct PaperFigure {
  std::string_view table;  ///< "T4"
  std::string_view model;  ///< "llava", "paligemma", "qwen2vl"; "" = the paper names no model
  std::string_view set;    ///< "pope", "llava_bench", "vqav2", "textvqa" or "pooled"
  std::string_view signal, statistic;
  double value;              ///< AUROC, R, logits and pp as such, shares as fractions
  std::string_view printed;  ///< digits as printed, with the interval where there is one
};

/// "llava", "paligemma" or "qwen2vl", from the name of a model; "llava" for anything else, because
/// the demo's checkpoint is of that family.
std::string_view paper_model(std::string_view model);
/// The checkpoint that the paper measured: "LLaVA-1.5-7B".
std::string_view paper_model_name(std::string_view family);

/// The paper's set that a benchmark of ours stands for: "pope", "llava_bench", "vqav2", "textvqa",
/// "pooled"; "" = none.
std::string_view paper_set(std::string_view benchmark);

/// True when the benchmark asks whether an object is there ("pope" is part of its name).
bool asks_existence(std::string_view benchmark);

/// The paper's figure for one statistic, or nullptr. `benchmark` is ours: a part "pope" is the
/// paper's POPE (likewise llava_bench, vqav2, textvqa), the pooled set its pooled set; no other set
/// of ours has printed figures.
const PaperFigure* paper_figure(std::string_view table, std::string_view model,
                                std::string_view benchmark, std::string_view signal,
                                std::string_view statistic);

}  // namespace vrp
