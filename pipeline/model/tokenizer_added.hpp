#pragma once
// Added tokens: texts that are cut out before the model sees the rest.
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/model/tokenizer_bpe.hpp"
#include "pipeline/model/tokenizer_components.hpp"

namespace vrp {

struct AddedToken {
  std::int32_t id = -1;
  std::string content;
  std::string text;          ///< what is looked for and decoded to: `content`, normalised or not
  bool single_word = false;  ///< only between non-word characters
  bool lstrip = false;       ///< takes the white space before it along
  bool rstrip = false;       ///< takes the white space after it along
  bool normalized = false;   ///< looked for in normalised text, not in the text as it is
  bool special = false;      ///< left out of decoded text on request
};

/// Lets a map of std::string be searched by std::string_view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

class AddedTokens {
 public:
  /// Parses the "added_tokens" list and checks it against the model's vocabulary.
  AddedTokens(const Json& list, const Bpe& model, const Normalizer& normalizer,
              const std::string& where);

  /// A stretch of text that is one added token, or (id -1) that holds none.
  struct Part {
    std::int32_t id = -1;
    std::string_view text;
  };
  /// Cuts `text` at the tokens of one kind: leftmost match, longest first.
  std::vector<Part> cut(std::string_view text, bool normalized) const;

  const AddedToken* by_id(std::int32_t id) const;   ///< null when it is no added token
  std::int32_t id(std::string_view content) const;  ///< -1 when it is no added token
  bool is_special(std::string_view text) const;     ///< the content of a special token
  const std::vector<AddedToken>& all() const { return tokens_; }

 private:
  /// A tree of bytes; `token` is the one that ends at a node.
  struct Node {
    std::map<unsigned char, std::size_t> children;
    const AddedToken* token = nullptr;
  };
  using Tree = std::vector<Node>;
  static void insert(Tree& tree, std::string_view text, const AddedToken& token);

  std::vector<AddedToken> tokens_;
  std::unordered_map<std::int32_t, std::size_t> by_id_;
  std::unordered_map<std::string, std::int32_t, TextHash, std::equal_to<>> by_content_;
  Tree plain_, normalized_;
};

}  // namespace vrp
