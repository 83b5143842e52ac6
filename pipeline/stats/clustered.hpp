#pragma once
// Tests and intervals for rows that come in groups (questions about one image): the closed forms
// beside the bootstrap over groups. Groups are taken as independent of each other, rows of one
// group need not be.
#include <optional>

#include "pipeline/stats/columns.hpp"
#include "pipeline/stats/estimate.hpp"

namespace vrp::stats {

// All three tests, G = groups that hold a used row:
// - `se` and `df` = G-1 are set wherever p is. p is that of t = d / sqrt(se^2 + d^2/G) with G-1
//   degrees of freedom, d = distance from the null: the groups' contributions squared about the
//   null instead of about their mean. With d/se small p come too often (of null data with 40 groups
//   0.8 % have p < 0.006), so that a family's error would exceed its 5 %; this way too seldom
//   (0.4 %). Source: Guo, Pan, Connett, Hannan and French 2005, Statistics in Medicine 24:3479.
// - The interval holds the values that this test does not reject, value +- c se / sqrt(1 - c^2/G)
//   with the critical t c; from 6 groups down the whole range (95 %). So p < 0.05 exactly where the
//   95 % interval leaves the null out.
// - Value, n and the flags of one class, no row or a constant signal are those of the function for
//   single rows. Value without p and interval: no groups given (not_given), G < 2 or one class in
//   one group only (too_few), variance 0 (zero_variance). Group numbers may have gaps. A negative
//   group or columns of different length throw Error(internal).

/// AUROC with the variance of clustered data: placements summed by group,
///   S10/n1 + S01/n0 + 2 S11/(n1 n0),  S10 = G1/((G1-1) n1) sum_g (V10_g - m_g A)^2,  S01 likewise,
///   S11 = G/(G-1) sum_g (V10_g - m_g A)(V01_g - k_g A)
/// with m_g, k_g rows of label 1 and 0 in group g, and G1 groups that have label 1. p against 0.5,
/// interval cut to [0, 1]. One row in each group: DeLong's variance. method "Obuchowski". Source:
/// Obuchowski 1997, Biometrics 53:567.
Estimate auroc_clustered(Values x, Labels y, Groups group, double level = kLevel);

/// AUROC(a) - AUROC(b) on the rows where both are defined, the same variance on the differences of
/// the placements; interval cut to [-1, 1], p against 0. One row in each group: paired DeLong.
/// method "paired Obuchowski".
Estimate auroc_difference_clustered(Values a, Values b, Labels y, Groups group,
                                    double level = kLevel);

/// R with its cluster-robust standard error: influence values of R,
///   u_i = zx_i zy_i - R (zx_i^2 + zy_i^2)/2,  zx, zy standardised by the 1/n variance,
///   se^2 = G/(G-1) sum_g (sum_{i in g} u_i)^2 / n^2.
/// p and interval on Fisher's scale, atanh R with the error se/(1-R^2). |R| = 1: zero_variance.
/// method "cluster-robust; Fisher". Sources: influence function of R, Devlin et al. 1975,
/// Biometrika 62:531; sums by group and factor, Liang and Zeger 1986, Biometrika 73:13.
Estimate point_biserial_clustered(Values x, Labels y, Groups group, double level = kLevel);

/// Two one-sided tests that |R| < bound, each as the test above with the bound for its null, on the
/// standard error and degrees of freedom of `point_biserial_clustered`; for the rest as
/// `equivalence_r`. r without se: value without p.
/// method "TOST |R| < 0.1, cluster-robust".
Estimate equivalence_r_clustered(const Estimate& r, double bound = 0.1, double alpha = 0.05);

/// Smallest true difference from the null that a two-sided test at `alpha` finds with `power` when
/// the estimate's standard error is se: (z_{1-alpha/2} + z_power) se, normal approximation. Absent
/// when se is not a positive number, or alpha and power leave nothing to detect. 2.801585 se for
/// 0.05 and 0.8. Source: Bloom 1995, Evaluation Review 19:547.
std::optional<double> minimum_detectable(double se, double alpha = 0.05, double power = 0.8);

}  // namespace vrp::stats
