// Damaged files of every kind: the answer is an Error or a valid result, never a crash. Mutations
// are a function of a fixed seed; under the sanitizers this is the test that counts.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/model/image.hpp"
#include "pipeline/model/safetensors.hpp"
#include "pipeline/model/safetensors_header.hpp"
#include "pipeline/model/spec.hpp"
#include "pipeline/model/tokenizer.hpp"
#include "tests/unit/model_front/configuration.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

using Bytes = std::vector<unsigned char>;

/// Cut short, some bits turned over, a piece overwritten, removed or repeated.
Bytes mutated(Bytes bytes, std::mt19937& dice) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(dice() % n); };
  const auto at = [&](std::size_t i) { return bytes.begin() + static_cast<std::ptrdiff_t>(i); };
  switch (dice() % 5) {
    case 0:
      bytes.resize(below(bytes.size()));
      break;
    case 1:
      for (std::size_t n = 1 + below(4); n > 0; --n) {
        bytes[below(bytes.size())] ^= static_cast<unsigned char>(1u << below(8));
      }
      break;
    case 2: {
      const std::size_t begin = below(bytes.size());
      const std::size_t end = std::min(bytes.size(), begin + 1 + below(8));
      for (std::size_t i = begin; i < end; ++i) bytes[i] = static_cast<unsigned char>(dice());
      break;
    }
    case 3: {
      const std::size_t begin = below(bytes.size());
      bytes.erase(at(begin), at(std::min(bytes.size(), begin + 1 + below(64))));
      break;
    }
    default: {
      const std::size_t begin = below(bytes.size());
      const Bytes piece(at(begin), at(std::min(bytes.size(), begin + 1 + below(64))));
      bytes.insert(at(below(bytes.size())), piece.begin(), piece.end());
    }
  }
  return bytes;
}

/// Other numbers, signs and names in a JSON text, which stays well formed more often than not.
std::string json_mutated(std::string text, std::mt19937& dice) {
  static const char* const kPieces[] = {"0",    "-1",    "1e400",
                                        "null", "true",  "\"\"",
                                        "[]",   "{}",    "18446744073709551615",
                                        "0.5",  "[[1]]", "9999999999999999999999"};
  const std::size_t begin = text.find_first_of("0123456789[{\"", dice() % text.size());
  if (begin == std::string::npos) return text;
  std::size_t end = begin + 1;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  return text.replace(begin, end - begin, kPieces[dice() % std::size(kPieces)]);
}

struct Outcome {
  int valid = 0, refused = 0;
};

template <class Action>
void attempt(Outcome& outcome, const Action& action) {
  try {
    action();
    ++outcome.valid;
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::bad_input);
    CHECK(std::string(error.what()).size() > 10);
    ++outcome.refused;
  }
}

}  // namespace

TEST_CASE("two thousand damaged pictures never crash", "[model][fuzz]") {
  std::mt19937 dice(20260617);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(golden_images())) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());  // folders list in no fixed order
  std::vector<Bytes> originals;
  for (const auto& file : files) originals.push_back(read_bytes(file));
  Outcome outcome;
  for (int i = 0; i < 2000; ++i) {
    const Bytes bytes = mutated(originals[dice() % originals.size()], dice);
    attempt(outcome, [&] {
      const auto image = decode_image(bytes, "damaged", 1'000'000);
      CHECK(image.width > 0);
      CHECK(image.rgb.size() ==
            static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3);
    });
  }
  CHECK(outcome.refused > 1000);
  CHECK(outcome.valid > 50);
}

TEST_CASE("damaged safetensors headers never crash", "[model][fuzz]") {
  std::mt19937 dice(7);
  const auto original = read_bytes(golden_checkpoint("llava_fp16") / "model.safetensors");
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | original[static_cast<std::size_t>(i)];
  const Bytes header(original.begin(), original.begin() + static_cast<std::ptrdiff_t>(8 + length));
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  write_file(path, std::string(original.begin(), original.end()));
  CHECK(SafetensorsIndex::open(folder.path()).tensors().size() > 50);
  Outcome outcome;
  for (int i = 0; i < 1500; ++i) {  // the header's text alone
    const std::string text = json_mutated(std::string(header.begin() + 8, header.end()), dice);
    attempt(outcome, [&] {
      const auto tensors = parse_safetensors_header(
          "damaged", text, 8 + text.size(), 8 + text.size() + original.size() - header.size());
      CHECK(tensors.size() > 50);
    });
  }
  for (int i = 0; i < 200; ++i) {  // whole files, their length field included
    Bytes bytes = mutated(header, dice);
    bytes.insert(bytes.end(), original.begin() + static_cast<std::ptrdiff_t>(header.size()),
                 original.end());
    write_file(path, std::string(bytes.begin(), bytes.end()));
    attempt(outcome, [&] {
      std::uint64_t total = 0;
      SafetensorsIndex::open(folder.path())
          .read_all([&](const TensorInfo&, std::int64_t, std::span<const std::byte> data) {
            total += data.size();
          });
      CHECK(total > 0);
    });
  }
  CHECK(outcome.refused > 1000);
}

TEST_CASE("damaged configuration files never crash", "[model][fuzz]") {
  std::mt19937 dice(11);
  RgbImage picture;
  picture.width = 40;
  picture.height = 30;
  picture.rgb.assign(40 * 30 * 3, 99);
  int prepared = 0;
  for (const char* family : {"llava", "paligemma", "qwen2_vl"}) {
    INFO(family);
    const Configuration folder(family);
    Outcome outcome;
    for (const char* name : {"config.json", "preprocessor_config.json", "processor_config.json",
                             "generation_config.json"}) {
      const auto path = folder.path() / name;
      if (!std::filesystem::exists(path)) continue;
      const std::string original = read_text(path);
      for (int i = 0; i < 500; ++i) {
        const Bytes bytes = mutated(Bytes(original.begin(), original.end()), dice);
        write_file(path, i % 3 == 0 ? std::string(bytes.begin(), bytes.end())
                                    : json_mutated(original, dice));
        attempt(outcome, [&] {
          const ModelSpec spec = read_model_spec(folder.path());
          if (spec.vision.image_size > 512 || spec.image.min_pixels > 1 << 18) return;
          const PreparedImage image = prepare_image(picture, spec);
          CHECK(image.geometry.rows * image.geometry.cols > 0);
          CHECK(image.pixels.size() ==
                image.resized.rgb.size() * static_cast<std::size_t>(spec.vision.frames));
          ++prepared;
        });
      }
      write_file(path, original);
    }
    CHECK(outcome.refused > 500);
    CHECK(outcome.valid > 50);
  }
  CHECK(prepared > 200);
}

TEST_CASE("damaged tokenizers never crash", "[model][fuzz]") {
  std::mt19937 dice(13);
  const std::string original = read_text(golden_checkpoint("llava_fp16") / "tokenizer.json");
  const TemporaryFolder folder;
  Outcome outcome;
  for (int i = 0; i < 400; ++i) {
    const Bytes bytes = mutated(Bytes(original.begin(), original.end()), dice);
    write_file(folder.path() / "tokenizer.json",
               i % 3 == 0 ? std::string(bytes.begin(), bytes.end()) : json_mutated(original, dice));
    attempt(outcome, [&] {
      const auto tokenizer = Tokenizer::load(folder.path());
      const auto ids = tokenizer.encode("USER: <image>\nIs there a Größe 日本?\nASSISTANT:");
      CHECK(tokenizer.decode(ids, false).size() < 1000);
    });
  }
  CHECK(outcome.refused > 100);
}
