#include "pipeline/dist/weight_chain.hpp"

#include <utility>

#include "pipeline/dist/mpi_check.hpp"

namespace vrp {
namespace {
constexpr int kFrameTag = 2;
}

WeightChain::~WeightChain() {
  // MPI may still write to or read from these.
  for (Send& send : sends_) new FramePtr(std::move(send.frame));
  if (incoming_) new FramePtr(std::move(incoming_));
}

void WeightChain::send(FramePtr frame) {
  const int next = leaders_.rank() + 1;
  if (next >= leaders_.size()) return;
  const auto bytes = frame->bytes();
  MPI_Request request = MPI_REQUEST_NULL;
  mpi_check(MPI_Isend(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, next, kFrameTag,
                      leaders_.get(), &request),
            "MPI_Isend");
  sends_.push_back({std::move(frame), request});
}

bool WeightChain::progress() {
  bool moved = false;
  while (!sends_.empty()) {
    int sent = 0;
    mpi_check(MPI_Test(&sends_.front().request, &sent, MPI_STATUS_IGNORE), "MPI_Test");
    if (sent == 0) break;
    sends_.pop_front();
    moved = true;
  }
  return moved;
}

std::optional<FramePtr> WeightChain::receive() {
  if (leaders_.rank() <= 0) return std::nullopt;
  const int before = leaders_.rank() - 1;
  if (!incoming_) {
    int there = 0;
    MPI_Status status;
    mpi_check(MPI_Iprobe(before, kFrameTag, leaders_.get(), &there, &status), "MPI_Iprobe");
    if (there == 0) return std::nullopt;
    int count = 0;
    mpi_check(MPI_Get_count(&status, MPI_BYTE, &count), "MPI_Get_count");
    incoming_ = std::make_shared<Frame>(static_cast<std::size_t>(count));
    mpi_check(MPI_Irecv(incoming_->bytes().data(), count, MPI_BYTE, before, kFrameTag,
                        leaders_.get(), &arriving_),
              "MPI_Irecv");
  }
  int arrived = 0;
  mpi_check(MPI_Test(&arriving_, &arrived, MPI_STATUS_IGNORE), "MPI_Test");
  if (arrived == 0) return std::nullopt;
  return std::exchange(incoming_, nullptr);
}

}  // namespace vrp
