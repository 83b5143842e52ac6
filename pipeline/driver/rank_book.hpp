#pragma once
// What is known of the ranks of a job: which may be given work, and whose fault failures are.
//
//   active --failures in a row--> suspended --one of those units is done elsewhere--> retired
//                                    |--they fail elsewhere too, or it succeeds--> active
//   active --others finish or take over its unit--> absent --it reports that unit--> active
//
// A broken node thus costs a few failures and leaves; a broken input costs its own attempts and
// retires nobody.
#include <cstdint>
#include <optional>
#include <vector>

namespace vrp {

class RankBook {
 public:
  /// `node_of`: number of each rank's node; empty = every rank is a node of its own.
  RankBook(int ranks, int failures_in_a_row, std::vector<int> node_of);

  bool active(int rank) const { return state(rank).standing == Standing::active; }
  bool retired(int rank) const {  ///< or about to be: it gets nothing more
    return state(rank).standing == Standing::suspended || state(rank).standing == Standing::retired;
  }
  bool absent(int rank) const { return state(rank).standing == Standing::absent; }
  int active_count() const { return active_; }

  void succeeded(int rank);
  /// Suspends the rank when that was one failure in a row too many, unless it is the last active.
  void failed(int rank, std::size_t unit);
  /// The unit that failed on `ranks` is done: it was them.
  void proven(const std::vector<int>& ranks);
  /// The unit failed wherever it was tried: it was the unit.
  void excuse(const std::vector<int>& ranks, std::size_t unit);

  void leave(int rank,
             std::size_t unit);  ///< it is inside a unit that others finished or took over
  void report(int rank, std::size_t unit);  ///< it is out of `unit` again

  /// Whether `rank` may try a unit that failed on `tried`: a rank whose last unit did not fail
  /// first, since a broken rank is always free; another node first, then another rank; and a rank
  /// that failed at it only when no other is left.
  bool may_try(int rank, const std::vector<int>& tried) const;

  /// Ranks retired for good since the last call.
  std::vector<int> take_retired();

 private:
  enum class Standing : std::uint8_t { active, suspended, retired, absent };
  struct State {
    Standing standing = Standing::active;
    bool proven = false;                 ///< one of `charged` was done by another rank
    std::vector<std::size_t> charged;    ///< failed here in a row
    std::optional<std::size_t> left_in;  ///< the unit that an absent rank is inside
  };
  const State& state(int rank) const { return states_[static_cast<std::size_t>(rank)]; }
  State& state(int rank) { return states_[static_cast<std::size_t>(rank)]; }
  int& active_on(int rank) { return active_on_[static_cast<std::size_t>(node(rank))]; }
  int node(int rank) const { return node_of_[static_cast<std::size_t>(rank)]; }
  void set(int rank, Standing standing);
  void retire(int rank);
  bool clean(int rank) const { return active(rank) && state(rank).charged.empty(); }
  template <class Change>
  void change(int rank, Change change);

  int limit_;
  std::vector<int> node_of_;
  std::vector<State> states_;
  std::vector<int> active_on_;  ///< active ranks of each node
  int active_, clean_;          ///< clean: active, and its last unit did not fail
  std::vector<int> newly_retired_;
};

}  // namespace vrp
