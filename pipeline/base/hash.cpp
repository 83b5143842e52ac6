#include "pipeline/base/hash.hpp"

#include <openssl/evp.h>
#include <xxhash.h>

#include <array>
#include <cstdio>
#include <span>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/input_file.hpp"

namespace vrp {
namespace {

constexpr std::size_t kBlock = 1 << 20;

Hash128 from(XXH128_hash_t hash) { return {hash.high64, hash.low64}; }

template <class Use>
std::uint64_t read_blocks(const std::filesystem::path& path, Use use) {
  const InputFile file(path);
  std::vector<unsigned char> block(kBlock);
  std::uint64_t total = 0;
  while (const std::size_t got = file.read(total, std::as_writable_bytes(std::span(block)))) {
    use(block.data(), got);
    total += got;
  }
  return total;
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
