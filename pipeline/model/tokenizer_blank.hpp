#pragma once
// Tokens that show nothing: a Llama tokenizer puts a bare space piece before a digit, a newline
// piece before a word, and a right answer's first token may be one of them.
#include <cstdint>
#include <string_view>
#include <vector>

#include "pipeline/model/tokenizer.hpp"

namespace vrp {

/// Whether text is not empty and holds only white space, control and zero-width characters.
bool blank_text(std::string_view text);

/// Ids below `vocab` whose text is blank, ascending. Ids without a token are not among them.
std::vector<std::int32_t> blank_tokens(const Tokenizer& tokenizer, std::int32_t vocab);

}  // namespace vrp
