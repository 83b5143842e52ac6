#pragma once
// Private to pipeline/dist: frames from the leader before to the leader behind, without waiting.
#include <mpi.h>

#include <deque>
#include <optional>

#include "pipeline/dist/weight_frame.hpp"
#include "pipeline/dist/weight_notes.hpp"

namespace vrp {

class WeightChain {
 public:
  explicit WeightChain(const NoteBoard& leaders) : leaders_(leaders) {}
  WeightChain(const WeightChain&) = delete;
  WeightChain& operator=(const WeightChain&) = delete;
  /// Frames still on the wire stay allocated: the process ends.
  ~WeightChain();

  /// Starts to send a frame to the leader behind, which keeps it alive; nothing at the last one.
  void send(FramePtr frame);
  std::size_t sending() const { return sends_.size(); }
  /// Takes off what has been sent; true if any was.
  bool progress();
  /// A frame of the leader before, once it is there whole; at most one is under way.
  std::optional<FramePtr> receive();
  bool busy() const { return incoming_ != nullptr || !sends_.empty(); }
  bool idle() const { return !busy(); }

 private:
  struct Send {
    FramePtr frame;
    MPI_Request request;
  };
  const NoteBoard& leaders_;
  std::deque<Send> sends_;
  FramePtr incoming_;
  MPI_Request arriving_ = MPI_REQUEST_NULL;
};

}  // namespace vrp
