#include "pipeline/store/seal.hpp"

#include <cstring>
#include <fstream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/hash.hpp"

namespace vrp {
namespace {

constexpr std::string_view kMark = "VRP record, XXH3-128 of the bytes from 512 on: ";

std::string seal_of(const std::vector<unsigned char>& bytes) {
  const Hash128 hash = hash_bytes(bytes.data() + kSealBytes, bytes.size() - kSealBytes);
  std::string seal = std::string(kMark) + hash.hex() + "\n";
  seal.resize(kSealBytes, '\0');
  return seal;
}

}  // namespace

void seal_file(const std::filesystem::path& path) {
  const auto bytes = read_bytes(path);
  if (bytes.size() < kSealBytes) fail(path.string(), ": too short to be sealed");
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.write(seal_of(bytes).data(), kSealBytes);
  file.close();
  if (!file) fail(path.string(), ": the seal cannot be written: ", std::strerror(errno));
}

void check_seal(const std::filesystem::path& path) {
  const auto bytes = read_bytes(path);
  if (bytes.size() < kSealBytes || std::memcmp(bytes.data(), kMark.data(), kMark.size()) != 0) {
    fail(path.string(), ": is no record file (", bytes.size(), " bytes, no seal at its start)");
  }
  if (std::memcmp(bytes.data(), seal_of(bytes).data(), kSealBytes) != 0) {
    fail(path.string(), ": its bytes differ from those that were sealed; it was altered or cut");
  }
}

}  // namespace vrp
