#include "pipeline/model/tokenizer_bpe.hpp"

#include <cstdio>
#include <queue>
#include <tuple>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/tokenizer_components.hpp"

namespace vrp {
namespace {

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
         static_cast<std::uint32_t>(right);
}

bool flag(const Json& model, const char* field, const std::string& where) {
  if (!model.contains(field) || model.at(field).is_null()) return false;
  if (!model.at(field).is_boolean()) {
    fail(where, ": field 'model.", field, "' is ", excerpt(model.at(field).dump()),
         ", expected true or false");
  }
  return model.at(field).get<bool>();
}

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

std::pair<std::string, std::string> merge_pair(const Json& entry, std::size_t index,
                                               const std::string& where) {
  if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
    return {entry[0].get<std::string>(), entry[1].get<std::string>()};
  }
  if (entry.is_string()) {
    const auto parts = split(entry.get<std::string>(), ' ');
    if (parts.size() == 2) return {parts[0], parts[1]};
  }
  fail(where, ": merge ", index, " is ", excerpt(entry.dump()),
       ", expected \"left right\" or [\"left\", \"right\"]");
}

}  // namespace

Bpe::Bpe(const Json& model, const std::string& where) {
  if (model.contains("type") && json_text(model, "type", where) != "BPE") {
    refuse_component("model", json_text(model, "type", where), "BPE", where);
  }
  refuse_unsupported(model, where);
  const Json& vocabulary = json_at(model, "vocab", where);
  if (!vocabulary.is_object() || vocabulary.empty()) {
    fail(where, ": field 'model.vocab' is ", vocabulary.type_name(),
         ", expected an object of token to id");
  }
  for (const auto& [token, value] : vocabulary.items()) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > INT32_MAX) {
      fail(where, ": token '", excerpt(token), "' has id ", excerpt(value.dump()),
           ", expected a whole number in 0..2^31-1");
    }
    const auto number = static_cast<std::int32_t>(value.get<std::uint64_t>());
    ids_.emplace(token, number);
    const auto [other, is_new] = tokens_.emplace(number, token);
    if (!is_new) {
      fail(where, ": tokens '", excerpt(other->second), "' and '", excerpt(token),
           "' have the same id ", number);
    }
  }
  byte_fallback_ = flag(model, "byte_fallback", where);
  fuse_unknown_ = flag(model, "fuse_unk", where);
  ignore_merges_ = flag(model, "ignore_merges", where);
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
  read_merges(json_at(model, "merges", where), where);
}

void Bpe::read_merges(const Json& merges, const std::string& where) {
  if (!merges.is_array()) {
    fail(where, ": field 'model.merges' is ", merges.type_name(), ", expected a list");
  }
  for (std::size_t i = 0; i < merges.size(); ++i) {
    const auto [left, right] = merge_pair(merges[i], i, where);
    for (const auto& token : {left, right, left + right}) {
      if (id(token) < 0) {
        fail(where, ": merge ", i, " needs '", excerpt(token), "', which is no token");
      }
    }
    merges_[pair_key(id(left), id(right))] = {static_cast<std::uint32_t>(i), id(left + right)};
  }
}

std::int32_t Bpe::id(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? -1 : found->second;
}

const std::string* Bpe::token(std::int32_t id) const {
  const auto found = tokens_.find(id);
  return found == tokens_.end() ? nullptr : &found->second;
}

const Bpe::Merge* Bpe::merge_of(std::int32_t left, std::int32_t right) const {
  const auto found = merges_.find(pair_key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
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
    const Merge* merge = merge_of(at(left), at(right));
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
    const Merge* merge = merge_of(at(left), at(right));
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
