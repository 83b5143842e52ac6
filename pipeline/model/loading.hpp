#pragma once
// How a model's weights reach a process: read from the file system, mapped, shared by the processes
// of a host, or sent by the one that reads for all hosts. No torch here.
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "pipeline/model/checkpoint_reader.hpp"

namespace vrp {

struct ModelOptions;

enum class LoadMethod {
  bcast,  ///< one reader per job; one copy per host (CPU)
  read,   ///< every process reads for itself into memory of its own
  mmap,   ///< one process of each host packs from a mapped file; one copy per host (CPU)
};
/// "bcast" | "read" | "mmap"; Error (usage) for anything else.
LoadMethod parse_load_method(const std::string& name);

/// GPUs of a job that all load the same model: what one of them has, all get. Errors when a rank
/// does not take part in time.
class DeviceBroadcast {
 public:
  virtual ~DeviceBroadcast() = default;
  virtual bool reads() const = 0;  ///< this process has the bytes; the others get them
  /// Fills `bytes` bytes at `device` on all but the one that reads; returns when they are there.
  virtual void broadcast(void* device, std::size_t bytes) = 0;
};

struct WeightLoading {
  LoadMethod method = LoadMethod::read;
  FileDigests digests;  ///< of the files when the fingerprint was made; what is loaded must match
  /// Names the copy that the processes of a host share: same key, same content. "" = none is
  /// shared.
  std::string share;
  std::filesystem::path folder;  ///< of shared copies; empty = SharedSegment::default_folder()
  /// Asks whoever reads for all hosts to fill this host's copy, and waits. False: this process has
  /// to read. Error: the reader's. Empty: there is nobody to ask.
  std::function<bool()> ask;
  DeviceBroadcast* devices = nullptr;              ///< on an accelerator, in place of all the above
  std::function<void(const std::string&)> remark;  ///< one line for the log; may be empty
};

/// This host's copy of a model, filled by somebody who need not run it, chunk by chunk.
class NodeCopy {
 public:
  enum class State {
    filling,   ///< take every chunk in order, then finish
    complete,  ///< nothing to do
    others,    ///< another process fills it
    no_room,   ///< there can be none
  };
  /// Opens the copy and starts to fill it if nobody does. Errors as Model::load.
  NodeCopy(const std::filesystem::path& checkpoint, const ModelOptions& options,
           const WeightLoading& loading);
  NodeCopy(NodeCopy&&) noexcept;
  ~NodeCopy();  ///< gives up what is not finished; the copy stays while others use it
  State state() const;
  /// The next chunk. Error: not the one that this host's files have there.
  void take(std::size_t chunk, std::span<const std::byte> bytes);
  void finish();               ///< Error: chunks are missing
  std::string layout() const;  ///< SafetensorsIndex::layout of this host's files
  static std::uint64_t bytes_needed(const std::filesystem::path& checkpoint,
                                    const ModelOptions& options);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace vrp
