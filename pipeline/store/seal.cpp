#include "pipeline/store/seal.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/hash.hpp"

namespace vrp {
namespace {

constexpr std::string_view kMark = "VRP record, XXH3-128 of the bytes from 512 on: ";

std::string seal_of(const void* content, std::size_t bytes) {
  std::string text = std::string(kMark) + hash_bytes(content, bytes).hex() + "\n";
  text.resize(kSealBytes, '\0');
  return text;
}

}  // namespace

void seal(std::string& bytes) {
  const std::string text = seal_of(bytes.data() + kSealBytes, bytes.size() - kSealBytes);
  std::copy(text.begin(), text.end(), bytes.begin());
}

void check_seal(const std::filesystem::path& path) { read_sealed(path); }

std::vector<unsigned char> read_sealed(const std::filesystem::path& path) {
  auto bytes = read_bytes(path);
  if (bytes.size() < kSealBytes || std::memcmp(bytes.data(), kMark.data(), kMark.size()) != 0) {
    fail(path.string(), ": is no record file (", bytes.size(), " bytes, no seal at its start)");
  }
  const std::string expected = seal_of(bytes.data() + kSealBytes, bytes.size() - kSealBytes);
  if (std::memcmp(bytes.data(), expected.data(), kSealBytes) != 0) {
    fail(path.string(), ": its bytes differ from those that were sealed; it was altered or cut");
  }
  return bytes;
}

}  // namespace vrp
