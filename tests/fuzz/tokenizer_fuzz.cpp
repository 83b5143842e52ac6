// A tokenizer.json, and what it makes of a few texts and ids.
#include <vector>

#include "pipeline/base/text.hpp"
#include "pipeline/model/tokenizer.hpp"
#include "tests/fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vrp;
  const auto folder = fuzz::scratch();
  fuzz::write(folder / "tokenizer.json", fuzz::as_text(data, size));
  fuzz::attempt([&] {
    const Tokenizer tokenizer = Tokenizer::load(folder);
    for (const char* text :
         {"Is there a dog in the image?", "  two\n\nlines\t12345 don't",
          "caf\xC3\xA9 e\xCC\x81 \xE6\x9D\xB1\xE4\xBA\xAC \xF0\x9F\x99\x82 <image><bos>", ""}) {
      fuzz::attempt([&] {
        const auto ids = tokenizer.encode(text);
        if (!valid_utf8(tokenizer.decode(ids, false))) __builtin_trap();
        tokenizer.decode(ids, true);
      });
    }
    std::vector<std::int32_t> ids;
    for (std::int32_t id = -3; id < 600; ++id) ids.push_back(id);
    fuzz::attempt([&] { tokenizer.decode(ids, false); });
  });
  return 0;
}
