#pragma once
// Byte-pair encoding as in tokenizer.json: a vocabulary, ranked merges, byte fallback.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/base/json.hpp"

namespace vrp {

/// Lets a map of std::string be searched by std::string_view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
using Vocabulary = std::unordered_map<std::string, std::int32_t, TextHash, std::equal_to<>>;

class Bpe {
 public:
  /// Parses the "model" object; Error (bad_input) names the file and what is wrong.
  Bpe(const Json& model, const std::string& where);

  /// Appends the ids of one word: characters (or their bytes, or the unknown token), then merges by
  /// rank, leftmost first among equals, until none applies. O(n log n) in the word's length.
  void encode(std::string_view word, std::vector<std::int32_t>& ids) const;

  std::int32_t id(std::string_view token) const;    ///< -1 when unknown
  const std::string* token(std::int32_t id) const;  ///< null when unknown
  const Vocabulary& vocabulary() const { return ids_; }

 private:
  struct Merge {
    std::uint32_t rank = 0;
    std::int32_t result = 0;
  };
  const Merge* merge_of(std::int32_t left, std::int32_t right) const;
  std::vector<std::int32_t> characters(std::string_view word) const;
  void read_merges(const Json& merges, const std::string& where);
  void merge_all(std::vector<std::int32_t>& symbols) const;

  Vocabulary ids_;
  std::unordered_map<std::int32_t, std::string> tokens_;
  std::unordered_map<std::uint64_t, Merge> merges_;  ///< key: left id << 32 | right id
  std::vector<std::int32_t> byte_ids_;               ///< [256] of "<0x00>" ..., -1 when absent
  std::int32_t unknown_ = -1;
  bool byte_fallback_ = false, fuse_unknown_ = false, ignore_merges_ = false;
};

}  // namespace vrp
