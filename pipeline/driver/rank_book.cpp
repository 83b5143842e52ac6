#include "pipeline/driver/rank_book.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace vrp {

RankBook::RankBook(int ranks, int failures_in_a_row, std::vector<int> node_of)
    : limit_(failures_in_a_row),
      node_of_(std::move(node_of)),
      states_(static_cast<std::size_t>(ranks)),
      active_(ranks),
      clean_(ranks) {
  if (node_of_.size() != states_.size()) {
    node_of_.resize(states_.size());
    std::iota(node_of_.begin(), node_of_.end(), 0);
  }
  int nodes = 0;
  for (const int node : node_of_) nodes = std::max(nodes, node + 1);
  active_on_.assign(static_cast<std::size_t>(nodes), 0);
  for (const int node : node_of_) ++active_on_[static_cast<std::size_t>(node)];
}

/// Keeps the count of clean ranks while something of `rank` changes.
template <class Change>
void RankBook::change(int rank, Change change) {
  clean_ -= clean(rank) ? 1 : 0;
  change(state(rank));
  clean_ += clean(rank) ? 1 : 0;
}

void RankBook::set(int rank, Standing standing) {
  State& at = state(rank);
  const int change =
      (standing == Standing::active ? 1 : 0) - (at.standing == Standing::active ? 1 : 0);
  active_ += change;
  active_on(rank) += change;
  at.standing = standing;
}

void RankBook::succeeded(int rank) {
  change(rank, [&](State& at) {
    if (at.standing == Standing::retired) return;
    at.charged.clear();
    at.proven = false;
    if (at.standing == Standing::suspended) set(rank, Standing::active);
  });
}

void RankBook::failed(int rank, std::size_t unit) {
  change(rank, [&](State& at) {
    if (at.standing == Standing::retired) return;
    if (static_cast<int>(at.charged.size()) < limit_) at.charged.push_back(unit);
    if (at.standing != Standing::active || active_ <= 1) return;
    if (static_cast<int>(at.charged.size()) < limit_) return;
    set(rank, Standing::suspended);
    if (at.proven) retire(rank);
  });
}

void RankBook::retire(int rank) {
  set(rank, Standing::retired);
  newly_retired_.push_back(rank);
}

void RankBook::proven(const std::vector<int>& ranks) {
  for (const int rank : ranks) {
    state(rank).proven = true;
    if (state(rank).standing == Standing::suspended) retire(rank);  // neither is clean
  }
}

void RankBook::excuse(const std::vector<int>& ranks, std::size_t unit) {
  for (const int rank : ranks) {
    change(rank, [&](State& at) {
      std::erase(at.charged, unit);
      if (at.standing == Standing::suspended && static_cast<int>(at.charged.size()) < limit_) {
        set(rank, Standing::active);
      }
    });
  }
}

void RankBook::leave(int rank, std::size_t unit) {
  change(rank, [&](State& at) {
    if (at.left_in) return;
    at.left_in = unit;
    if (at.standing == Standing::active) set(rank, Standing::absent);
  });
}

void RankBook::report(int rank, std::size_t unit) {
  change(rank, [&](State& at) {
    if (at.left_in != unit) return;
    at.left_in.reset();
    if (at.standing == Standing::absent) set(rank, Standing::active);
  });
}

bool RankBook::may_try(int rank, const std::vector<int>& tried) const {
  if (tried.empty()) return true;
  bool here = false;       // failed on this rank
  bool same_node = false;  // or on another of its node
  int fresh_clean = clean_;
  int fresh_ranks = active_;
  int fresh_nodes = active_;  // active ranks on nodes where it was not tried
  for (std::size_t i = 0; i < tried.size(); ++i) {
    here = here || tried[i] == rank;
    same_node = same_node || node(tried[i]) == node(rank);
    if (active(tried[i])) --fresh_ranks;
    if (clean(tried[i])) --fresh_clean;
    bool counted = false;
    for (std::size_t j = 0; j < i; ++j) counted = counted || node(tried[j]) == node(tried[i]);
    if (!counted) fresh_nodes -= active_on_[static_cast<std::size_t>(node(tried[i]))];
  }
  if (here) return fresh_ranks == 0;
  if (!clean(rank) && fresh_clean > 0) return false;
  return !same_node || fresh_nodes == 0;
}

std::vector<int> RankBook::take_retired() { return std::exchange(newly_retired_, {}); }

}  // namespace vrp
