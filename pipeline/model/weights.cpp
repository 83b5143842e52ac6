#include "pipeline/model/weights.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/model/device_weights.hpp"
#include "pipeline/model/node_copy.hpp"
#include "pipeline/model/tensors.hpp"
#include "pipeline/model/weight_places.hpp"

namespace vrp {
namespace {

/// Zeros that belong to this process alone.
std::shared_ptr<std::byte> private_memory(std::uint64_t bytes) {
  const std::size_t size = std::max<std::size_t>(1, static_cast<std::size_t>(bytes));
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) {
    throw Error(ExitCode::internal,
                concat("no memory for ", bytes, " bytes of weights: ", std::strerror(errno)));
  }
  return {static_cast<std::byte*>(at), [size](std::byte* data) { ::munmap(data, size); }};
}

}  // namespace

Weights load_weights(const std::filesystem::path& checkpoint, const ModelSpec& spec, const Ops& ops,
                     at::Device device, at::ScalarType dtype, const WeightLoading& loading) {
  const Checkpoint files(checkpoint, spec);
  WeightPlaces places(spec, files.match, ops, at::TensorOptions().device(device).dtype(dtype));
  if (!device.is_cpu()) {
    load_on_device(files, places, device, loading);
    return std::move(places.weights);
  }
  const auto put = [&](const TensorInfo& tensor, std::int64_t first,
                       std::span<const std::byte> bytes) { places.fill(tensor, first, bytes); };
  const auto put_chunk = [&](std::size_t chunk, std::span<const std::byte> bytes) {
    files.each_piece(chunk, bytes, put);
  };
  std::shared_ptr<SharedSegment> segment = node_copy(places.signature(), places.bytes(), loading);
  if (segment) {
    // The tensors keep the segment, and with it this process's place among its users.
    places.place_in({segment, segment->writable()});
    fill_node_copy(*segment, files, loading, put_chunk);
  } else {
    places.place_in(private_memory(places.bytes()));
    read_chunks(files.index, files.chunks, read_options(loading), put_chunk);
  }
  return std::move(places.weights);
}

}  // namespace vrp
