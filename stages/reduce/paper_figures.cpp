// The printed numbers about answers and signals, one line each: tables 1, 3, 4, 7 and 8.
#include <array>

#include "stages/reduce/paper_cells.hpp"

namespace vrp {
namespace {

using N = PaperNote;
constexpr AuthorsPlace kHere = {};
constexpr AuthorsPlace kVqav2 = {"vqav2", "", ""};
constexpr AuthorsPlace kLast5Split = {"vqav2", "last5", "authors_split"};
constexpr AuthorsPlace kTop2 = {"", "top2_last", ""};

/// AUROC of a signal, three digits.
constexpr PublishedCell auroc3(std::string_view table, std::string_view model, std::string_view set,
                               std::string_view signal, double value, std::string_view printed,
                               N note, Print print = Print::as_named) {
  return printed_number(table, model, set, signal, "auroc", value, kThreeDigits, printed, note,
                        print);
}

/// AUROC on POPE in table 7, two digits.
constexpr PublishedCell t7(std::string_view model, std::string_view signal, double value,
                           std::string_view printed, N note, Print print = Print::as_named) {
  return printed_number("T7", model, "pope", signal, "auroc", value, kTwoDigits, printed, note,
                        print);
}

constexpr PublishedCell share(std::string_view table, std::string_view model, std::string_view set,
                              std::string_view signal, std::string_view statistic, double value,
                              std::string_view printed, N note, Print print = Print::as_named) {
  return printed_number(table, model, set, signal, statistic, value, kThreeDigits, printed, note,
                        print);
}

constexpr PublishedCell r2(std::string_view model, double value, std::string_view printed) {
  return authors_at(printed_number("T1", model, "pope", "head_entropy", "r2_max", value,
                                   kThreeDigits, printed, N::top_heads),
                    kHere);
}

constexpr PublishedCell best_layer(std::string_view model, double layer, std::string_view printed) {
  return early(printed_number("T7 early", model, "pope", "hidden_probe", "best_layer", layer,
                              kExact, printed, N::best_layer));
}

constexpr PublishedCell early_accuracy(std::string_view model, double value,
                                       std::string_view printed) {
  return early(share("T7 early", model, "pope", "hidden_probe", "layer_accuracy", value, printed,
                     N::probe_accuracy));
}

constexpr std::array kCells = {
    // Table 1, read as POPE.
    authors_at(share("T1", "llava", "pope", "", "accuracy", 0.676, "67.6 %", N::accuracy), kVqav2),
    r2("llava", 0.008, "0.008"),
    share("T1", "llava", "pope", "stress_test", "probe_accuracy", 0.530, "53.0 %", N::stress,
          Print::elsewhere),
    authors_at(share("T1", "paligemma", "pope", "", "accuracy", 0.786, "78.6 %", N::accuracy),
               kVqav2),
    r2("paligemma", 0.080, "0.080"),
    share("T1", "paligemma", "pope", "stress_test", "probe_accuracy", 0.550, "55.0 %", N::stress,
          Print::elsewhere),
    authors_at(share("T1", "qwen2vl", "pope", "", "accuracy", 0.288, "28.8 %", N::accuracy),
               kVqav2),
    r2("qwen2vl", 0.007, "0.007"),
    share("T1", "qwen2vl", "pope", "stress_test", "probe_accuracy", 0.520, "52.0 %", N::stress,
          Print::elsewhere),

    // Table 3: probes and output signals on four sets.
    auroc3("T3", "llava", "pope", "hidden_probe", 0.956, "0.956", N::probe_llava, Print::elsewhere),
    auroc3("T3", "llava", "llava_bench", "hidden_probe", 0.956, "0.956", N::probe_bench,
           Print::elsewhere),
    unverified(auroc3("T3", "llava", "vqav2", "confidence", 0.559, "0.559", N::output)),
    unverified(auroc3("T3", "llava", "vqav2", "hidden_probe", 0.745, "0.745", N::probe_plain)),
    unverified(auroc3("T3", "llava", "textvqa", "confidence", 0.563, "0.563", N::output)),
    unverified(auroc3("T3", "llava", "textvqa", "hidden_probe", 0.721, "0.721", N::probe_plain)),
    authors_at(auroc3("T3", "paligemma", "pope", "hidden_probe", 0.738, "0.738", N::probe_vqav2),
               kLast5Split),
    auroc3("T3", "paligemma", "llava_bench", "hidden_probe", 0.738, "0.738", N::probe_bench,
           Print::elsewhere),
    unverified(auroc3("T3", "paligemma", "vqav2", "confidence", 0.892, "0.892", N::output)),
    unverified(auroc3("T3", "paligemma", "vqav2", "hidden_probe", 0.795, "0.795", N::probe_plain)),
    unverified(auroc3("T3", "paligemma", "textvqa", "confidence", 0.859, "0.859", N::output)),
    unverified(
        auroc3("T3", "paligemma", "textvqa", "hidden_probe", 0.806, "0.806", N::probe_plain)),
    authors_at(auroc3("T3", "qwen2vl", "pope", "hidden_probe", 0.971, "0.971", N::probe_vqav2),
               kLast5Split),
    auroc3("T3", "qwen2vl", "llava_bench", "hidden_probe", 0.971, "0.971", N::probe_bench,
           Print::elsewhere),
    unverified(auroc3("T3", "qwen2vl", "vqav2", "confidence", 0.892, "0.892", N::output)),
    unverified(auroc3("T3", "qwen2vl", "vqav2", "hidden_probe", 0.778, "0.778", N::probe_plain)),
    unverified(auroc3("T3", "qwen2vl", "textvqa", "confidence", 0.774, "0.774", N::output)),
    unverified(auroc3("T3", "qwen2vl", "textvqa", "hidden_probe", 0.852, "0.852", N::probe_plain)),

    // Table 4: pooled set, n = 3090; the paper does not say of which model.
    unverified(printed_number("T4", "", "pooled", "c_k", "r", 0.001, kThreeDigits,
                              "+0.001 [-0.034, 0.036]", N::r_structure)),
    unverified(printed_range("T4", "", "pooled", "c_k", "r_interval", -0.0345, 0.0365,
                             "[-0.034, 0.036]", N::r_interval)),
    unverified(printed_number("T4", "", "pooled", "c_k", "n", 3090, kExact, "3090", N::pooled_n)),
    unverified(printed_range("T4", "", "pooled", "c_k", "p", 0.05, 1, "> 0.05", N::r_p)),
    unverified(printed_number("T4", "", "pooled", "h_s", "r", -0.012, kThreeDigits,
                              "-0.012 [-0.047, 0.024]", N::r_structure)),
    unverified(printed_range("T4", "", "pooled", "h_s", "r_interval", -0.0475, 0.0245,
                             "[-0.047, 0.024]", N::r_interval)),
    unverified(printed_number("T4", "", "pooled", "h_s", "n", 3090, kExact, "3090", N::pooled_n)),
    unverified(printed_range("T4", "", "pooled", "h_s", "p", 0.05, 1, "> 0.05", N::r_p)),
    unverified(
        printed_number("T4", "", "pooled", "s_sc", "r", 0.429, kThreeDigits, "+0.429", N::r_s_sc)),
    unverified(share("T4", "", "pooled", "s_sc", "precision_at_sc1", 0.908, "90.8 % [88.4, 92.8]",
                     N::precision)),
    unverified(printed_range("T4", "", "pooled", "s_sc", "precision_interval", 0.8835, 0.9285,
                             "[88.4, 92.8] %", N::precision_interval)),
    unverified(printed_number("T4", "", "pooled", "s_sc", "precision_n", 670, kExact,
                              "not printed (about 670)", N::precision_n, Print::untestable)),

    // Table 7: AUROC on POPE adversarial. One row of the print is H_s and C_k together.
    t7("llava", "h_s", 0.50, "0.50", N::structure_auroc, Print::elsewhere),
    t7("paligemma", "h_s", 0.50, "0.50", N::structure_auroc, Print::elsewhere),
    t7("qwen2vl", "h_s", 0.50, "0.50", N::structure_auroc, Print::elsewhere),
    t7("llava", "c_k", 0.50, "0.50", N::structure_auroc, Print::elsewhere),
    t7("paligemma", "c_k", 0.50, "0.50", N::structure_auroc, Print::elsewhere),
    t7("qwen2vl", "c_k", 0.50, "0.50", N::structure_auroc, Print::elsewhere),
    unverified(t7("llava", "logit_entropy", 0.50, "0.50", N::logit_entropy)),
    unverified(t7("paligemma", "logit_entropy", 0.52, "0.52", N::logit_entropy)),
    unverified(t7("qwen2vl", "logit_entropy", 0.51, "0.51", N::logit_entropy)),
    unverified(t7("llava", "confidence", 0.54, "0.54", N::confidence)),
    unverified(t7("paligemma", "confidence", 0.55, "0.55", N::confidence)),
    unverified(t7("qwen2vl", "confidence", 0.53, "0.53", N::confidence)),
    unverified(t7("llava", "margin_last", 0.72, "0.72", N::margin)),
    unverified(t7("paligemma", "margin_last", 0.70, "0.70", N::margin)),
    authors_at(t7("qwen2vl", "margin_last", 0.63, "0.63", N::margin_top2), kTop2),
    auroc3("T7", "llava", "pope", "hidden_probe", 0.956, "0.956", N::probe_llava, Print::elsewhere),
    authors_at(auroc3("T7", "paligemma", "pope", "hidden_probe", 0.738, "0.738", N::probe_vqav2),
               kLast5Split),
    authors_at(auroc3("T7", "qwen2vl", "pope", "hidden_probe", 0.971, "0.971", N::probe_vqav2),
               kLast5Split),
    auroc3("T7", "llava", "pope", "last5", 0.956, "0.956", N::last5_llava, Print::elsewhere),
    authors_at(auroc3("T7", "paligemma", "pope", "last5", 0.738, "0.738", N::last5_vqav2),
               kLast5Split),
    authors_at(auroc3("T7", "qwen2vl", "pope", "last5", 0.970, "0.970", N::last5_vqav2),
               kLast5Split),
    unverified(t7("llava", "s_sc", 0.78, "0.78", N::s_sc_auroc)),
    unverified(t7("paligemma", "s_sc", 0.81, "0.81", N::s_sc_auroc)),
    unverified(t7("qwen2vl", "s_sc", 0.79, "0.79", N::s_sc_auroc)),

    // Table 7 of the early version, where it differs, and its probe accuracies.
    early(authors_at(printed_number("T7 early", "paligemma", "pope", "margin_last", "auroc", 0.83,
                                    kTwoDigits, "0.83", N::margin_top2),
                     kTop2)),
    early(auroc3("T7 early", "paligemma", "pope", "hidden_probe", 0.944, "0.944",
                 N::probe_train_test, Print::elsewhere)),
    early(auroc3("T7 early", "paligemma", "pope", "last5", 0.944, "0.944", N::probe_train_test,
                 Print::elsewhere)),
    best_layer("llava", 21, "L21"),
    best_layer("paligemma", 10, "L10"),
    best_layer("qwen2vl", 18, "L18"),
    early_accuracy("llava", 0.880, "88.0 %"),
    early_accuracy("paligemma", 1.000, "100.0 %"),
    early_accuracy("qwen2vl", 1.000, "100.0 %"),

    // Table 8: LLaVA on POPE.
    auroc3("T8", "llava", "pope", "random", 0.500, "0.500", N::random),
    unverified(auroc3("T8", "llava", "pope", "h_s", 0.504, "0.504", N::structure_t8)),
    unverified(auroc3("T8", "llava", "pope", "c_k", 0.501, "0.501", N::structure_t8)),
    unverified(auroc3("T8", "llava", "pope", "linear_h_last", 0.620, "0.620", N::linear_last)),
    unverified(
        auroc3("T8", "llava", "pope", "ensemble_attention", 0.725, "0.725", N::attention_probe)),
    unverified(auroc3("T8", "llava", "pope", "s_sc", 0.784, "0.784", N::s_sc_auroc)),
};

}  // namespace

std::span<const PublishedCell> published_signals() { return kCells; }

}  // namespace vrp
