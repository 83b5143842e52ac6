#include "pipeline/model/chunks.hpp"

#include <algorithm>

namespace vrp {

ChunkList::ChunkList(const SafetensorsIndex& index, std::uint64_t chunk_bytes) {
  const auto& tensors = index.tensors();
  const auto& files = index.files();
  std::size_t file = 0;
  bool open = false;
  const auto start = [&](std::uint64_t offset) {
    chunks_.push_back({file, offset, 0, bytes_, pieces_.size(), pieces_.size()});
    open = true;
  };
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    const TensorInfo& tensor = tensors[t];
    for (; tensor.file != files[file]; ++file) open = false;
    const auto rows = tensor.shape.empty() ? 1 : static_cast<std::uint64_t>(tensor.shape.front());
    const std::uint64_t row = rows > 0 ? tensor.bytes / rows : 0;
    std::uint64_t first = 0;
    do {
      const std::uint64_t offset = tensor.offset + first * row;
      if (!open) start(offset);
      std::uint64_t count = rows - first;
      if (row > 0 && count > 0) {
        const std::uint64_t used = chunks_.back().bytes;
        count = std::min(count, used < chunk_bytes ? (chunk_bytes - used) / row : 0);
        if (count == 0 && used > 0) {
          start(offset);
          continue;
        }
        count = std::max<std::uint64_t>(1, count);  // a row longer than a chunk
      }
      WeightChunk& chunk = chunks_.back();
      pieces_.push_back({t, static_cast<std::int64_t>(first), chunk.bytes, count * row});
      chunk.end_piece = pieces_.size();
      chunk.bytes += count * row;
      bytes_ += count * row;
      longest_ = std::max(longest_, chunk.bytes);
      first += count;
    } while (first < rows);
  }
}

std::span<const WeightPiece> ChunkList::pieces(std::size_t chunk) const {
  const WeightChunk& c = chunks_[chunk];
  return std::span(pieces_).subspan(c.first_piece, c.end_piece - c.first_piece);
}

}  // namespace vrp
