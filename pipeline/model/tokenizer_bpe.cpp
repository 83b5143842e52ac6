#include "pipeline/model/tokenizer_bpe.hpp"

#include <cstdio>
#include <queue>
#include <tuple>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/tokenizer_components.hpp"

namespace vrp {
namespace {

/// Settings that would change the ids and that no supported family uses.
void refuse_unsupported(const Json& model, const std::string& where) {
  for (const char* field : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    if (model.contains(field) && !model.at(field).is_null() && model.at(field) != "") {
      fail(where, ": field 'model.", field, "' is ", excerpt(model.at(field).dump()),
           ", expected null or empty (not supported)");
    }
  }
  if (model.contains("dropout") && !model.at("dropout").is_null() && model.at("dropout") != 0) {
    fail(where, ": field 'model.dropout' is ", excerpt(model.at("dropout").dump()),
         ", expected null: a tokenizer that draws lots cannot be reproduced");
  }
}

/// Checks that come before anything is built.
void check(const Json& model, const ModelLists& lists, const std::string& where) {
  if (model.is_object() && model.contains("type") && json_text(model, "type", where) != "BPE") {
    refuse_component("model", json_text(model, "type", where), "BPE", where);
  }
  for (const auto& [field, read, expected] :
       {std::tuple{"vocab", lists.has_vocabulary, "an object of token to id"},
        std::tuple{"merges", lists.has_merges, "a list"}}) {
    if (model.is_object() && model.contains(field)) {
      fail(where, ": field 'model.", field, "' is ", model.at(field).type_name(), ", expected ",
           expected);
    }
    if (!read) json_at(model, field, where);  // an Error: it is missing
  }
  if (lists.ids.empty()) {
    fail(where, ": field 'model.vocab' is empty, expected an object of token to id");
  }
  refuse_unsupported(model, where);
}

}  // namespace

Bpe::Bpe(const Json& model, ModelLists lists, const std::string& where) {
  check(model, lists, where);
  tokens_ = TokenTable(std::move(lists.tokens), std::move(lists.ids), where);
  byte_fallback_ = flag_of(model, "byte_fallback", false, where);
  fuse_unknown_ = flag_of(model, "fuse_unk", false, where);
  ignore_merges_ = flag_of(model, "ignore_merges", false, where);
  if (model.contains("unk_token") && !model.at("unk_token").is_null()) {
    const std::string unknown = json_text(model, "unk_token", where);
    unknown_ = id(unknown);
    if (unknown_ < 0) {
      fail(where, ": field 'model.unk_token' is '", excerpt(unknown), "', which is no token");
    }
  }
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(byte) & 0xFFu);
    byte_ids_.push_back(id(name));
  }
  read_merges(lists.merges, where);
}

void Bpe::read_merges(const TextList& merges, const std::string& where) {
  merges_ = MergeTable(merges.size() / 2);
  std::string merged;
  for (std::size_t i = 0; i < merges.size() / 2; ++i) {
    const std::string_view left = merges[2 * i], right = merges[2 * i + 1];
    merged.assign(left).append(right);
    const std::int32_t ids[] = {id(left), id(right), id(merged)};
    for (std::size_t k = 0; k < 3; ++k) {
      if (ids[k] >= 0) continue;
      const std::string_view missing = k == 0 ? left : k == 1 ? right : merged;
      fail(where, ": merge ", i, " needs '", excerpt(missing), "', which is no token");
    }
    merges_.set(ids[0], ids[1], {static_cast<std::uint32_t>(i), ids[2]});  // the last one counts
  }
}

std::vector<std::int32_t> Bpe::characters(std::string_view word) const {
  std::vector<std::int32_t> symbols;
  bool unknown_pending = false;
  for (std::size_t at = 0; at < word.size();) {
    const std::string_view character = word.substr(at, character_length(word, at));
    at += character.size();
    const std::int32_t known = id(character);
    if (known >= 0) {
      if (unknown_pending) symbols.push_back(unknown_);
      unknown_pending = false;
      symbols.push_back(known);
      continue;
    }
    bool as_bytes = byte_fallback_;
    for (const char byte : character) {
      as_bytes = as_bytes && byte_ids_[static_cast<unsigned char>(byte)] >= 0;
    }
    if (as_bytes) {  // the reference library keeps a pending unknown token behind these bytes
      for (const char byte : character) {
        symbols.push_back(byte_ids_[static_cast<unsigned char>(byte)]);
      }
    } else if (unknown_ >= 0) {
      if (unknown_pending && !fuse_unknown_) symbols.push_back(unknown_);
      unknown_pending = true;
    }
  }
  if (unknown_pending) symbols.push_back(unknown_);
  return symbols;
}

void Bpe::merge_all(std::vector<std::int32_t>& symbols) const {
  // A linked list over positions and a heap of candidate merges; a candidate whose pair has changed
  // since it was pushed is dropped when popped.
  constexpr std::int32_t kGone = -1;
  const auto n = static_cast<std::int64_t>(symbols.size());
  std::vector<std::int64_t> previous(symbols.size()), next(symbols.size());
  using Candidate = std::tuple<std::uint32_t, std::int64_t, std::int32_t>;  // rank, left, result
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> heap;
  const auto at = [&](std::int64_t i) -> std::int32_t& {
    return symbols[static_cast<std::size_t>(i)];
  };
  const auto push = [&](std::int64_t left, std::int64_t right) {
    if (left < 0 || right >= n) return;
    const Merge* merge = merges_.find(at(left), at(right));
    if (merge != nullptr) heap.emplace(merge->rank, left, merge->result);
  };
  for (std::int64_t i = 0; i < n; ++i) {
    previous[static_cast<std::size_t>(i)] = i - 1;
    next[static_cast<std::size_t>(i)] = i + 1;
    push(i, i + 1);
  }
  while (!heap.empty()) {
    const auto [rank, left, result] = heap.top();
    heap.pop();
    if (at(left) == kGone) continue;
    const std::int64_t right = next[static_cast<std::size_t>(left)];
    if (right >= n) continue;
    const Merge* merge = merges_.find(at(left), at(right));
    if (merge == nullptr || merge->result != result) continue;
    at(left) = result;
    at(right) = kGone;
    const std::int64_t after = next[static_cast<std::size_t>(right)];
    next[static_cast<std::size_t>(left)] = after;
    if (after < n) previous[static_cast<std::size_t>(after)] = left;
    push(previous[static_cast<std::size_t>(left)], left);
    push(left, after);
  }
  std::erase(symbols, kGone);
}

void Bpe::encode(std::string_view word, std::vector<std::int32_t>& ids) const {
  if (word.empty()) return;
  if (ignore_merges_) {
    const std::int32_t whole = id(word);
    if (whole >= 0) {
      ids.push_back(whole);
      return;
    }
  }
  std::vector<std::int32_t> symbols = characters(word);
  merge_all(symbols);
  ids.insert(ids.end(), symbols.begin(), symbols.end());
}

}  // namespace vrp
