#pragma once
// Byte-pair encoding as in tokenizer.json: a vocabulary, ranked merges, byte fallback.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/model/tokenizer_vocabulary.hpp"

namespace vrp {

class Bpe {
 public:
  /// Takes the "model" object and its lists; Error (bad_input) names the file and what is wrong.
  Bpe(const Json& model, ModelLists lists, const std::string& where);

  /// Appends the ids of one word: characters (or their bytes, or the unknown token), then merges by
  /// rank, leftmost first among equals, until none applies. O(n log n) in the word's length.
  void encode(std::string_view word, std::vector<std::int32_t>& ids) const;

  std::int32_t id(std::string_view token) const { return tokens_.id(token); }  ///< -1: unknown
  std::optional<std::string_view> token(std::int32_t id) const { return tokens_.token(id); }
  std::size_t size() const { return tokens_.size(); }  ///< number of tokens

 private:
  std::vector<std::int32_t> characters(std::string_view word) const;
  void read_merges(const TextList& merges, const std::string& where);
  void merge_all(std::vector<std::int32_t>& symbols) const;

  TokenTable tokens_;
  MergeTable merges_;
  std::vector<std::int32_t> byte_ids_;  ///< [256] of "<0x00>" ..., -1 when absent
  std::int32_t unknown_ = -1;
  bool byte_fallback_ = false, fuse_unknown_ = false, ignore_merges_ = false;
};

}  // namespace vrp
