// JPEG files through our decode path: what does not begin like one is given a beginning.
#include <vector>

#include "tests/fuzz/image_fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> bytes(data, data + size);
  if (size >= 3) bytes[0] = 0xFF, bytes[1] = 0xD8, bytes[2] = 0xFF;
  vrp::fuzz::decode_and_prepare(bytes.data(), bytes.size());
  return 0;
}
