#include "stages/reduce/paper.hpp"

#include <array>

#include "pipeline/base/text.hpp"
#include "stages/reduce/reduce.hpp"

namespace vrp {
namespace {

constexpr std::array kFigures = {
    // Table 4: pooled set, n = 3090; the paper does not say of which model.
    PaperFigure{"T4", "", "pooled", "c_k", "r", 0.001, "+0.001 [-0.034, 0.036]"},
    PaperFigure{"T4", "", "pooled", "h_s", "r", -0.012, "-0.012 [-0.047, 0.024]"},
    PaperFigure{"T4", "", "pooled", "s_sc", "r", 0.429, "+0.429"},
    PaperFigure{"T4", "", "pooled", "s_sc", "precision_at_sc1", 0.908, "90.8 % [88.4, 92.8]"},
    // Table 7: AUROC on POPE adversarial.
    PaperFigure{"T7", "llava", "pope", "h_s", "auroc", 0.50, "0.50"},
    PaperFigure{"T7", "paligemma", "pope", "h_s", "auroc", 0.50, "0.50"},
    PaperFigure{"T7", "qwen2vl", "pope", "h_s", "auroc", 0.50, "0.50"},
    PaperFigure{"T7", "llava", "pope", "c_k", "auroc", 0.50, "0.50"},
    PaperFigure{"T7", "paligemma", "pope", "c_k", "auroc", 0.50, "0.50"},
    PaperFigure{"T7", "qwen2vl", "pope", "c_k", "auroc", 0.50, "0.50"},
    PaperFigure{"T7", "llava", "pope", "logit_entropy", "auroc", 0.50, "0.50"},
    PaperFigure{"T7", "paligemma", "pope", "logit_entropy", "auroc", 0.52, "0.52"},
    PaperFigure{"T7", "qwen2vl", "pope", "logit_entropy", "auroc", 0.51, "0.51"},
    PaperFigure{"T7", "llava", "pope", "confidence", "auroc", 0.54, "0.54"},
    PaperFigure{"T7", "paligemma", "pope", "confidence", "auroc", 0.55, "0.55"},
    PaperFigure{"T7", "qwen2vl", "pope", "confidence", "auroc", 0.53, "0.53"},
    PaperFigure{"T7", "llava", "pope", "s_sc", "auroc", 0.78, "0.78"},
    PaperFigure{"T7", "paligemma", "pope", "s_sc", "auroc", 0.81, "0.81"},
    PaperFigure{"T7", "qwen2vl", "pope", "s_sc", "auroc", 0.79, "0.79"},
    // Table 8: LLaVA on POPE.
    PaperFigure{"T8", "llava", "pope", "random", "auroc", 0.500, "0.500"},
    PaperFigure{"T8", "llava", "pope", "h_s", "auroc", 0.504, "0.504"},
    PaperFigure{"T8", "llava", "pope", "c_k", "auroc", 0.501, "0.501"},
    PaperFigure{"T8", "llava", "pope", "linear_h_last", "auroc", 0.620, "0.620"},
    PaperFigure{"T8", "llava", "pope", "ensemble_attention", "auroc", 0.725, "0.725"},
    PaperFigure{"T8", "llava", "pope", "s_sc", "auroc", 0.784, "0.784"},
    // Table 1: read as accuracy on POPE (the raw runs are VQAv2, lenient match).
    PaperFigure{"T1", "llava", "pope", "", "accuracy", 0.676, "67.6 %"},
    PaperFigure{"T1", "paligemma", "pope", "", "accuracy", 0.786, "78.6 %"},
    PaperFigure{"T1", "qwen2vl", "pope", "", "accuracy", 0.288, "28.8 %"},
};

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

const PaperFigure* paper_figure(std::string_view table, std::string_view model,
                                std::string_view benchmark, std::string_view signal,
                                std::string_view statistic) {
  ReduceParams pope_only;
  pope_only.pooled = "pope";
  const std::string_view set = benchmark == kPooledSet               ? "pooled"
                               : in_pooled_set(benchmark, pope_only) ? "pope"
                                                                     : "";
  for (const PaperFigure& figure : kFigures)
    if (figure.table == table && figure.set == set && figure.signal == signal &&
        figure.statistic == statistic &&
        (figure.model.empty() || figure.model == paper_model(model)))
      return &figure;
  return nullptr;
}

}  // namespace vrp
