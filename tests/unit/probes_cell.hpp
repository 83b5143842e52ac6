#pragma once
// A made-up cell with the records that the probes read, signals planted where a test says.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pipeline/items/item_table.hpp"
#include "pipeline/store/record.hpp"
#include "stages/probes/probes.hpp"

namespace vrp::testing {

struct CellPlan {
  std::string benchmark = "planted";
  std::size_t items = 200;
  std::size_t per_image = 2;
  int layers = 4;
  std::int64_t width = 16;
  double share = 0.6;    ///< of correct items
  int signal_layer = 2;  ///< block whose states know the label, -1 = none
  double signal = 1.2;   ///< shift of two coordinates, in their standard deviations
  int neuron_layer = 1;  ///< block whose MLP output has planted neurons
  std::vector<std::pair<std::int64_t, double>> neurons = {{3, 1.0}, {7, -1.0}};
  double image_noise = 0;       ///< size of a part of the states that all items of an image share
  bool label_by_image = false;  ///< items of one image have one label
  bool constant = false;        ///< states are the same for every item
  std::size_t unit = 50;        ///< items of a capture record
  std::uint64_t seed = 5;
};

/// Records of one cell, made unit by unit whenever they are asked for, so that a large cell never
/// lies in memory.
class ProbeCell {
 public:
  explicit ProbeCell(CellPlan plan);

  ItemTable items;
  std::vector<std::int32_t> label;                      ///< [N]
  std::vector<std::int32_t> status;                     ///< [N], 0 ok, 1 failed
  std::map<std::string, std::vector<Record>> finished;  ///< probe_fits records for the join

  const CellPlan& plan() const { return plan_; }
  Record capture(std::size_t first, std::size_t last) const;
  Record metrics(std::size_t first, std::size_t last) const;
  Record consistency(std::size_t first, std::size_t last) const;
  ProbeInput input() const;

  /// Fits every part, in the order given by `order` (indices into fit_parts; empty = as listed),
  /// and joins them.
  Record run(const ProbesParams& params, const std::vector<std::size_t>& order = {});

 private:
  CellPlan plan_;
};

/// Parameters for tests: the probes named, no shuffles, small nets.
ProbesParams quick(const std::vector<std::string>& fits);

}  // namespace vrp::testing
