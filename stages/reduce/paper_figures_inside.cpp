// The printed numbers about layers, neurons and interventions: tables 2, 5, 6, 9 and the masking
// of section 5.1 (our table 11).
#include <array>

#include "stages/reduce/paper_cells.hpp"

namespace vrp {
namespace {

using N = PaperNote;
constexpr AuthorsPlace kHere = {};

/// Table 2 names no set; its raw runs are VQAv2.
constexpr PublishedCell lens(std::string_view model, std::string_view statistic, double value,
                             double half, std::string_view printed, N note,
                             std::string_view authors_statistic = "") {
  return authors_at(
      printed_number("T2", model, "pope", "lens", statistic, value, half, printed, note),
      {"vqav2", "", authors_statistic});
}

constexpr PublishedCell t5(std::string_view what, std::string_view statistic, double value,
                           double half, std::string_view printed, N note,
                           Print print = Print::as_named) {
  return printed_number("T5", "llava", "pooled", what, statistic, value, half, printed, note,
                        print);
}
/// The same of the authors' own neurons.
constexpr PublishedCell t5_theirs(std::string_view what, std::string_view statistic, double value,
                                  double half, std::string_view printed, N note) {
  return authors_at(t5(what, statistic, value, half, printed, note), kHere);
}

constexpr PublishedCell t6_level(std::string_view model, std::string_view what, double value,
                                 std::string_view printed) {
  return unverified(printed_number("T6", model, "pope", what, "accuracy", value, kThreeDigits,
                                   printed, N::t6_level));
}
constexpr PublishedCell t6_effect(std::string_view model, std::string_view what, double value,
                                  std::string_view printed, N note = N::t6_effect) {
  return unverified(
      printed_number("T6", model, "pope", what, "delta_pp", value, kOneDigit, printed, note));
}

constexpr PublishedCell neuron(std::string_view what, std::string_view statistic, double value,
                               std::string_view printed, N note = N::neuron) {
  return early(printed_number("T9", "llava", "pope", what, statistic, value, kTwoDigits, printed,
                              note, Print::untestable));
}
constexpr PublishedCell role(std::string_view layer, double value, std::string_view printed) {
  return in_words(neuron(layer, "layer_role", value, printed, N::layer_role), "layer role");
}

constexpr std::array kCells = {
    // Table 2: logit lens.
    lens("llava", "peak_layer", 24, kExact, "L24", N::peak_llava, "l_sep"),
    lens("llava", "peak_value", 9.20, kTwoDigits, "+9.20 (L31)", N::peak_value),
    lens("llava", "peak_value_layer", 31, kExact, "L31", N::peak_value_layer),
    lens("llava", "mlp_share", 0.821, kThreeDigits, "82.1 %", N::share_llava, "signed boost"),
    lens("paligemma", "peak_layer", 14, kExact, "L14", N::peak_others),
    lens("paligemma", "peak_value", 10.85, kTwoDigits, "+10.85 (L14)", N::peak_value),
    lens("paligemma", "peak_value_layer", 14, kExact, "L14", N::peak_value_layer),
    lens("paligemma", "mlp_share", 0.476, kThreeDigits, "47.6 %", N::share_paligemma,
         "absolute visual"),
    lens("qwen2vl", "peak_layer", 27, kExact, "L27", N::peak_others),
    lens("qwen2vl", "peak_value", 8.40, kTwoDigits, "+8.40 (L27)", N::peak_value),
    lens("qwen2vl", "peak_value_layer", 27, kExact, "L27", N::peak_value_layer),
    lens("qwen2vl", "mlp_share", 0.682, kThreeDigits, "68.2 %", N::share_qwen, "norm all"),

    // Table 5: neurons of LLaVA's block 31 on 200 mixed questions, 12 of them about existence.
    t5("baseline", "accuracy", 0.545, kThreeDigits, "54.5 %", N::t5_level, Print::untestable),
    t5("baseline", "object_accuracy", 1.000, kThreeDigits, "100.0 %", N::t5_object),
    t5("single", "accuracy", 0.545, kThreeDigits, "54.5 %", N::t5_level, Print::untestable),
    t5_theirs("single", "object_accuracy", 1.000, kThreeDigits, "100.0 %", N::t5_object),
    t5_theirs("single", "delta_pp", 0.0, kOneDigit, "0.0 pp", N::t5_single),
    t5_theirs("single", "object_delta_pp", 0.0, kOneDigit, "0.0 pp", N::t5_single),
    t5("top5", "accuracy", 0.525, kThreeDigits, "52.5 %", N::t5_level, Print::untestable),
    t5_theirs("top5", "object_accuracy", 0.917, kThreeDigits, "91.7 %", N::t5_object),
    t5_theirs("top5", "delta_pp", -2.0, kOneDigit, "-2.0 pp", N::t5_top),
    t5_theirs("top5", "object_delta_pp", -8.3, kOneDigit, "-8.3 pp", N::t5_top),
    t5("random5", "accuracy", 0.545, kThreeDigits, "54.5 %", N::t5_level, Print::untestable),
    t5("random5", "object_accuracy", 1.000, kThreeDigits, "100.0 %", N::t5_object),
    t5("random5", "delta_pp", 0.0, kOneDigit, "0.0 pp", N::t5_random),
    t5("random5", "object_delta_pp", 0.0, kOneDigit, "0.0 pp", N::t5_random),
    t5_theirs("single +100", "delta_pp", 0.0, kOneDigit, "0.0 pp", N::t5_clamp),
    t5_theirs("single +100", "p", 1.00, kTwoDigits, "1.00", N::t5_clamp),
    t5_theirs("single -100", "delta_pp", 0.0, kOneDigit, "0.0 pp", N::t5_clamp),
    t5_theirs("single -100", "p", 1.00, kTwoDigits, "1.00", N::t5_clamp),
    authors_at(printed_range("T5", "llava", "pooled", "other blocks", "delta_pp", -1, 1, "< 1 %",
                             N::t5_blocks),
               kHere),

    // Table 6: many neurons at once, at block 15 of PaliGemma and block 25 of Qwen2-VL.
    t6_level("paligemma", "baseline", 0.970, "97.0 %"),
    t6_level("paligemma", "top10", 0.963, "96.3 %"),
    t6_effect("paligemma", "top10", -0.7, "-0.7 pp"),
    t6_level("paligemma", "random500", 0.970, "97.0 %"),
    t6_effect("paligemma", "random500", 0.0, "0.0 pp (24 %)"),
    t6_level("paligemma", "random1000", 0.960, "96.0 %"),
    t6_effect("paligemma", "random1000", -1.0, "-1.0 pp (49 %)"),
    t6_level("qwen2vl", "baseline", 0.550, "55.0 %"),
    t6_level("qwen2vl", "random500", 0.580, "58.0 %"),
    t6_effect("qwen2vl", "random500", 3.0, "+3.0 pp (14 %)"),
    t6_level("qwen2vl", "random1000", 0.560, "56.0 %"),
    t6_effect("qwen2vl", "random1000", 1.0, "+1.0 pp (28 %)"),
    t6_level("qwen2vl", "random2000", 0.570, "57.0 %"),
    t6_effect("qwen2vl", "random2000", 2.0, "+2.0 pp (56 %)"),
    t6_level("qwen2vl", "bypass", 0.650, "65.0 %"),
    t6_effect("qwen2vl", "bypass", 5.0, "+5.0 pp (its own figures give +10.0)", N::t6_bypass),

    // Table 9 (early version): neurons of LLaVA's block 31; rank 0 first.
    neuron("success0", "delta", 27.23, "N1512: +27.23, weight +2.41"),
    neuron("success0", "weight", 2.41, "N1512: +2.41"),
    neuron("success1", "delta", 18.56, "N2847: +18.56, weight +1.89"),
    neuron("success1", "weight", 1.89, "N2847: +1.89"),
    neuron("success2", "delta", 15.02, "N3201: +15.02, weight +1.52"),
    neuron("success2", "weight", 1.52, "N3201: +1.52"),
    neuron("failure0", "delta", -3.11, "N1360: -3.11, weight -1.94"),
    neuron("failure0", "weight", -1.94, "N1360: -1.94"),
    neuron("failure1", "delta", -4.25, "N0892: -4.25, weight -1.67"),
    neuron("failure1", "weight", -1.67, "N0892: -1.67"),
    neuron("failure2", "delta", -2.89, "N2156: -2.89, weight -1.31"),
    neuron("failure2", "weight", -1.31, "N2156: -1.31"),
    neuron("N3839", "delta", -3.08, "N3839: -3.08", N::neuron_named),
    neuron("N2660", "delta", -2.95, "N2660: -2.95", N::neuron_named),
    early(printed_number("T9", "llava", "pope", "L17", "sparse_accuracy", 0.823, kThreeDigits,
                         "82.3 %", N::sparse_accuracy)),
    early(printed_number("T9", "llava", "pope", "L29", "sparse_accuracy", 0.863, kThreeDigits,
                         "86.3 %", N::sparse_accuracy)),
    early(authors_at(printed_number("T9", "llava", "pope", "L29", "nonzero", 0.057, kThreeDigits,
                                    "5.7 %", N::sparse_nonzero),
                     kHere)),
    early(authors_at(printed_range("T9", "llava", "pope", "L21", "nonzero", 0.04, 0.06, "4-6 %",
                                   N::sparse_nonzero),
                     kHere)),
    early(in_words(printed_range("T9", "", "", "", "samples", 50000, 1e300, "50,000+ samples",
                                 N::samples, Print::untestable),
                   "samples of the study")),
    role("L19", 0.53, "+0.53"),
    early(in_words(printed_range("T9", "llava", "pope", "L21 to L28", "layer_role", -2.27, -0.85,
                                 "-0.85 to -2.27", N::layer_role, Print::untestable),
                   "layer role")),
    role("L30", 2.61, "+2.61"),
    role("L31", 8.80, "+8.80"),

    // Masking of the 30 % of patches with most attention (text 5.1).
    printed_number("T11", "llava", "pope", "mask high", "delta_pp", -8.2, kOneDigit, "-8.2 pp",
                   N::masking_llava, Print::elsewhere),
    printed_range("T11", "llava", "pope", "mask high", "p", 0, 0.001, "p < 0.001", N::masking_p,
                  Print::elsewhere),
    printed_number("T11", "paligemma", "pope", "mask high", "delta_pp", -11.3, kOneDigit,
                   "-11.3 pp (p < 0.001)", N::masking),
    printed_range("T11", "paligemma", "pope", "mask high", "p", 0, 0.001, "p < 0.001",
                  N::masking_p),
};

}  // namespace

std::span<const PublishedCell> published_inside() { return kCells; }

}  // namespace vrp
