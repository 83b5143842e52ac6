#pragma once
// Private to pipeline/model: the next token of each row of a decode batch.
#include <ATen/ATen.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/top_p.hpp"
#include "pipeline/model/ops.hpp"

namespace vrp {

/// What a row is in one step.
enum class RowKind : std::uint8_t {
  idle,    ///< nobody reads it
  greedy,  ///< the largest logit, the lowest id on ties; only rows 0, `each`, 2 `each`, ...
  path     ///< top-p sampling
};

struct ChosenRow {
  std::int32_t token = 0;
  TokenStatistics statistics;
  std::string problem;  ///< "entry 3 is nan": its logits are not all finite
};

struct ChooserParams {
  std::int64_t rows = 0, each = 1;  ///< BatchOps::chooser
  double temperature = 1, top_p = 1;
};

/// A step: expect(); choose(), perhaps as a part of a recorded step; settle().
class TokenChooser {
 public:
  virtual ~TokenChooser() = default;
  /// What the next choice is for and the uniform number in [0, 1) of each row, [rows] both.
  virtual void expect(std::span<const RowKind> kinds, std::span<const double> uniforms) = 0;
  /// From logits [rows, V], in any type. tokens() are the chosen ones.
  virtual void choose(const at::Tensor& logits) = 0;
  /// Waits; the rows that are not idle, the others as they happen to be.
  virtual std::span<const ChosenRow> settle() = 0;
  /// [rows] int64 on the device, always the same tensor: what the rows' next pass runs.
  virtual const at::Tensor& tokens() const = 0;
};

/// Brings logits to the host.
std::unique_ptr<TokenChooser> make_host_chooser(const ChooserParams& params, at::Device device);
/// Chooses by the twins of kernels/, where the logits are.
std::unique_ptr<TokenChooser> make_device_chooser(const ChooserParams& params, at::Device device,
                                                  std::function<KernelPlace()> place);

/// A row of logits of a choice: the token, its statistics or the problem.
ChosenRow choose_on_host(std::span<const float> logits, RowKind kind, double uniform,
                         const ChooserParams& params);

/// "entry 3 is nan", or "" when all are finite.
std::string not_finite(std::span<const float> logits);

}  // namespace vrp
