#include "pipeline/base/hash.hpp"

#include <openssl/evp.h>
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/retry.hpp"

namespace vrp {
namespace {

constexpr std::size_t kBlock = 1 << 20;

Hash128 from(XXH128_hash_t hash) { return {hash.high64, hash.low64}; }

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, FileCloser>;

/// The file opened and at byte `from`.
FileHandle open_at(const std::filesystem::path& path, std::uint64_t from) {
  FileHandle file(std::fopen(path.c_str(), "rb"));
  if (!file) fail_errno(path, "cannot be opened");
  if (from > 0 && ::fseeko(file.get(), static_cast<off_t>(from), SEEK_SET) != 0) {
    fail_errno(path, "read error");
  }
  return file;
}

template <class Use>
std::uint64_t read_blocks(const std::filesystem::path& path, Use use) {
  std::vector<unsigned char> block(kBlock);
  std::uint64_t total = 0;
  FileHandle file;
  while (true) {
    const std::size_t got = retry_transient([&] {  // a handle gone stale is opened anew
      if (!file) file = open_at(path, total);
      std::clearerr(file.get());
      const std::size_t n = std::fread(block.data(), 1, block.size(), file.get());
      if (n == 0 && std::ferror(file.get())) {
        const int number = errno;
        file.reset();
        throw FileError(path, "read error", number);
      }
      return n;
    });
    if (got == 0) return total;
    use(block.data(), got);
    total += got;
  }
}

}  // namespace

std::string Hash128::hex() const {
  std::array<char, 33> text{};
  std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(high),
                static_cast<unsigned long long>(low));
  return text.data();
}

struct Hasher::State {
  XXH3_state_t* xxh = XXH3_createState();
  State() { XXH3_128bits_reset(xxh); }
  ~State() { XXH3_freeState(xxh); }
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

Hasher& Hasher::add_raw(const void* data, std::size_t bytes) {
  XXH3_128bits_update(state_->xxh, data, bytes);
  return *this;
}

Hasher& Hasher::add(std::string_view text) {
  add(static_cast<std::int64_t>(text.size()));
  return add_raw(text.data(), text.size());
}

Hasher& Hasher::add(std::int64_t value) {
  std::array<unsigned char, 8> bytes{};
  for (int i = 0; i < 8; ++i) {
    bytes[static_cast<std::size_t>(i)] =
        static_cast<unsigned char>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
  return add_raw(bytes.data(), bytes.size());
}

Hash128 Hasher::finish() const { return from(XXH3_128bits_digest(state_->xxh)); }

Hash128 hash_bytes(const void* data, std::size_t bytes) { return from(XXH3_128bits(data, bytes)); }

Hash128 hash_file(const std::filesystem::path& path) {
  Hasher hasher;
  read_blocks(path, [&](const unsigned char* data, std::size_t n) { hasher.add_raw(data, n); });
  return hasher.finish();
}

FileHashes hash_file_both(const std::filesystem::path& path) {
  Hasher hasher;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> sha(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (!sha || EVP_DigestInit_ex(sha.get(), EVP_sha256(), nullptr) != 1) {
    throw Error(ExitCode::internal, "SHA-256 is not available from libcrypto");
  }
  FileHashes out;
  out.bytes = read_blocks(path, [&](const unsigned char* data, std::size_t n) {
    hasher.add_raw(data, n);
    EVP_DigestUpdate(sha.get(), data, n);
  });
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  EVP_DigestFinal_ex(sha.get(), digest.data(), &length);
  for (unsigned int i = 0; i < length; ++i) {
    std::array<char, 3> hex{};
    std::snprintf(hex.data(), hex.size(), "%02x", digest[i]);
    out.sha256 += hex.data();
  }
  out.xxh3 = hasher.finish();
  return out;
}

}  // namespace vrp
