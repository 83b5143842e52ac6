#pragma once
// The two stages of probes as pure functions: fits of the parts of a cell, and their join.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/store/record.hpp"
#include "stages/probes/params.hpp"

namespace vrp {

/// What a part or a cell is fitted from.
struct ProbeInput {
  const ItemTable* items = nullptr;
  std::string model, benchmark;
  std::uint64_t seed = 0;
  int layers = 0;              ///< blocks L of the model
  std::string device = "cpu";  ///< cpu, cuda or cuda:N
  int threads = 1;
  /// Calls back for every unit record of an upstream stage (capture, metrics, consistency,
  /// probe_fits) in the order of items (or parts).
  std::function<void(const std::string& stage, const std::function<void(const Record&)>&)> each;
  std::function<void(std::int64_t)> advance;  ///< number of items just finished; may be empty
};

/// Names of the parts of a cell, each a unit: "hidden_linear.b0-3" (blocks 0..3; the first block
/// part has the embeddings too), "hidden_linear.shuffle0-19" (label permutations 0..19),
/// "hidden_linear_blank.b0-3", "last5", "stress" ... Of letters, digits, '.', '_' and '-'.
std::vector<std::string> fit_parts(const ProbesParams& params, int layers);

/// Stage `probe_fits`: one part. Reads only the arrays that the part needs, unit by unit, and holds
/// at most params.memory_mb of features. The same bits for any ranks and order of units. What
/// cannot be fitted (one class, fewer images than folds, constant features) is NaN with a note.
/// Error (usage) when an array is missing that a parameter of capture would add.
Record fit_part(const ProbeInput& input, const std::string& part, const ProbesParams& params);

/// Stage `probes`: joins the parts of a cell (record.hpp): layers chosen per outer fold, one score
/// per item, fusion, controls, neurons.
Record join_probes(const ProbeInput& input, const ProbesParams& params);

/// Pooled cell of a model: frame probe_control with rows "transfer:SOURCE:TARGET", a linear probe
/// fitted on one set (layer chosen there) and scored on the other's items whose image it did not
/// see; and rows of the stress test on the items of all sets (pooled_stress in stress.hpp).
Record transfer_probes(const std::vector<ProbeInput>& cells, const ProbesParams& params);

}  // namespace vrp
