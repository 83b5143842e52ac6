#pragma once
// Where the random draws of a cell's statistics come from. A statistic asks for its B bootstrap
// replicates by name and says how to make a range of them. They are made in place, or a block of
// them is made and recorded, or they are read back from the recorded blocks: the same bits each
// way, since the draws of replicate b depend on the seed, the name and b alone.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/stats/resample.hpp"
#include "pipeline/store/record.hpp"

namespace vrp {

class Draws {
 public:
  /// One vector of replicates for each quantity.
  using Replicates = std::vector<std::vector<double>>;
  /// Replicates [range.first, range.first + range.count) of each quantity.
  using Make = std::function<Replicates(stats::ReplicateRange range)>;

  Draws(std::uint64_t seed);  // NOLINT: a seed alone draws everything in place
  /// Only replicates of `range` are made; `record` holds them afterwards.
  static Draws block(std::uint64_t seed, stats::ReplicateRange range);
  /// Reads replicates from the records of all blocks, in any order. Error(internal) when they do
  /// not join to one range from 0 on.
  static Draws joined(std::uint64_t seed, const std::vector<Record>& blocks);

  std::uint64_t seed() const { return seed_; }
  /// True while a block is made: what is computed beside replicates is thrown away, so a statistic
  /// may return early.
  bool only_block() const;

  /// Replicates 0 .. replicates-1 of the quantities called `name`, unique in the cell (in a block:
  /// those of its range). Error(internal) when blocks lack the name or hold another number of them.
  Replicates get(const std::string& name, std::int64_t replicates, const Make& make) const;

  /// What a block has made: arrays "block/NNNN" [quantities x count], their names as descriptions.
  Record record() const;

 private:
  struct State;
  std::uint64_t seed_;
  std::shared_ptr<State> state_;  ///< none = everything in place
};

}  // namespace vrp
