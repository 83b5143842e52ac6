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

/// How far apart results may be. The defaults are those of another order of summation in fp32.
struct Tolerances {
  double pixels = 2e-6;
  double logits = 1e-4;
  double attention = 1e-5;            ///< softmax weights
  double block_outputs = 5e-5;        ///< what attention and MLP add, at one position
  double block_outputs_relative = 0;  ///< besides, of the largest such value of the prompt
  double probabilities = 1e-5;
  double states = 1e-5;  ///< of the largest value of the tensor
  /// Tokens count where the reference's best logit leads by this much; behind the first step where
  /// it does not, an answer may go on otherwise and is not compared. 0 = all tokens count.
  double clear_margin = 0;
};

/// For a model that computes in bf16, whose numbers have 8 bits of significand (rounding 2^-9 =
/// 0.002 of a value) and are rounded at every operation; see tests/golden/README.md.
Tolerances bf16_tolerances();

/// Compares everything that cases/NAME of the file holds - prepared inputs, features, states,
/// attention, logits, greedy and sampled tokens, ablations - within the tolerances.
/// Error (bad_input) for a damaged file or a missing picture.
void compare_case(const Model& model, const Fixtures& fixtures, const GoldenFile& file,
                  const std::string& name, Tally& tally, const Tolerances& allowed = {});

}  // namespace vrp::golden
