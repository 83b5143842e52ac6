#pragma once
// Private to pipeline/model: one copy of a checkpoint's weights per host, packed or as stored. No
// torch here.
#include <memory>
#include <string>

#include "pipeline/model/loading.hpp"
#include "pipeline/model/shared_segment.hpp"
#include "pipeline/model/tensors.hpp"

namespace vrp {

/// A folder's headers, checked against a model.
struct Checkpoint {
  /// Error (bad_input) as require_complete.
  Checkpoint(const std::filesystem::path& folder, const ModelSpec& spec);
  void each_piece(std::size_t chunk, std::span<const std::byte> bytes,
                  const SafetensorsIndex::Use& use) const;
  SafetensorsIndex index;
  TensorMatch match;
  ChunkList chunks;
};

ReadOptions read_options(const WeightLoading& loading);

/// The host's copy with content as `signature` says; null: none is to be shared, or there is no
/// room (then a remark is made).
std::unique_ptr<SharedSegment> node_copy(const std::string& signature, std::uint64_t bytes,
                                         const WeightLoading& loading);

/// Signature of a copy that holds the chunks one after the other, for accelerators.
std::string stored_signature(const Checkpoint& checkpoint);

/// Returns when the copy is complete: filled by whoever WeightLoading::ask reaches, by another
/// process of the host, or by this one from the files. Error: what stopped it.
void fill_node_copy(SharedSegment& segment, const Checkpoint& checkpoint,
                    const WeightLoading& loading, const ChunkUse& fill);

}  // namespace vrp
