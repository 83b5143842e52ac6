#pragma once
// AUROC, AUROC within type and R of many signals on the same bootstrap replicates. Each signal is
// sorted once; a replicate is then a weighted rank sum over integer multiplicities and three
// weighted moments. Memory grows with signals x rows, not with replicates (beside the results).
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "pipeline/stats/columns.hpp"
#include "pipeline/stats/resample.hpp"

namespace vrp::stats {

/// Results for one signal; NaN = undefined in that replicate (one class, constant).
struct SignalReplicates {
  std::vector<double> auroc;   ///< [count]
  std::vector<double> within;  ///< [count], AUROC within type; empty when no types were given
  std::vector<double> r;       ///< [count]
};

/// Leave-one-unit-out values of one signal, [U] each; NaN = undefined. Units that hold no used row
/// of the signal are left out of the vectors.
struct SignalJackknife {
  std::vector<double> auroc, within, r;
};

class SignalBootstrap {
 public:
  /// labels, types (or empty), signals: N rows each. Rows without a label should be dropped before
  /// (`labelled`, signal_summary.hpp): they would only take part in the draws.
  SignalBootstrap(std::span<const Signal> signals, Labels labels, Types types,
                  const ResampleUnits& units);
  ~SignalBootstrap();
  SignalBootstrap(SignalBootstrap&&) noexcept;
  SignalBootstrap& operator=(SignalBootstrap&&) noexcept;

  /// Replicates of a range, one entry per signal. Bits do not depend on how ranges are cut.
  std::vector<SignalReplicates> replicate(PhiloxKey key, ReplicateRange range) const;
  SignalJackknife jackknife(std::size_t signal) const;
  std::size_t signals() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Appends `more` (the next range) to `all`, signal by signal.
void append(std::vector<SignalReplicates>& all, const std::vector<SignalReplicates>& more);

}  // namespace vrp::stats
