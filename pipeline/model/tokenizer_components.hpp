#pragma once
// The exchangeable parts of a tokenizer.json, each parsed from its own JSON object. A type that is
// not supported is an Error that names it. New families add a class and a line in its parser.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/json.hpp"

namespace vrp {

/// Changes a piece of text before it is split; UTF-8 in and out.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual void apply(std::string& text) const = 0;
};

/// A piece of text between added tokens.
struct Piece {
  std::string text;
  bool at_start = false;  ///< it begins where the whole text begins
};

/// Splits pieces into words, the units within which the model merges.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  virtual std::vector<Piece> apply(std::vector<Piece> pieces) const = 0;
};

/// Turns the texts of tokens into text; the results are joined without separator.
class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual std::vector<std::string> apply(std::vector<std::string> tokens) const = 0;
};

/// null gives a component that changes nothing; `where` is the file.
std::unique_ptr<Normalizer> parse_normalizer(const Json& json, const std::string& where);
std::unique_ptr<PreTokenizer> parse_pre_tokenizer(const Json& json, const std::string& where);
/// Null: an absent decoder puts a space between tokens, as the reference library does.
std::unique_ptr<Decoder> parse_decoder(const Json& json, const std::string& where);

// Single classes that stand in files of their own.
std::unique_ptr<Normalizer> make_nfc();
std::unique_ptr<PreTokenizer> parse_split(const Json& json, const std::string& where);
std::unique_ptr<PreTokenizer> parse_byte_level(const Json& json, const std::string& where);
std::unique_ptr<Decoder> make_byte_level_decoder();

/// Helpers of the parsers: the "type" of a component; Error for one that is not in the list.
std::string component_type(const Json& json, const std::string& where);
[[noreturn]] void refuse_component(const char* kind, const std::string& type,
                                   const std::string& supported, const std::string& where);
/// A truth value; `fallback` when it is absent or null.
bool flag_of(const Json& json, const char* field, bool fallback, const std::string& where);
bool flag_of(const Json& json, const char* field, const std::string& where);  ///< it must be there
/// {"String": "x"} -> "x"; a regular expression or an empty string is an Error.
std::string string_pattern(const Json& json, const std::string& where);
/// A text field that holds exactly one character.
std::string one_character(const Json& json, const char* field, const std::string& where);
void replace_all(std::string& text, std::string_view from, std::string_view to);

/// Bytes of the UTF-8 character that begins at `at` (text is valid UTF-8).
std::size_t character_length(std::string_view text, std::size_t at);
char32_t code_point(std::string_view text, std::size_t at);  ///< of that character
void append_utf8(std::string& text, char32_t code);
/// Unicode's White_Space property.
bool is_white_space(char32_t code);
/// Bytes as text: a longest beginning of a character that breaks off becomes one U+FFFD, as does a
/// byte that begins none.
std::string lossy_utf8(std::string_view bytes);

}  // namespace vrp
