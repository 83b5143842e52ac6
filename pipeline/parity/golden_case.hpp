#pragma once
// A checkpoint's forward pass beside what the reference computed for it.
#include <filesystem>
#include <string>

#include "pipeline/model/model.hpp"
#include "pipeline/parity/tally.hpp"
#include "pipeline/store/golden_file.hpp"

namespace vrp::golden {

struct Fixtures {
  std::filesystem::path checkpoint;  ///< the folder that the model was loaded from
  std::filesystem::path images;      ///< where the cases' pictures are
};

/// Compares everything that cases/NAME of the file holds - prepared inputs, features, states,
/// attention, logits, greedy and sampled tokens, ablations - within the tolerances stated for
/// another order of summation in fp32. Error (bad_input) for a damaged file or a missing picture.
void compare_case(const Model& model, const Fixtures& fixtures, const GoldenFile& file,
                  const std::string& name, Tally& tally);

}  // namespace vrp::golden
