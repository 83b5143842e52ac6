#pragma once
// Tokenizers as the checkpoint's tokenizer.json states them.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vrp {

/// Same ids and texts as the Hugging Face tokenizers library (0.23) gives for the file, whatever
/// versions of PCRE2 and utf8proc the machine has. The const members may be called from any thread.
class Tokenizer {
 public:
  /// Reads tokenizer.json of a checkpoint folder; Error (bad_input) with file and position, or with
  /// the name of a component (normaliser, model, decoder ...) that is not supported.
  static Tokenizer load(const std::filesystem::path& checkpoint);
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// Token ids; added tokens are split off first. `special`: with the post-processor's BOS. Error
  /// (bad_input) for text that is not UTF-8, or that the file's regular expression cannot split in
  /// 2 * 10^7 steps.
  std::vector<std::int32_t> encode(std::string_view text, bool special = true) const;
  std::string decode(const std::vector<std::int32_t>& ids, bool skip_special = true) const;
  std::int32_t token_id(std::string_view token) const;  ///< -1 when unknown
  std::size_t size() const;                             ///< number of ids with a token

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vrp
