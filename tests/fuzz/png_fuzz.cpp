// PNG files through our decode path. Checksums are mended, or nearly every change would end there.
#include <zlib.h>

#include <algorithm>
#include <array>
#include <vector>

#include "tests/fuzz/image_fuzz.hpp"

namespace {

/// Gives every chunk the checksum of its bytes.
void mend_checksums(std::vector<std::uint8_t>& bytes) {
  std::size_t at = 8;
  while (at + 12 <= bytes.size()) {
    const std::size_t length = (std::size_t{bytes[at]} << 24) | (std::size_t{bytes[at + 1]} << 16) |
                               (std::size_t{bytes[at + 2]} << 8) | bytes[at + 3];
    if (length > bytes.size() - at - 12) return;
    const auto sum =
        static_cast<std::uint32_t>(crc32(0, bytes.data() + at + 4, static_cast<uInt>(length + 4)));
    for (std::size_t i = 0; i < 4; ++i) {
      bytes[at + 8 + length + i] = static_cast<std::uint8_t>(sum >> (24 - 8 * i));
    }
    at += length + 12;
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array<std::uint8_t, 8> kBeginning = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  std::vector<std::uint8_t> bytes(data, data + size);
  std::copy_n(kBeginning.begin(), std::min(size, kBeginning.size()), bytes.begin());
  mend_checksums(bytes);
  vrp::fuzz::decode_and_prepare(bytes.data(), bytes.size());
  return 0;
}
