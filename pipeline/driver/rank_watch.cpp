#include "pipeline/driver/rank_watch.hpp"

#include <algorithm>

namespace vrp {

RankWatch::RankWatch(int ranks, double heartbeat, double now)
    : heartbeat_(heartbeat),
      last_(now),
      next_look_(now),
      heard_(static_cast<std::size_t>(ranks), now),
      left_(static_cast<std::size_t>(ranks), false) {}

void RankWatch::pass(double now) {
  const double held_up = now - last_;
  last_ = now;
  if (heartbeat_ <= 0 || held_up < heartbeat_ / 4) return;
  for (double& heard : heard_) heard = std::min(now, heard + held_up);
}

void RankWatch::left(int rank) {
  if (!left_[static_cast<std::size_t>(rank)]) ++left_count_;
  left_[static_cast<std::size_t>(rank)] = true;
}

std::optional<RankWatch::Silent> RankWatch::silent(double now) {
  if (heartbeat_ <= 0 || now < next_look_) return std::nullopt;
  next_look_ = now + heartbeat_ / 20;
  std::optional<Silent> out;
  for (std::size_t rank = 1; rank < heard_.size(); ++rank) {
    const double seconds = now - heard_[rank];
    if (left_[rank] || seconds <= heartbeat_ || (out && seconds <= out->seconds)) continue;
    out = Silent{static_cast<int>(rank), seconds};
  }
  return out;
}

}  // namespace vrp
