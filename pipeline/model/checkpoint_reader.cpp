#include "pipeline/model/checkpoint_reader.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "pipeline/base/error.hpp"
#include "pipeline/base/input_file.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {

/// One file, open for reading front to back.
class CheckpointReader::File {
 public:
  File(const std::filesystem::path& path, bool mapped) : input_(path) {
    ::posix_fadvise(input_.descriptor(), 0, 0, POSIX_FADV_SEQUENTIAL);
    if (mapped) map();
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (map_ != nullptr) ::munmap(map_, mapped_bytes_);
  }
  const std::filesystem::path& path() const { return input_.path(); }

  /// Bytes that could be read from `offset` on, at most as many as `into` has room for.
  std::size_t read(std::uint64_t offset, std::span<std::byte> into) const {
    return input_.read(offset, into);
  }
  /// The same as a view. The size is asked for again: behind the end lies SIGBUS, not an error.
  std::span<const std::byte> view(std::uint64_t offset, std::uint64_t bytes) const {
    const std::uint64_t end = std::min<std::uint64_t>(input_.size(), mapped_bytes_);
    const std::uint64_t there = offset < end ? std::min(bytes, end - offset) : 0;
    if (there == 0) return {};
    return {static_cast<const std::byte*>(map_) + offset, static_cast<std::size_t>(there)};
  }

  Hasher hasher;

 private:
  void map() {
    mapped_bytes_ = input_.size();
    if (mapped_bytes_ == 0) return;
    map_ = ::mmap(nullptr, mapped_bytes_, PROT_READ, MAP_SHARED, input_.descriptor(), 0);
    if (map_ == MAP_FAILED) {
      map_ = nullptr;
      fail_errno(path(), "cannot be mapped");
    }
    ::madvise(map_, mapped_bytes_, MADV_SEQUENTIAL);
  }

  InputFile input_;
  void* map_ = nullptr;
  std::uint64_t mapped_bytes_ = 0;
};

CheckpointReader::CheckpointReader(const SafetensorsIndex& index, const ChunkList& chunks,
                                   ReadOptions options)
    : index_(index), chunks_(chunks), options_(std::move(options)) {}
CheckpointReader::~CheckpointReader() = default;

std::span<const std::byte> CheckpointReader::next(std::span<std::byte> room) {
  const WeightChunk& chunk = chunks_[next_];
  const std::filesystem::path& path = index_.files()[chunk.file];
  const bool first = !file_ || file_->path() != path;
  if (first) file_ = std::make_unique<File>(path, options_.mapped);
  const bool hashed = options_.digests.count(path.filename().string()) > 0;
  if (first && hashed) {
    std::vector<std::byte> header(static_cast<std::size_t>(chunk.offset));
    header.resize(file_->read(0, header));
    file_->hasher.add_raw(header.data(), header.size());
  }
  std::span<const std::byte> bytes = room;
  if (options_.mapped) {
    bytes = file_->view(chunk.offset, chunk.bytes);
  } else {
    bytes = room.first(file_->read(chunk.offset, room));
  }
  if (bytes.size() < chunk.bytes) {
    const auto pieces = chunks_.pieces(next_);
    const auto stop = std::find_if(pieces.begin(), pieces.end(), [&](const WeightPiece& piece) {
      return piece.at + piece.bytes > bytes.size();
    });
    const TensorInfo& tensor = index_.tensors()[stop->tensor];
    fail(path.string(), ": tensor '", excerpt(tensor.name, 120),
         "': ", chunk.offset + bytes.size() - std::min(tensor.offset, chunk.offset + bytes.size()),
         " bytes could be read, expected ", tensor.bytes, ": the file ends");
  }
  if (hashed) check(chunk, bytes);
  ++next_;
  return bytes;
}

void CheckpointReader::check(const WeightChunk& chunk, std::span<const std::byte> bytes) {
  file_->hasher.add_raw(bytes.data(), bytes.size());
  if (next_ + 1 < chunks_.size() && chunks_[next_ + 1].file == chunk.file) return;
  const std::string found = file_->hasher.finish().hex();
  const std::string& expected = options_.digests.at(file_->path().filename().string());
  if (found == expected) return;
  fail(file_->path().string(), ": its content hashes to ", found, ", expected ", expected,
       " as when the run's fingerprints were made; it has changed since (if its size and time have "
       "not, remove checkpoints.json from the run's folder)");
}

namespace {

/// Buffers that a reading thread fills and the caller empties, in order.
class Ahead {
 public:
  static constexpr std::size_t kBuffers = 3;
  struct Filled {
    std::size_t chunk;
    std::vector<std::byte> bytes;
  };

  /// Called by the reading thread; nothing when the caller has given up.
  std::optional<std::vector<std::byte>> empty_buffer() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return given_up_ || taken_ < kBuffers; });
    if (given_up_) return std::nullopt;
    ++taken_;
    std::vector<std::byte> buffer;
    if (!spare_.empty()) {
      buffer = std::move(spare_.back());
      spare_.pop_back();
    }
    return buffer;
  }
  void put(Filled filled) {
    const std::lock_guard lock(mutex_);
    filled_.push_back(std::move(filled));
    changed_.notify_all();
  }
  void stop(std::exception_ptr problem) {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    problem_ = std::move(problem);
    changed_.notify_all();
  }

  /// Called by the user of the chunks.
  std::optional<Filled> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_ || !filled_.empty(); });
    if (filled_.empty()) {
      if (problem_) std::rethrow_exception(problem_);
      return std::nullopt;
    }
    Filled filled = std::move(filled_.front());
    filled_.pop_front();
    return filled;
  }
  void give_back(std::vector<std::byte> buffer) {
    const std::lock_guard lock(mutex_);
    spare_.push_back(std::move(buffer));
    --taken_;
    changed_.notify_all();
  }
  void give_up() {
    const std::lock_guard lock(mutex_);
    given_up_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Filled> filled_;
  std::vector<std::vector<std::byte>> spare_;
  std::size_t taken_ = 0;
  bool ended_ = false, given_up_ = false;
  std::exception_ptr problem_;
};

}  // namespace

void read_chunks(const SafetensorsIndex& index, const ChunkList& chunks, const ReadOptions& options,
                 const ChunkUse& use) {
  CheckpointReader reader(index, chunks, options);
  if (options.mapped || chunks.size() < 2) {
    std::vector<std::byte> room;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      room.resize(options.mapped ? 0 : static_cast<std::size_t>(chunks[i].bytes));
      use(i, reader.next(room));
    }
    return;
  }
  Ahead ahead;
  std::thread thread([&] {
    try {
      for (std::size_t i = 0; i < chunks.size(); ++i) {
        auto buffer = ahead.empty_buffer();
        if (!buffer) return;
        buffer->resize(static_cast<std::size_t>(chunks[i].bytes));
        reader.next(*buffer);
        ahead.put({i, std::move(*buffer)});
      }
      ahead.stop(nullptr);
    } catch (...) {
      ahead.stop(std::current_exception());
    }
  });
  try {
    while (auto filled = ahead.take()) {
      use(filled->chunk, filled->bytes);
      ahead.give_back(std::move(filled->bytes));
    }
  } catch (...) {
    ahead.give_up();
    thread.join();
    throw;
  }
  thread.join();
}

}  // namespace vrp
