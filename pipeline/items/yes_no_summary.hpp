#pragma once
// The figures that yes/no benchmarks print; positive class = yes.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vrp {

/// Counts and shares over n answers. A figure without value is undefined (its denominator is 0),
/// never 0: precision and F1 when nothing is predicted yes, recall when no label is yes.
struct YesNoSummary {
  std::int64_t n = 0;
  std::int64_t tp = 0, fp = 0, tn = 0, fn = 0;  ///< answers that were read as yes or no
  std::int64_t unparsed_yes = 0;  ///< nothing read, label yes: wrong, counts as a missed yes
  std::int64_t unparsed_no = 0;   ///< nothing read, label no: wrong, but not a predicted yes
  std::optional<double> accuracy, precision, recall, f1, yes_ratio, unparsed;  ///< in [0, 1]
};

/// `parsed`: what a scorer read ("yes", "Yes", "no", ..., "" = unparsed); `labels`: yes or no.
/// Case is ignored. Error on unequal lengths or another word, naming the row.
YesNoSummary summarise_yes_no(const std::vector<std::string>& parsed,
                              const std::vector<std::string>& labels);

/// VLMEvalKit's figures of the same answers, in percent, where an empty denominator gives 0.
struct VlmevalkitPercent {
  double accuracy = 0, precision = 0, recall = 0, f1 = 0;
};
VlmevalkitPercent vlmevalkit_percent(const YesNoSummary& summary);

}  // namespace vrp
