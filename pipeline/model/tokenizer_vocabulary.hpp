#pragma once
// The tables of a model: tokens by text and by id, merges by their two ids. Packed, and searched by
// hashing with open addresses, so that real vocabularies load in a second.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/model/tokenizer_file.hpp"

namespace vrp {

class TokenTable {
 public:
  TokenTable() = default;
  /// Error when a token or an id stands twice.
  TokenTable(TextList tokens, std::vector<std::int32_t> ids, const std::string& where);

  std::int32_t id(std::string_view token) const;                 ///< -1 when unknown
  std::optional<std::string_view> token(std::int32_t id) const;  ///< nothing when unknown
  std::size_t size() const { return ids_.size(); }

 private:
  std::size_t slot(std::string_view token) const;  ///< where it stands, or the free slot for it

  TextList texts_;
  std::vector<std::int32_t> ids_;        // [row] of texts_
  std::vector<std::uint32_t> by_id_;     // rows in ascending order of id
  std::vector<std::uint32_t> slots_{0};  // row + 1; 0 is free
};

/// What two neighbours become.
struct Merge {
  std::uint32_t rank = 0;
  std::int32_t result = 0;
};

class MergeTable {
 public:
  explicit MergeTable(std::size_t merges = 0);  ///< room for that many
  void set(std::int32_t left, std::int32_t right, Merge merge);
  const Merge* find(std::int32_t left, std::int32_t right) const;  ///< null when they do not merge

 private:
  struct Slot {
    std::int32_t left = -1, right = -1;  // -1 is free
    Merge merge;
  };
  std::size_t slot(std::int32_t left, std::int32_t right) const;
  std::vector<Slot> slots_;
};

}  // namespace vrp
