#pragma once
// Head gains of a cell and what is chosen by them (methods 6.1).
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/store/record.hpp"

namespace vrp {

/// delta(l,h) of every item of a cell: float32, so L * H numbers an item, gathered unit by unit.
class HeadGains {
 public:
  /// Appends the items of a capture record that has `head/gain`. Error when the array is missing,
  /// is not [item, layer, head], or has another model's layers and heads than the records before.
  void add(const Record& capture);

  std::size_t size() const { return items_; }
  std::int64_t layers() const { return layers_; }
  std::int64_t heads() const { return heads_; }  ///< of a layer
  std::int64_t count() const { return layers_ * heads_; }
  /// Gains of an item, [count()], head = layer * heads() + head of the layer.
  std::span<const float> row(std::size_t item) const;
  /// An item without gains (failed) has NaNs and takes no part in means.
  bool defined(std::size_t item) const;

  /// The `k` heads of largest mean gain over `items`, best first, ties by (layer, head). Empty when
  /// none of the items has gains.
  std::vector<std::int64_t> top(std::span<const std::size_t> items, std::int64_t k) const;

 private:
  std::size_t items_ = 0;
  std::int64_t layers_ = 0, heads_ = 0;
  std::vector<float> gain_;
};

/// The `k` largest of `gain`, best first, ties by index.
std::vector<std::int64_t> top_heads(std::span<const double> gain, std::int64_t k);

/// Why a capture record has no use for heads ("" when it has): head gains and maps are optional.
std::string heads_missing(const Record& capture);

/// Error when `attention/head_map` of a capture record is not [layer, head, image_token] of the
/// gains' layers and heads.
void require_head_maps(const Record& capture, const HeadGains& gains);

/// Name of a head: "3.17" for layer 3, head 17.
std::string head_name(std::int64_t head, std::int64_t heads_per_layer);

}  // namespace vrp
