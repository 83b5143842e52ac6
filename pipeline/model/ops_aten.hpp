#pragma once
// Private to pipeline/model: the operations by libtorch, on any of its devices.
#include "pipeline/model/ops.hpp"

namespace vrp {

class AtenOps : public Ops, public BatchOps {
 public:
  AtenOps(at::Device device, at::ScalarType dtype)
      : options_(at::TensorOptions().device(device).dtype(dtype)) {}

  WeightForm weight_form(std::int64_t out, std::int64_t in, at::ScalarType stored) const override;
  void set_rows(Linear& layer, std::int64_t first, const StoredRows& rows) const override;
  at::Tensor rows(const Linear& layer, std::span<const std::int32_t> ids) const override;
  at::Tensor linear(const at::Tensor& x, const Linear& layer) const override;
  at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps) const override;
  at::Tensor activation(at::Tensor x, const std::string& name) const override;
  at::Tensor gated(const at::Tensor& x, const std::string& name) const override;
  at::Tensor rotate(at::Tensor x, std::int64_t heads, const at::Tensor& cos,
                    const at::Tensor& sin) const override;
  SharedPrompt share_prompt(KeyValues store) const override;
  void copy_shared(const SharedPrompt& from, std::int64_t count, KeyValues& to) const override;
  Attended attend_shared(const SharedQuery& query, const SharedPrompt& prompt,
                         const KeyValues& answers) const override;
  bool rows_independent() const override { return false; }
  const BatchOps* batch() const override { return this; }

  void append(KeyValues& answers, std::size_t block, const at::Tensor& key, const at::Tensor& value,
              const at::Tensor& at, const at::Tensor& own_rows) const override;
  BatchAttended attend_batch(const BatchQuery& query, const KeyValues& answers) const override;
  std::unique_ptr<TokenChooser> chooser(std::int64_t rows, std::int64_t each, double temperature,
                                        double top_p) const override;
  bool recordable(std::int64_t, std::size_t) const override { return false; }

 protected:
  const at::TensorOptions& options() const { return options_; }

 private:
  at::TensorOptions options_;
};

}  // namespace vrp
