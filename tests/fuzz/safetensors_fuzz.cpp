// A safetensors file: header, offsets, and the tensors' bytes.
#include "pipeline/model/safetensors.hpp"
#include "tests/fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vrp;
  const auto folder = fuzz::scratch();
  fuzz::write(folder / "model.safetensors", fuzz::as_text(data, size));
  fuzz::attempt([&] {
    std::uint64_t total = 0;
    const auto index = SafetensorsIndex::open(folder);
    for (const std::uint64_t piece : {std::uint64_t{16}, SafetensorsIndex::kPieceBytes}) {
      index.read_all([&](const TensorInfo&, std::int64_t,
                         std::span<const std::byte> bytes) { total += bytes.size(); },
                     piece);
    }
    if (total > 2 * size) __builtin_trap();  // more bytes than the file has
  });
  return 0;
}
