#include "kernels/replicate_sums.hpp"

#include <stdexcept>

namespace vrp {
namespace {

void check_weights(const char* kernel, const Multiplicities& weights) {
  if (weights.units < 0 || weights.units > kMostUnits)
    reject(kernel, "number of units", static_cast<double>(weights.units), "0 .. 2^29-1");
  if (weights.replicates < 0)
    reject(kernel, "number of replicates", static_cast<double>(weights.replicates), ">= 0");
  if (weights.data == nullptr && weights.units * weights.replicates > 0)
    reject(kernel, "data of the weights", 0, "memory");
}

void require_known_units(const RankedSignals& signals, std::int64_t units) {
  for (std::int64_t k = 0; k < signals.signals * signals.length; ++k) {
    const RankEntry entry = signals.entries[k];
    if (entry != kNoEntry && entry / 8 >= units) reject_unit(entry);
  }
}

}  // namespace

void reject_unit(RankEntry entry) {
  reject("weighted_ranks", "unit of an entry", entry / 8, "less than the number of units");
}

void weighted_ranks(Device device, const RankedSignals& signals, const Multiplicities& weights,
                    std::span<WeightedRanks> sums) {
  constexpr const char* kName = "weighted_ranks";
  check_weights(kName, weights);
  if (signals.signals < 0)
    reject(kName, "number of signals", static_cast<double>(signals.signals), ">= 0");
  if (signals.length < 0 || signals.length > kMostEntries)
    reject(kName, "entries of a signal", static_cast<double>(signals.length), "0 .. 8421504");
  if (signals.entries == nullptr && signals.signals * signals.length > 0)
    reject(kName, "data of the entries", 0, "memory");
  require_size(kName, "length of the result", static_cast<std::int64_t>(sums.size()),
               signals.signals * weights.replicates);
  if (device == Device::cpu) {
    require_known_units(signals, weights.units);
    return weighted_ranks_cpu(signals, weights, sums.data());
  }
#ifdef VRP_CUDA
  weighted_ranks_cuda(signals, weights, sums.data());
#else
  throw std::invalid_argument("weighted_ranks: device is cuda, but this build has no CUDA");
#endif
}

void weighted_moments(Device device, std::span<const MomentTerms> terms, std::int64_t signals,
                      const Multiplicities& weights, std::span<MomentTerms> sums) {
  constexpr const char* kName = "weighted_moments";
  check_weights(kName, weights);
  if (signals < 0) reject(kName, "number of signals", static_cast<double>(signals), ">= 0");
  require_size(kName, "length of the terms", static_cast<std::int64_t>(terms.size()),
               signals * weights.units);
  require_size(kName, "length of the result", static_cast<std::int64_t>(sums.size()),
               signals * weights.replicates);
  if (device == Device::cpu)
    return weighted_moments_cpu(terms.data(), signals, weights, sums.data());
#ifdef VRP_CUDA
  weighted_moments_cuda(terms.data(), signals, weights, sums.data());
#else
  throw std::invalid_argument("weighted_moments: device is cuda, but this build has no CUDA");
#endif
}

}  // namespace vrp
