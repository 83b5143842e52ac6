#pragma once
// Content hashes: XXH3-128 for contents and fingerprints, SHA-256 for the provenance of files.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace vrp {

struct Hash128 {
  std::uint64_t high = 0, low = 0;
  std::string hex() const;  ///< 32 lower-case hexadecimal digits
  auto operator<=>(const Hash128&) const = default;
};

/// Streaming XXH3-128. Every `add` frames its argument by its length, so that ("ab","c") and
/// ("a","bc") differ; `add_raw` does not.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  Hasher& add_raw(const void* data, std::size_t bytes);
  Hasher& add(std::string_view text);
  Hasher& add(std::int64_t value);
  Hash128 finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Hash128 hash_bytes(const void* data, std::size_t bytes);
Hash128 hash_file(const std::filesystem::path& path);  ///< Error when it cannot be read

/// XXH3-128 and SHA-256 of one file in one sequential read.
struct FileHashes {
  Hash128 xxh3;
  std::string sha256;  ///< 64 hexadecimal digits
  std::uint64_t bytes = 0;
};
FileHashes hash_file_both(const std::filesystem::path& path);

}  // namespace vrp
