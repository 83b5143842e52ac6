#pragma once
// A capture record seen item by item.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/maps.hpp"
#include "pipeline/items/item_table.hpp"
#include "pipeline/store/record.hpp"
#include "stages/metrics/params.hpp"

namespace vrp {

/// How an item's picture lies on the grid of image tokens.
struct Placement {
  double source_width = 0, source_height = 0;
  double scale_x = 0, scale_y = 0, offset_x = 0, offset_y = 0;  ///< input = source * scale - offset
  double width = 0, height = 0;                                 ///< of the input
  Grid grid;
  /// "" when usable, else what is wrong with it.
  std::string fault() const;
};

/// The maps of one item, fp64.
struct ItemMaps {
  std::int64_t layers = 0, cells = 0;
  std::vector<double> by_layer;  ///< m(l), [layers, cells], not normalised
  std::vector<double> mean;      ///< M, [cells], sums to 1; empty when it has no mass
  double img_share = 0;          ///< mean over the chosen layers of sum_s m(l)
};

/// The arrays of a capture record that metrics read, checked once: their lengths agree with each
/// other and with rows [first, last) of the item table. Error naming the array otherwise.
class Captured {
 public:
  Captured(const ItemTable& items, std::size_t first, std::size_t last, const Record& record,
           const MetricsParams& params);

  std::size_t size() const { return n_; }
  std::int64_t layers() const { return layers_; }
  int status(std::size_t i) const { return (*status_)[i]; }
  const std::string& reason(std::size_t i) const { return (*reason_)[i]; }
  bool empty_answer(std::size_t i) const { return (*length_)[i] == 0; }
  Placement placement(std::size_t i) const;

  /// Why the stored map of item i cannot be used although its status is ok, or "".
  std::string map_fault(std::size_t i) const;
  /// Maps of item i; by the query of the first token when the answer is empty.
  ItemMaps maps(std::size_t i) const;

 private:
  const std::vector<float>& source(std::size_t i) const;
  std::int64_t begin(std::size_t i) const { return (*offset_)[i]; }
  std::int64_t cells(std::size_t i) const { return (*offset_)[i + 1] - (*offset_)[i]; }

  std::size_t n_ = 0;
  std::int64_t layers_ = 0, tokens_ = 0;
  LayerRange range_;
  const std::vector<std::int32_t>* status_ = nullptr;
  const std::vector<std::string>* reason_ = nullptr;
  const std::vector<std::int64_t>* offset_ = nullptr;
  const std::vector<std::int32_t>* grid_ = nullptr;
  const std::vector<double>* geometry_ = nullptr;
  const std::vector<std::int32_t>* length_ = nullptr;
  const std::vector<float>* map_ = nullptr;
  const std::vector<float>* map_first_ = nullptr;
};

}  // namespace vrp
