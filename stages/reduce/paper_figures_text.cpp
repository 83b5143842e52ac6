// What the paper's figures and appendix say in numbers: F3, F4, the case study F5, A.4 and A.6.
#include <array>

#include "stages/reduce/paper_cells.hpp"

namespace vrp {
namespace {

using N = PaperNote;
constexpr double kAny = 1e300;

constexpr PublishedCell text(std::string_view place, std::string_view model, std::string_view what,
                             std::string_view statistic, double value, double half,
                             std::string_view printed, N note, Print print,
                             std::string_view words) {
  return in_words(
      printed_number(place, model, "pope", what, statistic, value, half, printed, note, print),
      words);
}
constexpr PublishedCell said(std::string_view place, std::string_view model, std::string_view what,
                             std::string_view statistic, double low, double high,
                             std::string_view printed, N note, Print print,
                             std::string_view words) {
  return in_words(
      printed_range(place, model, "pope", what, statistic, low, high, printed, note, print), words);
}
/// An example of the appendix: no model, no set.
constexpr PublishedCell example(std::string_view statistic, double value, std::string_view printed,
                                std::string_view words) {
  return unverified(in_words(printed_number("A.4", "", "", "example", statistic, value, kExact,
                                            printed, N::example, Print::untestable),
                             words));
}
constexpr PublishedCell part(std::string_view statistic, double value, std::string_view printed,
                             N note, std::string_view words) {
  return unverified(in_words(printed_number("A.6", "", "pooled", "h_s", statistic, value,
                                            kWholePercent, printed, note, Print::untestable),
                             words));
}

constexpr std::array kCells = {
    // Figure 3: mean H_s over the layers.
    unverified(text("F3", "llava", "L2", "dh_s", -2.5, kOneDigit, "about -2.5", N::entropy_early,
                    Print::as_named, "change of H_s at block 2")),
    unverified(text("F3", "llava", "last", "dh_s", 1.0, kOneDigit, "about +1.0", N::entropy_last,
                    Print::as_named, "change of H_s at the last block")),
    unverified(said("F3", "qwen2vl", "L17", "dh_s", -kAny, 0, "re-sharpens", N::entropy_again,
                    Print::as_named, "change of H_s at block 17")),
    unverified(said("F3", "qwen2vl", "L25", "dh_s", -kAny, 0, "re-sharpens", N::entropy_again,
                    Print::as_named, "change of H_s at block 25")),
    // Figure 4: residual updates of the image tokens.
    unverified(said("F4", "llava", "L5 to L28", "resid_flat", 1, kAny, "flat", N::flat,
                    Print::untestable, "residual update, blocks 5 to 28")),
    unverified(said("F4", "llava", "L30 to L32", "resid_rise", 1, kAny, "rise", N::rise,
                    Print::untestable, "residual update, blocks 30 to 32")),
    // Figure 5: case study, PaliGemma, sample 31.
    text("F5", "paligemma", "case", "h_s", 0.321, kThreeDigits, "0.321", N::case_h_s,
         Print::elsewhere, "H_s"),
    said("F5", "paligemma", "case", "percentile", 0, 15, "bottom 15 %", N::case_percentile,
         Print::elsewhere, "percentile of H_s"),
    text("F5", "paligemma", "case", "c_k", 0, kExact, "0", N::case_c_k, Print::untestable, "C_k"),
    said("F5", "paligemma", "case", "answer", 0, 1, "No", N::case_answer, Print::untestable,
         "answer"),
    text("F5", "paligemma", "case", "layer", 14, kExact, "L14", N::case_layer, Print::untestable,
         "layer at which the answer is suppressed"),
    early(text("F5", "paligemma", "case", "confidence", 0.546, kThreeDigits, "54.6 %",
               N::case_confidence, Print::untestable, "output confidence")),
    early(text("F5", "paligemma", "case", "margin", 9.57, kTwoDigits, "+9.57", N::case_margin,
               Print::untestable, "delta margin")),
    // Appendix A.4: an example; A.6: shares of items.
    example("reference", 3, "3", "reference"),
    example("answer", 4, "Four", "answer"),
    example("p_tok", 0.92, "92 %", "P_tok"),
    example("k_total", 3, "3", "K_total"),
    part("focused_share_of_wrong", 0.15, "15 %", N::focused, "wrong but focused"),
    part("diffuse_share_of_correct", 0.22, "22 %", N::diffuse, "right but diffuse"),
};

}  // namespace

std::span<const PublishedCell> published_text() { return kCells; }

}  // namespace vrp
