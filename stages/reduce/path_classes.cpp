#include "stages/reduce/path_classes.hpp"

#include <cmath>
#include <optional>
#include <span>

#include "pipeline/items/rouge.hpp"
#include "pipeline/stats/path_bootstrap.hpp"
#include "stages/reduce/rows.hpp"

namespace vrp {
namespace {

constexpr const char* kSignalPath = "consistency/s_sc";

/// The threshold in "... alike by ROUGE-L F1 >= 0.7"; none = classes of equal answers.
std::optional<double> likeness(const Array& s_sc) {
  constexpr std::string_view kName = "ROUGE-L F1 >= ";
  const auto at = s_sc.description.find(kName);
  if (at == std::string::npos) return std::nullopt;
  return std::stod(s_sc.description.substr(at + kName.size()));
}

/// Class of each answer: the first class whose founder it equals or is like.
void append_classes(std::span<const std::string> answers, std::optional<double> threshold,
                    std::vector<std::int32_t>& out) {
  std::vector<const std::string*> founders;
  for (const std::string& answer : answers) {
    std::size_t c = 0;
    while (c < founders.size() && *founders[c] != answer &&
           !(threshold && rouge_l_f1(answer, *founders[c]) >= *threshold))
      ++c;
    if (c == founders.size()) founders.push_back(&answer);
    out.push_back(static_cast<std::int32_t>(c));
  }
}

}  // namespace

void add_path_classes(const CellData& cell, const RowMap& consistency, CellColumns& out) {
  out.sampled = {};
  const Array* texts = cell.consistency.find("path/normalised");
  const Array* s_sc = cell.consistency.find(kSignalPath);
  out.no_paths = "no sampled answers are stored";
  if (!texts || !s_sc || texts->shape.size() != 2) return;
  const auto& answers = cell.consistency.values<std::string>("path/normalised");
  const auto width = static_cast<std::size_t>(texts->shape[1]);
  const std::optional<double> threshold = likeness(*s_sc);
  const SignalColumn* stored = nullptr;
  for (const SignalColumn& signal : out.signals)
    if (signal.path == kSignalPath) stored = &signal;
  if (!stored) return;
  stats::SampledPaths paths;
  paths.first = {0};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::int64_t row = consistency[i];
    if (row != kAbsentRow && row < texts->shape[0] && !std::isnan(stored->value[i]))
      append_classes(std::span(answers).subspan(static_cast<std::size_t>(row) * width, width),
                     threshold, paths.answer_class);
    paths.first.push_back(static_cast<std::int64_t>(paths.answer_class.size()));
  }
  const std::vector<double> agreed = stats::self_consistency(paths);
  for (std::size_t i = 0; i < out.size(); ++i)
    if (!std::isnan(stored->value[i]) && !(std::abs(agreed[i] - stored->value[i]) < 1e-9)) {
      out.no_paths = "the stored answers do not give the stored S_SC of item '" + out.key[i] + "'";
      return;
    }
  out.no_paths = paths.answer_class.empty() ? "no item has sampled answers" : "";
  out.sampled = std::move(paths);
}

}  // namespace vrp
