// Texts, encoded by the tokenizers of all families and decoded again; the first byte picks one.
#include <vector>

#include "pipeline/base/text.hpp"
#include "pipeline/model/tokenizer.hpp"
#include "tests/fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vrp;
  static const std::vector<Tokenizer> all = [] {
    std::vector<Tokenizer> found;
    for (const auto& entry : std::filesystem::directory_iterator(fuzz::golden())) {
      if (exists(entry.path() / "checkpoint/tokenizer.json")) {
        found.push_back(Tokenizer::load(entry.path() / "checkpoint"));
      }
    }
    return found;
  }();
  if (size == 0) return 0;
  const Tokenizer& tokenizer = all[data[0] % all.size()];
  fuzz::attempt([&] {
    const auto ids = tokenizer.encode(fuzz::as_text(data + 1, size - 1));
    if (!valid_utf8(tokenizer.decode(ids, false))) __builtin_trap();
  });
  return 0;
}
