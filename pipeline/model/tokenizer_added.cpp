#include "pipeline/model/tokenizer_added.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/tokenizer_unicode.hpp"

namespace vrp {
namespace {

/// Start of the last character that begins before `at`.
std::size_t character_before(std::string_view text, std::size_t at) {
  do {
    --at;
  } while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  return at;
}

std::size_t skip_space_back(std::string_view text, std::size_t at) {
  while (at > 0) {
    const std::size_t before = character_before(text, at);
    if (!is_white_space(code_point(text, before))) break;
    at = before;
  }
  return at;
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_white_space(code_point(text, at))) at += character_length(text, at);
  return at;
}

/// What \w is in the reference library's second engine (Rust's regex): alphabetic characters,
/// marks, decimal digits, connectors and joiners.
bool is_word(char32_t c) {
  const std::string_view category = category_of(c);
  const auto is_circled = [&](char32_t first, char32_t last) { return c >= first && c <= last; };
  return category[0] == 'L' || category[0] == 'M' || category == "Nd" || category == "Nl" ||
         category == "Pc" || c == 0x200C || c == 0x200D || is_circled(0x24B6, 0x24E9) ||
         is_circled(0x1F130, 0x1F149) || is_circled(0x1F150, 0x1F169) ||
         is_circled(0x1F170, 0x1F189);
}

bool is_single_word(std::string_view text, std::size_t begin, std::size_t end) {
  const bool before = begin > 0 && is_word(code_point(text, character_before(text, begin)));
  const bool after = end < text.size() && is_word(code_point(text, end));
  return !before && !after;
}

AddedToken parse(const Json& entry, const std::string& where) {
  AddedToken token;
  const auto id = json_integer(entry, "id", where);
  if (id < 0 || id > INT32_MAX) fail(where, ": field 'id' is ", id, ", expected 0..2^31-1");
  token.id = static_cast<std::int32_t>(id);
  token.content = json_text(entry, "content", where);
  token.single_word = flag_of(entry, "single_word", false, where);
  token.lstrip = flag_of(entry, "lstrip", false, where);
  token.rstrip = flag_of(entry, "rstrip", false, where);
  token.special = flag_of(entry, "special", false, where);
  token.normalized = flag_of(entry, "normalized", !token.special, where);
  return token;
}

}  // namespace

AddedTokens::AddedTokens(const Json& list, const Bpe& model, const Normalizer& normalizer,
                         const std::string& where)
    : plain_(1), normalized_(1) {
  if (!list.is_array() && !list.is_null()) {
    fail(where, ": field 'added_tokens' is ", list.type_name(), ", expected a list");
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string here = concat(where, ": added_tokens[", i, "]");
    AddedToken token = parse(list[i], here);
    if (token.content.empty()) continue;  // the reference library ignores it
    const std::int32_t in_model = model.id(token.content);
    if (in_model >= 0 && in_model != token.id) {
      fail(here, ": '", excerpt(token.content), "' has id ", token.id, ", expected ", in_model,
           " as in the vocabulary");
    }
    const auto owner = model.token(token.id);
    if (!by_id_.emplace(token.id, tokens_.size()).second ||
        !by_content_.emplace(token.content, token.id).second ||
        (owner && *owner != token.content)) {
      fail(here, ": '", excerpt(token.content), "' with id ", token.id,
           " is there already, expected each content and id once");
    }
    tokens_.push_back(std::move(token));
  }
  for (auto& token : tokens_) {  // after the list is complete: nodes keep pointers into it
    token.text = token.content;
    if (token.normalized) normalizer.apply(token.text);
    insert(token.normalized ? normalized_ : plain_, token.text, token);
  }
}

void AddedTokens::insert(Tree& tree, std::string_view text, const AddedToken& token) {
  if (text.empty()) return;
  std::size_t node = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const auto found = tree[node].children.find(byte);
    if (found != tree[node].children.end()) {
      node = found->second;
      continue;
    }
    const std::size_t child = tree.size();
    tree.emplace_back();
    tree[node].children.emplace(byte, child);
    node = child;
  }
  if (tree[node].token == nullptr) tree[node].token = &token;
}

std::vector<AddedTokens::Part> AddedTokens::cut(std::string_view text, bool normalized) const {
  const Tree& tree = normalized ? normalized_ : plain_;
  std::vector<Part> parts;
  std::size_t done = 0;  // end of the last part
  for (std::size_t at = 0; at < text.size();) {
    const AddedToken* token = nullptr;
    std::size_t end = at, node = 0;
    for (std::size_t i = at; i < text.size(); ++i) {
      const auto child = tree[node].children.find(static_cast<unsigned char>(text[i]));
      if (child == tree[node].children.end()) break;
      node = child->second;
      if (tree[node].token != nullptr) {
        token = tree[node].token;
        end = i + 1;
      }
    }
    if (token == nullptr) {
      ++at;
      continue;
    }
    const std::size_t match = at;
    at = end;
    if (token->single_word && !is_single_word(text, match, end)) continue;
    const std::size_t begin = token->lstrip ? std::max(skip_space_back(text, match), done) : match;
    if (token->rstrip) end = skip_space(text, end);
    if (done < begin) parts.push_back({-1, text.substr(done, begin - done)});
    parts.push_back({token->id, text.substr(begin, end - begin)});
    done = end;
  }
  if (done < text.size()) parts.push_back({-1, text.substr(done)});
  return parts;
}

const AddedToken* AddedTokens::by_id(std::int32_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &tokens_[found->second];
}

bool AddedTokens::is_special(std::string_view text) const {
  const AddedToken* token = by_id(id(text));
  return token != nullptr && token->special;
}

std::int32_t AddedTokens::id(std::string_view content) const {
  const auto found = by_content_.find(content);
  return found == by_content_.end() ? -1 : found->second;
}

}  // namespace vrp
