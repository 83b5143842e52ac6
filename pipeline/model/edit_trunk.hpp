#pragma once
// Private to pipeline/model: what a prompt's unedited run leaves for edited ones to start from.
#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "pipeline/model/ops.hpp"

namespace vrp {

class Trunk {
 public:
  /// `layers`: blocks at which an edited run starts, [L]. `whole`: of all positions, else of the
  /// last piece of the prompt alone, whose first may then be an earlier question's. `with_store`:
  /// keys and values are kept as well.
  Trunk(std::vector<bool> layers, bool whole, bool with_store)
      : layers_(std::move(layers)), whole_(whole), store_wanted_(with_store) {
    middle_.resize(layers_.size());
  }
  bool whole() const { return whole_; }

  /// Takes a copy of the residual stream x [R, D] after block `layer`'s attention, of positions
  /// first .. first + R - 1.
  void keep(int layer, const at::Tensor& x, std::int64_t first) {
    const auto l = static_cast<std::size_t>(layer);
    if (layers_[l]) middle_[l].push_back({x.clone(), first});
  }
  void keep_store(const KeyValues& whole_prompt) {
    if (store_wanted_) store = whole_prompt;
  }

  /// The rows kept of a block from position `first` on; undefined when there are none.
  at::Tensor middle(int layer, std::int64_t first) const {
    for (const Rows& rows : middle_[static_cast<std::size_t>(layer)]) {
      if (rows.first == first) return rows.x;
    }
    return {};
  }

  KeyValues store;  ///< of all positions, when asked for

 private:
  struct Rows {
    at::Tensor x;  ///< [R, D]
    std::int64_t first;
  };
  std::vector<bool> layers_;
  bool whole_, store_wanted_;
  std::vector<std::vector<Rows>> middle_;
};

}  // namespace vrp
