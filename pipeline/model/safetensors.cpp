#include "pipeline/model/safetensors.hpp"

#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/checkpoint_reader.hpp"
#include "pipeline/model/safetensors_header.hpp"

namespace vrp {
namespace {

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

/// weight_map of an index file: tensor name -> shard's file name.
std::map<std::string, std::string> read_weight_map(const std::filesystem::path& index) {
  const Json json = read_json(index);
  const Json& entries = json_at(json, "weight_map", index.string());
  if (!entries.is_object() || entries.empty()) {
    fail(index.string(), ": field 'weight_map' is ", excerpt(entries.dump()),
         ", expected an object that names the file of each tensor");
  }
  std::map<std::string, std::string> map;
  for (const auto& [tensor, shard] : entries.items()) {
    if (!shard.is_string() || shard.get<std::string>().empty() ||
        shard.get<std::string>().find('/') != std::string::npos) {
      fail(index.string(), ": tensor '", excerpt(tensor, 120), "' is in ", excerpt(shard.dump()),
           ", expected the name of a file beside the index");
    }
    map[tensor] = shard.get<std::string>();
  }
  return map;
}

}  // namespace

SafetensorsIndex SafetensorsIndex::open(const std::filesystem::path& checkpoint) {
  SafetensorsIndex out;
  std::map<std::string, std::string> expected;  // empty for a single file
  const auto index = checkpoint / kIndex;
  if (std::filesystem::exists(checkpoint / kSingle)) {
    out.files_.push_back(checkpoint / kSingle);
  } else if (std::filesystem::exists(index)) {
    expected = read_weight_map(index);
    std::set<std::string> shards;
    for (const auto& [tensor, shard] : expected) shards.insert(shard);
    for (const auto& shard : shards) {
      const auto path = checkpoint / shard;
      if (!std::filesystem::exists(path)) {
        fail(path.string(), ": shard is missing; ", kIndex, " names it");
      }
      out.files_.push_back(path);
    }
  } else {
    fail(checkpoint.string(), ": holds neither ", kSingle, " nor ", kIndex,
         "; other weight formats (pytorch_model.bin ...) are not read");
  }
  std::map<std::string, std::filesystem::path> holder;
  for (const auto& file : out.files_) {
    for (auto& tensor : read_safetensors_header(file)) {
      const auto [first, is_new] = holder.emplace(tensor.name, file);
      if (!is_new) {
        fail(file.string(), ": tensor '", excerpt(tensor.name, 120), "' is in ",
             first->second.filename().string(), " too, expected it once");
      }
      out.tensors_.push_back(std::move(tensor));
    }
  }
  for (const auto& [tensor, shard] : expected) {
    const auto found = holder.find(tensor);
    if (found == holder.end()) {
      fail(index.string(), ": tensor '", excerpt(tensor, 120), "' is in no shard, expected in ",
           shard);
    }
    if (found->second != checkpoint / shard) {
      fail(index.string(), ": tensor '", excerpt(tensor, 120), "' is in ",
           found->second.filename().string(), ", expected in ", shard);
    }
  }
  return out;
}

std::string SafetensorsIndex::layout() const {
  Hasher hasher;
  for (const TensorInfo& tensor : tensors_) {
    hasher.add(tensor.file.filename().string()).add(tensor.name).add(tensor.dtype);
    for (const std::int64_t extent : tensor.shape) hasher.add(std::to_string(extent));
    hasher.add(concat(tensor.offset, " ", tensor.bytes));
  }
  return hasher.finish().hex();
}

void SafetensorsIndex::read_all(const Use& use, std::uint64_t piece_bytes) const {
  const ChunkList chunks(*this, piece_bytes);
  CheckpointReader reader(*this, chunks, {});
  std::vector<std::byte> room;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    room.resize(static_cast<std::size_t>(chunks[i].bytes));
    const std::span<const std::byte> bytes = reader.next(room);
    for (const WeightPiece& piece : chunks.pieces(i)) {
      use(tensors_[piece.tensor], piece.first,
          bytes.subspan(static_cast<std::size_t>(piece.at), static_cast<std::size_t>(piece.bytes)));
    }
  }
}

}  // namespace vrp
