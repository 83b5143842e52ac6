#pragma once
// Which tokens a right answer may start with.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kernels/lens_statistics.hpp"
#include "pipeline/items/item_table.hpp"
#include "pipeline/model/tokenizer.hpp"
#include "stages/capture/params.hpp"

namespace vrp {

/// An item's reference: the most frequent of `answers` where there are several (lexicographically
/// first on ties), else `answer`; trimmed. "" = none.
std::string reference_of(const ItemTable& items, std::size_t row);

/// Sets of first tokens (methods, section 7.1). A form is the reference as given, in lower case,
/// Capitalised and in UPPER case (ASCII letters); its first token is looked for in the form by
/// itself, after a space and after a newline, and is the first one with visible text there: some
/// tokenizers start every digit with a bare space piece. blank_token = target takes the literal
/// first tokens of the form and of the form after a space instead.
class AnswerTokens {
 public:
  /// `blank`: ids without visible text, ascending. Both must outlive the object.
  AnswerTokens(const Tokenizer& tokenizer, const std::vector<std::int32_t>& blank,
               const CaptureParams& params);

  /// The sets for a reference, as `margin` and `blank_token` choose; no target for "", for one
  /// without visible text, and for anything but yes and no with margin = binary. `first` and
  /// `second` are the forms of yes and of no. Views are valid as long as the object.
  const LensTokens& of(const std::string& reference);

 private:
  struct Sets {
    std::vector<std::int32_t> target;
    LensTokens view;
  };
  bool is_blank(std::int32_t id) const;
  std::int32_t first_visible(const std::string& text) const;
  std::vector<std::int32_t> forms(const std::string& word) const;
  std::vector<std::int32_t> literal_forms(const std::string& word) const;
  Sets make(const std::string& reference) const;

  const Tokenizer& tokenizer_;
  const std::vector<std::int32_t>& blank_;
  CaptureParams params_;
  std::vector<std::int32_t> yes_, no_;
  std::map<std::string, Sets> cache_;
};

}  // namespace vrp
