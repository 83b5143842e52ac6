#pragma once
// A checkpoint's weights as a sequence of reads, the same on every rank: chunks of whole rows,
// front to back, so that one process can read them, another check them and a third pack them.
#include <cstdint>
#include <vector>

#include "pipeline/model/safetensors.hpp"

namespace vrp {

/// Whole rows of one tensor within a chunk.
struct WeightPiece {
  std::size_t tensor = 0;   ///< index into SafetensorsIndex::tensors()
  std::int64_t first = 0;   ///< row of its first axis
  std::uint64_t at = 0;     ///< its first byte, counted from that of the chunk
  std::uint64_t bytes = 0;  ///< may be 0 (a tensor without numbers)
};

/// Consecutive bytes of one file.
struct WeightChunk {
  std::size_t file = 0;      ///< index into SafetensorsIndex::files()
  std::uint64_t offset = 0;  ///< in the file
  std::uint64_t bytes = 0;
  std::uint64_t before = 0;  ///< bytes of all earlier chunks
  std::size_t first_piece = 0, end_piece = 0;
};

/// Chunks of at most `chunk_bytes`, longer ones only where a single row is longer.
class ChunkList {
 public:
  static constexpr std::uint64_t kChunkBytes = std::uint64_t{8} << 20;
  explicit ChunkList(const SafetensorsIndex& index, std::uint64_t chunk_bytes = kChunkBytes);
  std::size_t size() const { return chunks_.size(); }
  const WeightChunk& operator[](std::size_t i) const { return chunks_[i]; }
  std::uint64_t bytes() const { return bytes_; }  ///< of all chunks
  std::uint64_t longest() const { return longest_; }
  std::span<const WeightPiece> pieces(std::size_t chunk) const;

 private:
  std::vector<WeightChunk> chunks_;
  std::vector<WeightPiece> pieces_;
  std::uint64_t bytes_ = 0, longest_ = 0;
};

}  // namespace vrp
