#pragma once
// Private to pipeline/model: which tensor goes where. On the CPU all weights of a model lie in one
// stretch of memory at places that follow from the checkpoint's headers alone, so that processes
// can share it.
#include <ATen/ATen.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/model/ops.hpp"
#include "pipeline/model/tensors.hpp"
#include "pipeline/model/weights.hpp"

namespace vrp {

class WeightPlaces {
 public:
  /// The arguments must outlive it. `options`: device and compute type.
  WeightPlaces(const ModelSpec& spec, const TensorMatch& match, const Ops& ops,
               at::TensorOptions options);
  WeightPlaces(const WeightPlaces&) = delete;  // fills point into `weights`
  WeightPlaces& operator=(const WeightPlaces&) = delete;

  std::uint64_t bytes() const { return bytes_; }  ///< of the stretch of memory
  /// Says where everything lies and in which form: equal texts, equal content of the memory.
  std::string signature() const;

  /// Makes the tensors: in `memory`, which starts at a multiple of 64, holds zeros (or an earlier
  /// attempt's content) and lives as long as the tensors; or each by itself, on the device.
  void place_in(std::shared_ptr<std::byte> memory);
  void place_on_device();

  /// Converts rows first .. of a tensor of the checkpoint into their place; one that is not used is
  /// passed over.
  void fill(const TensorInfo& tensor, std::int64_t first, std::span<const std::byte> bytes,
            at::Device device = at::kCPU);

  Weights weights;

 private:
  using Fill = std::function<void(std::int64_t first, const StoredRows& rows)>;
  struct Slot {
    at::Tensor* target;
    std::vector<std::int64_t> shape;
    at::ScalarType type;
    std::uint64_t offset;
  };

  const TensorInfo& info(const std::string& name) const { return match_.found.at(name); }
  void slot(at::Tensor& target, std::vector<std::int64_t> shape, at::ScalarType type);
  void kept(const std::string& name, at::Tensor& target, std::int64_t row, float offset);
  void whole(const std::string& name, at::Tensor& target);
  void layer_norm(const std::string& name, Norm& out);
  void rms_norm(const std::string& name, Norm& out);
  void joined(const std::vector<std::string>& parts, Linear& target, bool bias);
  void linear(const std::string& name, Linear& target, bool bias) { joined({name}, target, bias); }
  void add_learned_tower();
  void add_rotary_tower();
  void add_projector();
  void add_text();

  const ModelSpec& spec_;
  const TensorMatch& match_;
  const Ops& ops_;
  at::TensorOptions options_;
  at::ScalarType compute_;
  std::vector<Slot> slots_;
  std::map<std::string, Fill> fills_;  ///< by canonical name
  std::uint64_t bytes_ = 0;
};

}  // namespace vrp
