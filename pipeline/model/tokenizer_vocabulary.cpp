#include "pipeline/model/tokenizer_vocabulary.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

/// A power of two that leaves at least half of the slots free.
std::size_t slots_for(std::size_t entries) { return std::bit_ceil(2 * entries + 2); }

}  // namespace

TokenTable::TokenTable(TextList tokens, std::vector<std::int32_t> ids, const std::string& where)
    : texts_(std::move(tokens)), ids_(std::move(ids)), slots_(slots_for(ids_.size()), 0) {
  for (std::size_t row = 0; row < ids_.size(); ++row) {
    const std::size_t place = slot(texts_[row]);
    if (slots_[place] != 0) {
      fail(where, ": token '", excerpt(texts_[row]), "' stands twice, with ids ",
           ids_[slots_[place] - 1], " and ", ids_[row]);
    }
    slots_[place] = static_cast<std::uint32_t>(row + 1);
  }
  by_id_.resize(ids_.size());
  std::iota(by_id_.begin(), by_id_.end(), 0u);
  std::stable_sort(by_id_.begin(), by_id_.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return ids_[a] < ids_[b]; });
  for (std::size_t i = 1; i < by_id_.size(); ++i) {
    if (ids_[by_id_[i - 1]] == ids_[by_id_[i]]) {
      fail(where, ": tokens '", excerpt(texts_[by_id_[i - 1]]), "' and '",
           excerpt(texts_[by_id_[i]]), "' have the same id ", ids_[by_id_[i]]);
    }
  }
}

std::size_t TokenTable::slot(std::string_view token) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = std::hash<std::string_view>{}(token)&mask;
  while (slots_[at] != 0 && texts_[slots_[at] - 1] != token) at = (at + 1) & mask;
  return at;
}

std::int32_t TokenTable::id(std::string_view token) const {
  const std::uint32_t row = slots_[slot(token)];
  return row == 0 ? -1 : ids_[row - 1];
}

std::optional<std::string_view> TokenTable::token(std::int32_t id) const {
  const auto found =
      std::lower_bound(by_id_.begin(), by_id_.end(), id,
                       [&](std::uint32_t row, std::int32_t value) { return ids_[row] < value; });
  if (found == by_id_.end() || ids_[*found] != id) return std::nullopt;
  return texts_[*found];
}

MergeTable::MergeTable(std::size_t merges) : slots_(slots_for(merges)) {}

std::size_t MergeTable::slot(std::int32_t left, std::int32_t right) const {
  const std::size_t mask = slots_.size() - 1;
  const auto key = static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
                   static_cast<std::uint32_t>(right);
  std::size_t at = (key * 0x9E3779B97F4A7C15u >> 20) & mask;  // Fibonacci hashing, middle bits
  while (slots_[at].left != -1 && (slots_[at].left != left || slots_[at].right != right)) {
    at = (at + 1) & mask;
  }
  return at;
}

void MergeTable::set(std::int32_t left, std::int32_t right, Merge merge) {
  slots_[slot(left, right)] = {left, right, merge};
}

const Merge* MergeTable::find(std::int32_t left, std::int32_t right) const {
  const Slot& one = slots_[slot(left, right)];
  return one.left == -1 ? nullptr : &one.merge;
}

}  // namespace vrp
