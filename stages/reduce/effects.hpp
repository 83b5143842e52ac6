#pragma once
// Effects of interventions on the same items: differences, flips, tests, power (methods 10 and 12).
#include <optional>
#include <vector>

#include "stages/reduce/draws.hpp"
#include "stages/reduce/effect_columns.hpp"
#include "stages/reduce/params.hpp"
#include "stages/reduce/rows_effect.hpp"

namespace vrp {

/// Against the baseline: every condition, draws of a random one averaged per item; then, for all
/// items, the specific effects (high - random, high - low, region - outside, top k - random k).
/// With `by_type` also each question type of methods' section 12.2 against the baseline. No rows
/// when nothing was computed.
std::vector<EffectRow> effect_rows(const EffectColumns& cell, const ReduceParams& params,
                                   const Draws& draws, bool by_type);

/// Smallest difference, in percentage points, that an exact comparison of n pairs finds with 80 %
/// power at alpha 0.05, `discordant` of which differ: Connor's normal approximation; where even
/// flips in one direction only would not reach the power, the least such number of flips.
double minimum_detectable_pp(std::int64_t n, double discordant, bool& one_way);

/// p of the mean of target - mean(others) over items when, under the null, the target could have
/// been any of the conditions: within each item the role of the target is given at random
/// (permutation p, draws keyed by seed and purpose). All vectors [N], NaN = item left out. Absent
/// when no item is left. `group` [N] (empty = every item by itself): all items of a group get the
/// same condition as target, one that is defined on every item of the group.
std::optional<double> exchange_p(const std::vector<double>& target,
                                 const std::vector<std::vector<double>>& others, int permutations,
                                 const Draws& draws, const std::string& purpose,
                                 const std::vector<std::int32_t>& group = {});

/// Exact p of the sum of `sums` when each of them could as well have had the other sign: the share
/// of all 2^G assignments of signs whose sum is at least as far from 0. With one pair of answers in
/// each group (sums of -1, 0, 1) it is the exact McNemar p. 1 when every sum is 0. Source: Fisher's
/// randomisation test with groups as units; Noreen 1989; computed by convolution.
double sign_flip_p(const std::vector<std::int64_t>& sums);

}  // namespace vrp
