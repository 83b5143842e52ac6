#pragma once
// Private to pipeline/model: the operations of which both towers are made, in two twins. `aten`
// runs anywhere libtorch does; `cpu` is float32 on the CPU with the project's own kernels, whose
// rows do not depend on each other: K answers at once are bit for bit the answers one by one.
#include <ATen/ATen.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/maps.hpp"
#include "pipeline/model/safetensors.hpp"

namespace vrp {

/// y = x weight^T + bias, the weight as the twin keeps it.
struct Linear {
  std::int64_t out = 0, in = 0;
  at::Tensor weight;  ///< aten: [out, in]; cpu: bytes of packed panels
  at::Tensor bias;    ///< [out], undefined where the layer has none
};

/// What a weight is as a tensor.
struct WeightForm {
  std::vector<std::int64_t> shape;
  at::ScalarType type;
};

/// Whole rows of a tensor as its file holds them, row-major.
struct StoredRows {
  at::ScalarType type;
  std::span<const std::byte> bytes;
  at::Device device = at::kCPU;                   ///< where they lie
  std::int64_t count(std::int64_t width) const {  ///< how many, of `width` numbers each
    return std::ssize(bytes) / (static_cast<std::int64_t>(c10::elementSize(type)) * width);
  }
};

struct Norm {
  at::Tensor weight, bias;  ///< [width]; RMS norms have no bias
};

/// Keys (rotated) and values of consecutive positions, per block.
struct KeyValues {
  std::vector<at::Tensor> key, value;  ///< prompt: [kv_heads, P, head_dim];
                                       ///< answers: [slots, kv_heads, capacity, head_dim]
};

/// A prompt's keys and values as the twin wants them for answers.
struct SharedPrompt {
  KeyValues store;
  std::int64_t length = 0;         ///< P
  std::int64_t next_position = 0;  ///< rotary position of the first answer token
};

/// One step of K answers for one block; see kernels/shared_attention.hpp.
struct SharedQuery {
  at::Tensor query;                     ///< [K, heads, head_dim]
  std::size_t block = 0;                ///< of the stores
  std::int64_t own = 0;                 ///< answer positions so far, this one included
  std::span<const std::int64_t> slots;  ///< [K]; the aten twin takes slot k for path k
  bool weights = false;                 ///< also return path 0's softmax
};
struct Attended {
  at::Tensor out;      ///< [K, heads * head_dim]
  at::Tensor weights;  ///< [heads, P + own] fp32, or undefined
};

/// The rows of attention that observers of a batch want: of each prompt's first row, over its
/// image.
struct WantedColumns {
  std::vector<at::Tensor> index;  ///< by prompt: [S] int64 on the device; undefined = not wanted
  at::Tensor row, column;  ///< the same for the twins: [n] and [n, longest S] int32, short lists
                           ///< filled up; undefined when nobody wants any
};

/// One step of answers to several prompts for one block: R rows, as many for each of G prompts, in
/// their order; row r has slot r.
struct BatchQuery {
  at::Tensor query;                              ///< [R, heads, head_dim], rotated
  std::size_t block = 0;                         ///< of the stores
  std::int64_t own = 0;                          ///< answer positions so far, this one included
  at::Tensor own_rows;                           ///< [R] int32 on the device: the same
  std::span<const SharedPrompt* const> prompts;  ///< [G]
  const WantedColumns* wanted = nullptr;         ///< null = none
};
struct BatchAttended {
  at::Tensor out;                   ///< [R, heads * head_dim]
  std::vector<at::Tensor> weights;  ///< by prompt: [heads, S] fp32, undefined where not wanted
};

class TokenChooser;

/// What decoding several prompts' answers together needs beside Ops.
class BatchOps {
 public:
  virtual ~BatchOps() = default;
  /// Key and value rows [R, kv_heads, head_dim] to entry `at` ([1] int64 on the device) of block
  /// `block` of the answers' store; `own_rows` as in BatchQuery.
  virtual void append(KeyValues& answers, std::size_t block, const at::Tensor& key,
                      const at::Tensor& value, const at::Tensor& at,
                      const at::Tensor& own_rows) const = 0;
  virtual BatchAttended attend_batch(const BatchQuery& query, const KeyValues& answers) const = 0;
  /// For batches of `rows` rows, of which every `each`-th from the first on is a greedy answer's.
  virtual std::unique_ptr<TokenChooser> chooser(std::int64_t rows, std::int64_t each,
                                                double temperature, double top_p) const = 0;
  /// A step neither reads the device on the host nor depends on the host's numbers, so that it can
  /// be recorded and repeated.
  virtual bool recordable(std::int64_t head_width, std::size_t prompts) const = 0;
};

/// Where the twins of kernels/ run on tensors of the ops' device.
struct KernelPlace {
  Device device = Device::cpu;
  void* stream = nullptr;  ///< the current one
};

class Ops {
 public:
  virtual ~Ops() = default;

  /// How a weight of [out, in] is kept; `stored` is the checkpoint's type, kept where the twin can.
  virtual WeightForm weight_form(std::int64_t out, std::int64_t in,
                                 at::ScalarType stored) const = 0;
  /// Writes rows of a tensor of a file to rows first .. of the layer's weight. The cpu twin's
  /// padding is not written.
  virtual void set_rows(Linear& layer, std::int64_t first, const StoredRows& rows) const = 0;

  /// Rows `ids` of a weight in the compute type: [n, in].
  virtual at::Tensor rows(const Linear& layer, std::span<const std::int32_t> ids) const = 0;
  /// x [R, in]: [R, out].
  virtual at::Tensor linear(const at::Tensor& x, const Linear& layer) const = 0;
  /// w * x / sqrt(mean(x^2) + eps) over the last axis, in fp32; the result is rounded to x's type
  /// before it meets w, after that when w is fp32.
  virtual at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps) const = 0;
  /// "gelu" (erf) | "gelu_pytorch_tanh" | "quick_gelu" (x sigmoid(1.702 x)) | "silu" | "relu".
  virtual at::Tensor activation(at::Tensor x, const std::string& name) const = 0;
  /// activation(x[:, :width]) * x[:, width:].
  virtual at::Tensor gated(const at::Tensor& x, const std::string& name) const = 0;
  /// Rotates the first `heads` heads of x [R, all, head_dim] in the rotate-half convention; cos,
  /// sin [R or 1, head_dim / 2] fp32. Returns x rotated (perhaps in place).
  virtual at::Tensor rotate(at::Tensor x, std::int64_t heads, const at::Tensor& cos,
                            const at::Tensor& sin) const = 0;

  virtual SharedPrompt share_prompt(KeyValues store) const = 0;
  /// Positions 0 .. count - 1 of `from` to those of `to`, [kv_heads, >= count, head_dim] a block:
  /// the numbers that share_prompt was given.
  virtual void copy_shared(const SharedPrompt& from, std::int64_t count, KeyValues& to) const = 0;
  virtual Attended attend_shared(const SharedQuery& query, const SharedPrompt& prompt,
                                 const KeyValues& answers) const = 0;
  /// A row's result has the same bits whatever rows stand beside it.
  virtual bool rows_independent() const = 0;
  /// Not null exactly where rows are not independent.
  virtual const BatchOps* batch() const { return nullptr; }
  /// Set where logits stay on the device, for the twins of kernels/ to read.
  virtual std::optional<KernelPlace> kernels() const { return std::nullopt; }
};

std::unique_ptr<Ops> make_aten_ops(at::Device device, at::ScalarType dtype);
std::unique_ptr<Ops> make_cpu_ops();
/// The twins of kernels/ on the device where they are in the build, on the CPU their specifications
/// (slow: to test the way a device takes); libtorch for the rest.
std::unique_ptr<Ops> make_device_ops(at::Device device, at::ScalarType dtype);

/// Error unless the name is one that `activation` knows.
void check_activation(const std::string& name);

at::Tensor layer_norm(const at::Tensor& x, const Norm& norm, double eps);

/// Fused attention of one sequence, never storing the scores: query [heads, R, head_dim], key and
/// value [kv_heads, n, head_dim]. `causal`: query r sees keys 0 .. n - R + r. Returns
/// [R, heads * head_dim].
at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                  bool causal);

/// Token ids as an index on `device`.
at::Tensor id_tensor(std::span<const std::int32_t> ids, at::Device device);

/// The bytes of a file as a tensor of `shape`; they must outlive it.
at::Tensor borrow(const StoredRows& rows, at::IntArrayRef shape);

}  // namespace vrp
