// The printed figures, one line each. Source: arXiv 2606.17389, final version (table 9: the early
// version).
#include <array>

#include "stages/reduce/paper.hpp"

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
    // Table 1, the other columns.
    PaperFigure{"T1", "llava", "pope", "head_entropy", "r2_max", 0.008, "0.008"},
    PaperFigure{"T1", "llava", "pope", "stress_test", "probe_accuracy", 0.530, "53.0 %"},
    PaperFigure{"T1", "paligemma", "pope", "head_entropy", "r2_max", 0.080, "0.080"},
    PaperFigure{"T1", "paligemma", "pope", "stress_test", "probe_accuracy", 0.550, "55.0 %"},
    PaperFigure{"T1", "qwen2vl", "pope", "head_entropy", "r2_max", 0.007, "0.007"},
    PaperFigure{"T1", "qwen2vl", "pope", "stress_test", "probe_accuracy", 0.520, "52.0 %"},
    // Table 2: logit lens. The paper names no set; its raw runs are VQAv2.
    PaperFigure{"T2", "llava", "pope", "lens", "peak_layer", 24, "L24"},
    PaperFigure{"T2", "llava", "pope", "lens", "peak_value", 9.20, "+9.20 (L31)"},
    PaperFigure{"T2", "llava", "pope", "lens", "mlp_share", 0.821, "82.1 %"},
    PaperFigure{"T2", "paligemma", "pope", "lens", "peak_layer", 14, "L14"},
    PaperFigure{"T2", "paligemma", "pope", "lens", "peak_value", 10.85, "+10.85 (L14)"},
    PaperFigure{"T2", "paligemma", "pope", "lens", "mlp_share", 0.476, "47.6 %"},
    PaperFigure{"T2", "qwen2vl", "pope", "lens", "peak_layer", 27, "L27"},
    PaperFigure{"T2", "qwen2vl", "pope", "lens", "peak_value", 8.40, "+8.40 (L27)"},
    PaperFigure{"T2", "qwen2vl", "pope", "lens", "mlp_share", 0.682, "68.2 %"},
    // Table 3: probes and output signals on four sets.
    PaperFigure{"T3", "llava", "pope", "hidden_probe", "auroc", 0.956, "0.956"},
    PaperFigure{"T3", "llava", "llava_bench", "hidden_probe", "auroc", 0.956, "0.956"},
    PaperFigure{"T3", "llava", "vqav2", "confidence", "auroc", 0.559, "0.559"},
    PaperFigure{"T3", "llava", "vqav2", "hidden_probe", "auroc", 0.745, "0.745"},
    PaperFigure{"T3", "llava", "textvqa", "confidence", "auroc", 0.563, "0.563"},
    PaperFigure{"T3", "llava", "textvqa", "hidden_probe", "auroc", 0.721, "0.721"},
    PaperFigure{"T3", "paligemma", "pope", "hidden_probe", "auroc", 0.738, "0.738"},
    PaperFigure{"T3", "paligemma", "llava_bench", "hidden_probe", "auroc", 0.738, "0.738"},
    PaperFigure{"T3", "paligemma", "vqav2", "confidence", "auroc", 0.892, "0.892"},
    PaperFigure{"T3", "paligemma", "vqav2", "hidden_probe", "auroc", 0.795, "0.795"},
    PaperFigure{"T3", "paligemma", "textvqa", "confidence", "auroc", 0.859, "0.859"},
    PaperFigure{"T3", "paligemma", "textvqa", "hidden_probe", "auroc", 0.806, "0.806"},
    PaperFigure{"T3", "qwen2vl", "pope", "hidden_probe", "auroc", 0.971, "0.971"},
    PaperFigure{"T3", "qwen2vl", "llava_bench", "hidden_probe", "auroc", 0.971, "0.971"},
    PaperFigure{"T3", "qwen2vl", "vqav2", "confidence", "auroc", 0.892, "0.892"},
    PaperFigure{"T3", "qwen2vl", "vqav2", "hidden_probe", "auroc", 0.778, "0.778"},
    PaperFigure{"T3", "qwen2vl", "textvqa", "confidence", "auroc", 0.774, "0.774"},
    PaperFigure{"T3", "qwen2vl", "textvqa", "hidden_probe", "auroc", 0.852, "0.852"},
    // Table 5: neurons of LLaVA's block 31 on 200 mixed questions, 12 of them about existence.
    PaperFigure{"T5", "llava", "pooled", "baseline", "accuracy", 0.545, "54.5 %"},
    PaperFigure{"T5", "llava", "pooled", "baseline", "object_accuracy", 1.000, "100.0 %"},
    PaperFigure{"T5", "llava", "pooled", "single", "accuracy", 0.545, "54.5 %"},
    PaperFigure{"T5", "llava", "pooled", "single", "object_accuracy", 1.000, "100.0 %"},
    PaperFigure{"T5", "llava", "pooled", "top5", "accuracy", 0.525, "52.5 %"},
    PaperFigure{"T5", "llava", "pooled", "top5", "object_accuracy", 0.917, "91.7 %"},
    PaperFigure{"T5", "llava", "pooled", "random5", "accuracy", 0.545, "54.5 %"},
    PaperFigure{"T5", "llava", "pooled", "random5", "object_accuracy", 1.000, "100.0 %"},
    PaperFigure{"T5", "llava", "pooled", "single", "delta_pp", 0.0, "0.0 pp"},
    PaperFigure{"T5", "llava", "pooled", "single", "object_delta_pp", 0.0, "0.0 pp"},
    PaperFigure{"T5", "llava", "pooled", "top5", "delta_pp", -2.0, "-2.0 pp"},
    PaperFigure{"T5", "llava", "pooled", "top5", "object_delta_pp", -8.3, "-8.3 pp"},
    PaperFigure{"T5", "llava", "pooled", "random5", "delta_pp", 0.0, "0.0 pp"},
    PaperFigure{"T5", "llava", "pooled", "random5", "object_delta_pp", 0.0, "0.0 pp"},
    // Table 6: many neurons at once. scaled1.. are the random counts in ascending order.
    PaperFigure{"T6", "paligemma", "pope", "baseline", "accuracy", 0.970, "97.0 %"},
    PaperFigure{"T6", "paligemma", "pope", "top10", "accuracy", 0.963, "96.3 %"},
    PaperFigure{"T6", "paligemma", "pope", "top10", "delta_pp", -0.7, "-0.7 pp"},
    PaperFigure{"T6", "paligemma", "pope", "scaled1", "accuracy", 0.970, "97.0 %"},
    PaperFigure{"T6", "paligemma", "pope", "scaled1", "delta_pp", 0.0, "0.0 pp (500, 24 %)"},
    PaperFigure{"T6", "paligemma", "pope", "scaled2", "accuracy", 0.960, "96.0 %"},
    PaperFigure{"T6", "paligemma", "pope", "scaled2", "delta_pp", -1.0, "-1.0 pp (1000, 49 %)"},
    PaperFigure{"T6", "qwen2vl", "pope", "baseline", "accuracy", 0.550, "55.0 %"},
    PaperFigure{"T6", "qwen2vl", "pope", "scaled1", "accuracy", 0.580, "58.0 %"},
    PaperFigure{"T6", "qwen2vl", "pope", "scaled1", "delta_pp", 3.0, "+3.0 pp (500, 14 %)"},
    PaperFigure{"T6", "qwen2vl", "pope", "scaled2", "accuracy", 0.560, "56.0 %"},
    PaperFigure{"T6", "qwen2vl", "pope", "scaled2", "delta_pp", 1.0, "+1.0 pp (1000, 28 %)"},
    PaperFigure{"T6", "qwen2vl", "pope", "scaled3", "accuracy", 0.570, "57.0 %"},
    PaperFigure{"T6", "qwen2vl", "pope", "scaled3", "delta_pp", 2.0, "+2.0 pp (2000, 56 %)"},
    PaperFigure{"T6", "qwen2vl", "pope", "bypass", "accuracy", 0.650, "65.0 %"},
    PaperFigure{"T6", "qwen2vl", "pope", "bypass", "delta_pp", 5.0,
                "+5.0 pp (its own figures give +10.0)"},
    // Table 7: signals from inside the model.
    PaperFigure{"T7", "llava", "pope", "margin_last", "auroc", 0.72, "0.72"},
    PaperFigure{"T7", "llava", "pope", "hidden_probe", "auroc", 0.956, "0.956"},
    PaperFigure{"T7", "llava", "pope", "last5", "auroc", 0.956, "0.956"},
    PaperFigure{"T7", "paligemma", "pope", "margin_last", "auroc", 0.70, "0.70"},
    PaperFigure{"T7", "paligemma", "pope", "hidden_probe", "auroc", 0.738, "0.738"},
    PaperFigure{"T7", "paligemma", "pope", "last5", "auroc", 0.738, "0.738"},
    PaperFigure{"T7", "qwen2vl", "pope", "margin_last", "auroc", 0.63, "0.63"},
    PaperFigure{"T7", "qwen2vl", "pope", "hidden_probe", "auroc", 0.971, "0.971"},
    PaperFigure{"T7", "qwen2vl", "pope", "last5", "auroc", 0.970, "0.970"},
    // Table 9 (early version): neurons of LLaVA's block 31; rank 0 first.
    PaperFigure{"T9", "llava", "pope", "success0", "delta", 27.23, "N1512: +27.23, weight +2.41"},
    PaperFigure{"T9", "llava", "pope", "success1", "delta", 18.56, "N2847: +18.56, weight +1.89"},
    PaperFigure{"T9", "llava", "pope", "success2", "delta", 15.02, "N3201: +15.02, weight +1.52"},
    PaperFigure{"T9", "llava", "pope", "failure0", "delta", -3.11, "N1360: -3.11, weight -1.94"},
    PaperFigure{"T9", "llava", "pope", "failure1", "delta", -4.25, "N0892: -4.25, weight -1.67"},
    PaperFigure{"T9", "llava", "pope", "failure2", "delta", -2.89, "N2156: -2.89, weight -1.31"},
    // Masking of the 30 % of patches with most attention (text 5.1). The LLaVA figure is of the 13B
    // model in the raw runs.
    PaperFigure{"T11", "llava", "pope", "mask high", "delta_pp", -8.2, "-8.2 pp"},
    PaperFigure{"T11", "paligemma", "pope", "mask high", "delta_pp", -11.3, "-11.3 pp (p < 0.001)"},
};

}  // namespace

std::span<const PaperFigure> paper_figures() { return kFigures; }

}  // namespace vrp
