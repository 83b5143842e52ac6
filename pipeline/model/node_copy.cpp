#include "pipeline/model/node_copy.hpp"

#include <chrono>
#include <thread>

#include "pipeline/base/error.hpp"

namespace vrp {

LoadMethod parse_load_method(const std::string& name) {
  if (name == "bcast") return LoadMethod::bcast;
  if (name == "read") return LoadMethod::read;
  if (name == "mmap") return LoadMethod::mmap;
  fail_usage("load is '", name, "', expected bcast, read or mmap");
}

Checkpoint::Checkpoint(const std::filesystem::path& folder, const ModelSpec& spec)
    : index(SafetensorsIndex::open(folder)), match(match_tensors(spec, index)), chunks(index) {
  require_complete(match, folder, spec);
}

void Checkpoint::each_piece(std::size_t chunk, std::span<const std::byte> bytes,
                            const SafetensorsIndex::Use& use) const {
  for (const WeightPiece& piece : chunks.pieces(chunk)) {
    use(index.tensors()[piece.tensor], piece.first,
        bytes.subspan(static_cast<std::size_t>(piece.at), static_cast<std::size_t>(piece.bytes)));
  }
}

ReadOptions read_options(const WeightLoading& loading) {
  return {loading.method == LoadMethod::mmap, loading.digests};
}

std::unique_ptr<SharedSegment> node_copy(const std::string& signature, std::uint64_t bytes,
                                         const WeightLoading& loading) {
  if (loading.method == LoadMethod::read || loading.share.empty()) return nullptr;
  const auto folder = loading.folder.empty() ? SharedSegment::default_folder() : loading.folder;
  remove_orphaned_segments(folder);
  Hasher key;
  key.add(loading.share).add(signature);
  std::string reason;
  auto segment = SharedSegment::open(folder, key.finish().hex(), bytes, reason);
  if (!segment && loading.remark) {
    loading.remark("weights are not shared, this process has a copy of its own: " + reason);
  }
  return segment;
}

std::string stored_signature(const Checkpoint& checkpoint) {
  return concat("as stored, ", checkpoint.chunks.bytes(), " bytes in ", checkpoint.chunks.size(),
                " chunks");
}

void fill_node_copy(SharedSegment& segment, const Checkpoint& checkpoint,
                    const WeightLoading& loading, const ChunkUse& fill) {
  constexpr int kAsks = 3;  // "it is there" and it is not: another job took it away again
  int asks = loading.ask && loading.method == LoadMethod::bcast ? kAsks : 0;
  while (!segment.complete()) {
    if (asks > 0) {
      asks = loading.ask() ? asks - 1 : 0;
      continue;
    }
    if (!segment.start_filling()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      continue;
    }
    // An error leaves the segment, and with it the lock: the next to try meets it for itself.
    read_chunks(checkpoint.index, checkpoint.chunks, read_options(loading),
                [&](std::size_t chunk, std::span<const std::byte> bytes) {
                  fill(chunk, bytes);
                  segment.state_progress(chunk + 1);
                });
    segment.finish();
  }
}

}  // namespace vrp
