// Tables with tab-separated cells: the whole importer, and list literals and base64 by themselves.
// The first byte chooses the kind, the reference's reader and whether bad rows are left out.
#include <array>

#include "pipeline/items/base64.hpp"
#include "pipeline/items/importers.hpp"
#include "pipeline/items/list_literal.hpp"
#include "tests/fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vrp;
  if (size == 0) return 0;
  constexpr std::array<const char*, 5> kKinds = {"auto", "yes_no", "choice", "vqa", "text"};
  const std::string_view text = fuzz::as_text(data + 1, size - 1);
  ImportOptions options;
  options.annotations = fuzz::scratch() / "t.tsv";
  options.images = fuzz::scratch() / "pictures";
  options.name = "fuzz";
  options.skip_bad_rows = (data[0] & 64) != 0;
  options.allow_duplicates = (data[0] & 32) != 0;
  TsvOptions tsv;
  tsv.kind = kKinds[(data[0] & 31) % kKinds.size()];
  tsv.reference_reader = (data[0] & 128) != 0;
  fuzz::write(options.annotations, text);
  std::filesystem::remove_all(options.images);
  std::filesystem::create_directory(options.images);
  fuzz::write(options.images / "a.jpg", "a picture");
  fuzz::attempt([&] { import_tsv(options, tsv); });
  fuzz::attempt([&] { decode_base64(text, "fuzz"); });
  parse_list_literal(text);
  return 0;
}
