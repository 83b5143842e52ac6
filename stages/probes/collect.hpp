#pragma once
// Features of a part, collected while the capture records stream by.
#include <cstdint>
#include <string>
#include <vector>

#include "stages/probes/cell_items.hpp"
#include "stages/probes/features.hpp"
#include "stages/probes/parts.hpp"

namespace vrp {

struct PartFeatures {
  CellItems items;
  FeatureSource source{0, {}, 0};
  std::vector<std::int64_t> layers;   ///< block of each layer of the source, -1 embeddings, -2 none
  std::vector<std::uint8_t> defined;  ///< [N], 0 = the part's input is missing for the item
};

/// Reads what the part needs, one pass over capture. Error (usage) when capture did not keep an
/// array, naming the parameter that would.
PartFeatures collect_features(const ProbeInput& input, const ProbePart& part,
                              const ProbesParams& params);

/// The same for given blocks (-1 = embeddings) of an array of states "hidden/first", "hidden/last",
/// "hidden/blank", or of "hidden/mlp_first".
PartFeatures collect_layers(const ProbeInput& input, const ProbesParams& params,
                            const std::string& array, const std::vector<std::int64_t>& blocks);

/// Blocks whose cumulative contributions contrib12 takes: 17 21 26 29 30 31 of 32, at the same
/// share of another depth (repeats are kept).
std::vector<std::int64_t> contribution_blocks(int layers);

}  // namespace vrp
