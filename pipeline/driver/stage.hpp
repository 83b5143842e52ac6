#pragma once
// What the driver knows of a stage: how it is named, versioned, parameterised and run. The stages
// themselves are pure functions; catalog and runners (stages/) build these definitions.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/driver/unit_ids.hpp"
#include "pipeline/items/item_table.hpp"
#include "pipeline/store/record.hpp"

namespace vrp {

/// One model on one benchmark. An empty benchmark list marks the pooled cell of a model.
struct Cell {
  std::string model;
  std::string benchmark;             ///< "pooled" for the cell that joins a model's benchmarks
  std::vector<std::size_t> members;  ///< cells that a pooled cell joins; empty otherwise
  std::size_t table = 0;             ///< index of the item table (unused when pooled)
  bool pooled() const { return !members.empty(); }
};

/// (stage, cell, item range): the smallest thing that is scheduled, written and resumed.
struct Unit {
  std::size_t id = 0;     ///< position in the plan
  std::size_t stage = 0;  ///< index into the plan's stages
  std::size_t cell = 0;
  std::int64_t index = 0;            ///< number within (stage, cell)
  std::int64_t first = 0, last = 0;  ///< items [first, last)
  std::string part;    ///< name of a part of a whole cell (StageDefinition::parts); "" = no parts
  std::string file;    ///< path relative to RUN: MODEL/BENCHMARK/STAGE@FPRINT/unit-000042.h5
  UnitIds upstream;    ///< units that must be done before; of lower ids
  UnitIds downstream;  ///< units that read this one
  double cost = 1;     ///< expected, in arbitrary units; larger ones start first
};

/// What a stage gets for a unit.
struct UnitInput {
  const Unit* unit = nullptr;
  const Cell* cell = nullptr;
  const std::vector<Cell>* cells = nullptr;
  const std::vector<ItemTable>* tables = nullptr;
  std::uint64_t seed = 0;
  std::int64_t limit = 0;  ///< items of a cell at most; 0 = all
  /// Records of an upstream stage for a cell, joined over the unit's items (whole-cell stages: over
  /// all items). Error names the damaged file.
  std::function<Record(const std::string& stage, std::size_t cell)> upstream;
  /// The same records one by one in the order of their items (or parts), so that a whole cell never
  /// lies in memory.
  std::function<void(const std::string& stage, std::size_t cell,
                     const std::function<void(Record&)>& each)>
      each_upstream;
  std::shared_ptr<void> prepared;             ///< what `prepare` returned
  std::function<void(std::int64_t)> advance;  ///< called with the number of items just finished
  std::function<bool()> stopping;             ///< true once a stop was asked for
  const ItemTable& items() const { return (*tables)[cell->table]; }
  std::size_t cell_index() const { return static_cast<std::size_t>(cell - cells->data()); }
};

/// Upstream records joined as by `upstream`, but only the arrays whose names `keep` accepts.
Record upstream_arrays(const UnitInput& input, const std::string& stage, std::size_t cell,
                       const std::function<bool(const std::string& name)>& keep);

/// The labels that a stage makes of the answers it reads (pipeline/items/labels.hpp).
enum class ReadsLabels { none, primary, all };

struct StageDefinition {
  std::string name;
  int version = 1;
  std::vector<std::string> upstream;  ///< stages whose records are read
  bool whole_cell = false;            ///< one unit per cell instead of item ranges
  /// With whole_cell: the parts of a cell of so many items, one unit each, so that they spread over
  /// ranks; a cell without parts has no unit. Not set = every cell is one unit. Names are unique
  /// and of [A-Za-z0-9._-].
  std::function<std::vector<std::string>(const Cell&, std::int64_t items)> parts;
  bool pooled = false;  ///< also one unit for the pooled cell of each model
  bool needs_model = false;
  ReadsLabels labels = ReadsLabels::none;  ///< part of the fingerprint
  std::string parameters;                  ///< canonical text of all that changes the result
  /// Stands for `parameters` where that text differs from cell to cell.
  std::function<std::string(const Cell&)> parameters_of;
  double cost_per_item = 1;
  /// On the I/O thread, ahead of `run`: reads, decodes and prepares what the unit needs, as far as
  /// it needs no model's weights. May be empty.
  std::function<std::shared_ptr<void>(const UnitInput&)> prepare;
  /// On the compute thread: the unit's record. Empty in programs that only plan.
  std::function<Record(const UnitInput&)> run;
  /// A later stage that can be computed together with this one for less than both alone: one rank
  /// gets both units of a cell and range where both are to be computed. "" = none. Neither reads
  /// the other, both are made of item ranges, and what this one prepares serves both.
  std::string companion;
  /// Records of this stage's unit and its companion's, bit for bit those of each `run`; `advance`
  /// of both is called. What one `run` alone would throw may be thrown for both.
  std::function<std::pair<Record, Record>(const UnitInput&, const UnitInput& companion)> run_pair;
};

}  // namespace vrp
