#pragma once
// Safetensors: single files and sharded checkpoints, every offset checked before a byte is used.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace vrp {

struct TensorInfo {
  std::string name;
  std::string dtype;  ///< "F32" | "F16" | "BF16" (others are an Error when used)
  std::vector<std::int64_t> shape;
  std::filesystem::path file;
  std::uint64_t offset = 0, bytes = 0;  ///< absolute position in the file
};

class SafetensorsIndex {
 public:
  /// Finds model.safetensors or model.safetensors.index.json in the folder and checks all headers:
  /// size, JSON, dtype, shape against bytes, overlapping or out-of-range offsets, missing shards,
  /// tensors of the index that no shard holds. Error (bad_input): file, tensor, found, expected.
  static SafetensorsIndex open(const std::filesystem::path& checkpoint);
  const std::vector<TensorInfo>& tensors() const { return tensors_; }  ///< by file, then offset
  const std::vector<std::filesystem::path>& files() const { return files_; }
  /// Hash of where every tensor lies: file names, tensor names, types, shapes, offsets. Equal ones:
  /// the bytes of one checkpoint mean what those of the other mean.
  std::string layout() const;

  /// Reads all shards front to back and hands over each tensor's bytes (valid during the call) in
  /// the order of `tensors()`. A tensor of more than kPieceBytes comes in pieces of whole rows of
  /// its first axis; `first` is the first of them.
  using Use = std::function<void(const TensorInfo& tensor, std::int64_t first,
                                 std::span<const std::byte> bytes)>;
  static constexpr std::uint64_t kPieceBytes = std::uint64_t{32} << 20;
  void read_all(const Use& use, std::uint64_t piece_bytes = kPieceBytes) const;

 private:
  std::vector<TensorInfo> tensors_;
  std::vector<std::filesystem::path> files_;
};

}  // namespace vrp
