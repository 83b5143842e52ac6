#include "pipeline/model/safetensors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/text.hpp"
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

/// A file that is read front to back in large pieces.
class SequentialFile {
 public:
  explicit SequentialFile(const std::filesystem::path& path)
      : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) fail(path.string(), ": cannot be opened: ", std::strerror(errno));
    ::posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  SequentialFile(const SequentialFile&) = delete;
  SequentialFile& operator=(const SequentialFile&) = delete;
  ~SequentialFile() { ::close(fd_); }

  /// Bytes begin .. of the tensor, as many as `into` has room for.
  void read(const TensorInfo& tensor, std::uint64_t begin, std::span<std::byte> into) const {
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t got = ::pread(fd_, into.data() + done, into.size() - done,
                                  static_cast<off_t>(tensor.offset + begin + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        fail(path_.string(), ": tensor '", excerpt(tensor.name, 120), "': ", begin + done,
             " bytes could be read, expected ", tensor.bytes, ": ",
             got < 0 ? std::strerror(errno) : "the file ends");
      }
      done += static_cast<std::size_t>(got);
    }
  }

 private:
  std::filesystem::path path_;
  int fd_;
};

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

void SafetensorsIndex::read_all(const Use& use, std::uint64_t piece_bytes) const {
  std::vector<std::byte> buffer;
  std::size_t next = 0;
  for (const auto& path : files_) {
    const SequentialFile file(path);
    for (; next < tensors_.size() && tensors_[next].file == path; ++next) {
      const TensorInfo& tensor = tensors_[next];
      const auto rows = tensor.shape.empty() ? 1 : static_cast<std::uint64_t>(tensor.shape.front());
      const std::uint64_t row = rows > 0 ? tensor.bytes / rows : 0;
      const std::uint64_t step = row > 0 ? std::max<std::uint64_t>(1, piece_bytes / row) : rows;
      std::uint64_t first = 0;
      do {
        buffer.resize(static_cast<std::size_t>(std::min(step, rows - first) * row));
        file.read(tensor, first * row, buffer);
        use(tensor, static_cast<std::int64_t>(first), buffer);
        first += step;
      } while (first < rows);
    }
  }
}

}  // namespace vrp
