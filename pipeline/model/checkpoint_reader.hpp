#pragma once
// Reads a checkpoint's chunks front to back and hashes the files on the way, so that what is loaded
// is what the fingerprint was made of.
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/base/hash.hpp"
#include "pipeline/model/chunks.hpp"

namespace vrp {

/// XXH3-128 by file name, in hexadecimal. A file that is not named is not checked.
using FileDigests = std::map<std::string, std::string>;

struct ReadOptions {
  bool mapped = false;  ///< map the files (the page cache is shared) instead of reading them
  FileDigests digests;
};

class CheckpointReader {
 public:
  /// `index` and `chunks` must outlive it.
  CheckpointReader(const SafetensorsIndex& index, const ChunkList& chunks, ReadOptions options);
  ~CheckpointReader();

  /// The next chunk in order: copied into `room`, which has its size, or (mapped) a view that is
  /// valid until the next call. Error (bad_input): the file cannot be read, ends early, or (with
  /// its last chunk) does not hash to its digest: file, tensor, found, expected.
  std::span<const std::byte> next(std::span<std::byte> room);
  std::size_t chunks_read() const { return next_; }

 private:
  class File;
  void check(const WeightChunk& chunk, std::span<const std::byte> bytes);

  const SafetensorsIndex& index_;
  const ChunkList& chunks_;
  ReadOptions options_;
  std::size_t next_ = 0;
  std::unique_ptr<File> file_;
};

/// Hands every chunk over on the calling thread, in order, while another thread reads ahead
/// (mapped: the system does). Errors as in CheckpointReader::next.
using ChunkUse = std::function<void(std::size_t chunk, std::span<const std::byte> bytes)>;
void read_chunks(const SafetensorsIndex& index, const ChunkList& chunks, const ReadOptions& options,
                 const ChunkUse& use);

}  // namespace vrp
