// Byte-level tokens: each byte is written as one printable character, so that a vocabulary of texts
// can hold any bytes. Semantics: ByteLevel of the Hugging Face tokenizers library.
#include <array>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/tokenizer_components.hpp"
#include "pipeline/model/tokenizer_pattern.hpp"

namespace vrp {
namespace {

/// GPT-2's split into words (openai/gpt-2, encoder.py).
constexpr const char* kWords =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr char32_t kFirstStandIn = 0x100;

/// Bytes that stand for themselves as code points: ASCII and Latin-1 without blanks and controls.
bool is_printable(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xFF && byte != 0xAD);
}

/// [256]: the character of a byte; the others are U+0100 and up in order.
struct Alphabet {
  std::array<std::string, 256> of_byte;
  std::array<int, 0x200> byte_of{};  // -1: not in the alphabet

  Alphabet() {
    byte_of.fill(-1);
    char32_t next = kFirstStandIn;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const char32_t code = is_printable(byte) ? byte : next++;
      append_utf8(of_byte[byte], code);
      byte_of[code] = static_cast<int>(byte);
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet one;
  return one;
}

class ByteLevel : public PreTokenizer {
 public:
  ByteLevel(bool add_prefix_space, std::unique_ptr<Pattern> words)
      : add_prefix_space_(add_prefix_space), words_(std::move(words)) {}

  std::vector<Piece> apply(std::vector<Piece> pieces) const override {
    std::vector<Piece> out;
    for (Piece& piece : pieces) {
      if (add_prefix_space_ && !piece.text.starts_with(' '))
        piece.text.insert(piece.text.begin(), ' ');
      const auto spans = words_ == nullptr ? std::vector<Span>{{0, piece.text.size(), false}}
                                           : words_->find(piece.text);
      for (const Span& span : spans) {
        std::string word;
        for (std::size_t i = span.begin; i < span.end; ++i) {
          word += alphabet().of_byte[static_cast<unsigned char>(piece.text[i])];
        }
        out.push_back({std::move(word), piece.at_start && span.begin == 0});
      }
    }
    return out;
  }

 private:
  bool add_prefix_space_;
  std::unique_ptr<Pattern> words_;  // null: the text is split already
};

/// The bytes of a token; one with a character outside the alphabet (an added token) keeps its own.
void append_bytes(const std::string& token, std::string& bytes) {
  const std::size_t before = bytes.size();
  for (std::size_t at = 0; at < token.size(); at += character_length(token, at)) {
    const char32_t code = code_point(token, at);
    const int byte = code < alphabet().byte_of.size() ? alphabet().byte_of[code] : -1;
    if (byte < 0) {
      bytes.resize(before);
      bytes += token;
      return;
    }
    bytes.push_back(static_cast<char>(byte));
  }
}

class ByteLevelDecoder : public Decoder {
 public:
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    std::string bytes;
    for (const auto& token : tokens) append_bytes(token, bytes);
    return {lossy_utf8(bytes)};
  }
};

}  // namespace

std::string lossy_utf8(std::string_view bytes) {
  std::string text;
  const auto at = [&](std::size_t i) -> unsigned {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
  };
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned lead = at(i), second = at(i + 1);
    const auto is_tail = [&](std::size_t k) { return (at(k) & 0xC0) == 0x80; };
    std::size_t length = 1, good = 1;  // of the character, and of its bytes that are there
    if (lead >= 0xC2 && lead <= 0xDF) {
      length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      length = 3;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      length = 4;
    } else if (lead >= 0x80) {
      length = 0;  // begins no character
    }
    // The second byte excludes overlong forms, surrogates and what lies beyond U+10FFFF.
    const bool second_fits = is_tail(i + 1) && !(lead == 0xE0 && second < 0xA0) &&
                             !(lead == 0xED && second > 0x9F) && !(lead == 0xF0 && second < 0x90) &&
                             !(lead == 0xF4 && second > 0x8F);
    if (length > 1 && second_fits) {
      good = 2;
      while (good < length && is_tail(i + good)) ++good;
    }
    if (good == length) {
      text.append(bytes, i, length);
    } else {
      text += "\xEF\xBF\xBD";
    }
    i += good;
  }
  return text;
}

std::unique_ptr<PreTokenizer> parse_byte_level(const Json& json, const std::string& where) {
  const std::string here = where + ": pre_tokenizer ByteLevel";
  const bool add_prefix_space = flag_of(json, "add_prefix_space", here);
  const bool use_regex = flag_of(json, "use_regex", true, here);
  return std::make_unique<ByteLevel>(add_prefix_space,
                                     use_regex ? make_regex(kWords, here) : nullptr);
}

std::unique_ptr<Decoder> make_byte_level_decoder() { return std::make_unique<ByteLevelDecoder>(); }

}  // namespace vrp
