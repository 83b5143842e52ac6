#pragma once
// Private to pipeline/dist: what passes along the chain of hosts when weights are spread.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/base/hash.hpp"

namespace vrp {

enum class FrameKind : std::uint32_t {
  begin,      ///< a model's chunks follow; payload: their layout
  chunk,      ///< payload: bytes
  end,        ///< that was the last one
  failed,     ///< the reader met an error: code, payload: text
  cancelled,  ///< the job ends before the last chunk
  bye,        ///< nothing follows any more
};

struct FrameHead {
  FrameKind kind = FrameKind::bye;
  std::int32_t model = -1;
  std::uint64_t sequence = 0;  ///< number of the load, from 1
  std::uint64_t chunk = 0;
  std::int64_t code = 0;
  Hash128 digest;  ///< of the payload
};

/// MPI counts the bytes of a message in an int.
constexpr std::size_t kLongestPayload =
    static_cast<std::size_t>(std::numeric_limits<int>::max()) - sizeof(FrameHead);

/// Head and payload side by side, as they travel.
class Frame {
 public:
  Frame(const FrameHead& head, std::size_t payload) : bytes_(sizeof(FrameHead) + payload) {
    set_head(head);
  }
  /// Room for a frame of so many bytes that is still to arrive.
  explicit Frame(std::size_t bytes) : bytes_(std::max(bytes, sizeof(FrameHead))) {}

  FrameHead head() const {
    FrameHead head;
    std::memcpy(&head, bytes_.data(), sizeof head);
    return head;
  }
  void set_head(const FrameHead& head) { std::memcpy(bytes_.data(), &head, sizeof head); }
  std::span<std::byte> payload() { return std::span(bytes_).subspan(sizeof(FrameHead)); }
  std::span<std::byte> bytes() { return bytes_; }
  std::string text() { return {reinterpret_cast<const char*>(payload().data()), payload().size()}; }

 private:
  std::vector<std::byte> bytes_;
};
using FramePtr = std::shared_ptr<Frame>;

inline FramePtr text_frame(const FrameHead& head, const std::string& text) {
  auto frame = std::make_shared<Frame>(head, text.size());
  std::memcpy(frame->payload().data(), text.data(), text.size());
  return frame;
}

}  // namespace vrp
