#pragma once
// Which ranks are silent. Time is an argument; time during which rank 0 itself was held up (a
// suspended job, a file system that hung) is nobody's silence.
#include <cstdint>
#include <optional>
#include <vector>

namespace vrp {

class RankWatch {
 public:
  struct Silent {
    int rank = 0;
    double seconds = 0;
  };

  /// `heartbeat`: longest silence in seconds; 0 = any.
  RankWatch(int ranks, double heartbeat, double now);

  void pass(double now);  ///< first, whenever rank 0 turns to its messages
  void heard(int rank, double now) { heard_[static_cast<std::size_t>(rank)] = now; }
  void left(int rank);  ///< it has ended; nothing more is expected of it
  int left_count() const { return left_count_; }

  /// The rank that has been silent longest, if that is too long. Rank 0 does not watch itself.
  /// Looks at the ranks some twenty times in a heartbeat, whenever it is called.
  std::optional<Silent> silent(double now);

 private:
  double heartbeat_, last_, next_look_;
  std::vector<double> heard_;
  std::vector<bool> left_;
  int left_count_ = 0;
};

}  // namespace vrp
