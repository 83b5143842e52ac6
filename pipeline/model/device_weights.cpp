#include "pipeline/model/device_weights.hpp"

#include <c10/core/impl/VirtualGuardImpl.h>

#include <array>
#include <cstring>

namespace vrp {
namespace {

/// Waits for what was queued on the device's current stream.
void synchronize(at::Device device) {
  c10::impl::VirtualGuardImpl(device.type()).getStream(device).synchronize();
}

/// Chunk after chunk through two buffers on the device: while one is spread, rows of the other are
/// put in their places.
void spread(const Checkpoint& checkpoint, WeightPlaces& places, at::Device device,
            const WeightLoading& loading) {
  const auto longest = static_cast<std::int64_t>(checkpoint.chunks.longest());
  const auto options = at::TensorOptions().device(device).dtype(at::kByte);
  std::array<at::Tensor, 2> staging{at::empty({longest}, options), at::empty({longest}, options)};
  const auto take = [&](std::size_t chunk, std::span<const std::byte> host) {
    const auto bytes = static_cast<std::size_t>(checkpoint.chunks[chunk].bytes);
    if (bytes == 0) return;
    at::Tensor& buffer = staging[chunk % 2];
    if (!host.empty()) {
      const StoredRows rows{at::kByte, host, at::kCPU};
      const auto count = static_cast<std::int64_t>(bytes);
      buffer.narrow(0, 0, count).copy_(borrow(rows, {count}));
    }
    synchronize(device);  // the buffer is free of its last rows, and filled where it is read
    loading.devices->broadcast(buffer.data_ptr(), bytes);
    const std::span<const std::byte> there(static_cast<const std::byte*>(buffer.data_ptr()), bytes);
    checkpoint.each_piece(
        chunk, there,
        [&](const TensorInfo& tensor, std::int64_t first, std::span<const std::byte> rows) {
          places.fill(tensor, first, rows, device);
        });
  };
  if (loading.devices->reads()) {
    read_chunks(checkpoint.index, checkpoint.chunks, read_options(loading), take);
  } else {
    for (std::size_t i = 0; i < checkpoint.chunks.size(); ++i) take(i, {});
  }
  synchronize(device);
}

}  // namespace

void load_on_device(const Checkpoint& checkpoint, WeightPlaces& places, at::Device device,
                    const WeightLoading& loading) {
  places.place_on_device();
  if (loading.devices != nullptr) return spread(checkpoint, places, device, loading);
  const auto put = [&](const TensorInfo& tensor, std::int64_t first,
                       std::span<const std::byte> bytes) { places.fill(tensor, first, bytes); };
  const auto put_chunk = [&](std::size_t chunk, std::span<const std::byte> bytes) {
    checkpoint.each_piece(chunk, bytes, put);
  };
  const auto segment = node_copy(stored_signature(checkpoint), checkpoint.chunks.bytes(), loading);
  if (!segment) {
    read_chunks(checkpoint.index, checkpoint.chunks, read_options(loading), put_chunk);
    return;
  }
  fill_node_copy(*segment, checkpoint, loading,
                 [&](std::size_t chunk, std::span<const std::byte> bytes) {
                   std::memcpy(segment->writable() + checkpoint.chunks[chunk].before, bytes.data(),
                               bytes.size());
                 });
  for (std::size_t i = 0; i < checkpoint.chunks.size(); ++i) {
    put_chunk(i, {segment->data() + checkpoint.chunks[i].before,
                  static_cast<std::size_t>(checkpoint.chunks[i].bytes)});
  }
}

}  // namespace vrp
