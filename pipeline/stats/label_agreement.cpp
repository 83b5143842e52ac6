#include "pipeline/stats/label_agreement.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/proportions.hpp"

namespace vrp::stats {
namespace {

/// Interval of kappa from its influence values u, d kappa = mean of u:
///   u = [(e - po)(1 - pe) - (1 - po)((2 pb - 1)(a - pa) + (2 pa - 1)(b - pb))] / (1 - pe)^2
/// with e = 1 where the labels are equal, pa and pb the shares of label 1. Their mean square is the
/// variance of Fleiss, Cohen and Everitt times n.
void set_kappa_interval(Labels a, Labels b, double level, Groups group, LabelAgreement& out) {
  const auto n = static_cast<double>(out.n);
  const double pa = static_cast<double>(out.both_correct + out.only_a) / n;
  const double pb = static_cast<double>(out.both_correct + out.only_b) / n;
  const double equal = static_cast<double>(out.both_correct + out.both_incorrect) / n;
  const double not_chance = 1 - (pa * pb + (1 - pa) * (1 - pb));
  if (out.only_a + out.only_b == 0) {
    out.kappa.flags |= Flag::zero_variance;
    return;
  }
  std::map<std::int64_t, double> sums;  // by group
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == kNoLabel || b[i] == kNoLabel) continue;
    const double e = a[i] == b[i] ? 1 : 0;
    const double margins = (2 * pb - 1) * (a[i] - pa) + (2 * pa - 1) * (b[i] - pb);
    sums[group.empty() ? static_cast<std::int64_t>(i) : group[i]] +=
        ((e - equal) * not_chance - (1 - equal) * margins) / (not_chance * not_chance);
  }
  const auto groups = static_cast<double>(sums.size());
  if (!group.empty() && groups < 2) {
    out.kappa.flags |= Flag::too_few;
    return;
  }
  double squares = 0;
  for (const auto& [unit, sum] : sums) squares += sum * sum;
  if (!group.empty()) squares *= groups / (groups - 1);
  if (!(squares > 0)) {
    out.kappa.flags |= Flag::zero_variance;
    return;
  }
  out.kappa.se = std::sqrt(squares) / n;
  if (!group.empty()) out.kappa.df = groups - 1;
  const double half =
      (group.empty() ? critical_z(level) : critical_t(level, groups - 1)) * *out.kappa.se;
  out.kappa.low = std::max(-1.0, *out.kappa.value - half);
  out.kappa.high = std::min(1.0, *out.kappa.value + half);
}

}  // namespace

LabelAgreement compare_labels(Labels a, Labels b, double level, Groups group) {
  if (!group.empty() && group.size() != a.size())
    throw Error(ExitCode::internal, concat("label agreement: ", group.size(), " groups of ",
                                           a.size(), " rows, expected equally many"));
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
  out.kappa.method = group.empty() ? "Fleiss, Cohen and Everitt, items taken as independent"
                                   : "cluster-robust, images as clusters, t with G-1 df";
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
  set_kappa_interval(a, b, level, group, out);
  return out;
}

}  // namespace vrp::stats
