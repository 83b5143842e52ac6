#include "pipeline/stats/label_agreement.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/stats/proportions.hpp"

namespace vrp::stats {

LabelAgreement compare_labels(Labels a, Labels b, double level) {
  if (a.size() != b.size())
    throw Error(ExitCode::internal, concat("label agreement: columns of ", a.size(), " and ",
                                           b.size(), " rows, expected equally many"));
  LabelAgreement out;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == kNoLabel || b[i] == kNoLabel) {
      ++out.invalid;
      continue;
    }
    ++out.n;
    ++(a[i] == 1 ? (b[i] == 1 ? out.both_correct : out.only_a)
                 : (b[i] == 1 ? out.only_b : out.both_incorrect));
  }
  out.equal = wilson(out.both_correct + out.both_incorrect, out.n, level);
  out.equal.invalid = out.invalid;
  out.p = mcnemar_exact_p(out.only_a, out.only_b);
  out.kappa.n = out.n;
  out.kappa.invalid = out.invalid;
  out.kappa.method = "Cohen's kappa";
  if (out.n == 0) {
    out.kappa.flags |= Flag::empty;
    return out;
  }
  const auto n = static_cast<double>(out.n);
  const double right_a = static_cast<double>(out.both_correct + out.only_a) / n;
  const double right_b = static_cast<double>(out.both_correct + out.only_b) / n;
  const double chance = right_a * right_b + (1 - right_a) * (1 - right_b);
  if (chance >= 1) {
    out.kappa.flags |= Flag::single_class;
    return out;
  }
  const double equal = static_cast<double>(out.both_correct + out.both_incorrect) / n;
  out.kappa.value = (equal - chance) / (1 - chance);
  return out;
}

}  // namespace vrp::stats
