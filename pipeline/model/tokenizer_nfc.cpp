// Normalisation form C by utf8proc, restricted to the characters that the reference library knows.
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "pipeline/base/error.hpp"
#include "pipeline/model/tokenizer_components.hpp"
#include "pipeline/model/tokenizer_unicode.hpp"

namespace vrp {
namespace {

constexpr char32_t kFirstMark = 0x300;  // text before it is in form C already

bool is_unknown(char32_t code) {
  const auto ranges = unknown_to_nfc();
  const auto found =
      std::lower_bound(ranges.begin(), ranges.end(), code,
                       [](const CodeRange& range, char32_t value) { return range.last < value; });
  return found != ranges.end() && found->first <= code;
}

void append_nfc(std::string_view text, std::string& out) {
  if (text.empty()) return;
  utf8proc_uint8_t* result = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &result,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  if (size < 0) fail("normalisation form C of a text: utf8proc says '", utf8proc_errmsg(size), "'");
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(result, &std::free);
  out.append(reinterpret_cast<const char*>(result), static_cast<std::size_t>(size));
}

class Nfc : public Normalizer {
 public:
  void apply(std::string& text) const override {
    std::string out;
    std::size_t done = 0;
    bool is_plain = true;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = character_length(text, at);
      const char32_t code = code_point(text, at);
      is_plain = is_plain && code < kFirstMark;
      if (code >= kFirstMark && is_unknown(code)) {  // nothing passes it and nothing joins with it
        append_nfc(std::string_view(text).substr(done, at - done), out);
        out.append(text, at, length);
        done = at + length;
      }
      at += length;
    }
    if (is_plain) return;
    append_nfc(std::string_view(text).substr(done), out);
    text = std::move(out);
  }
};

}  // namespace

std::unique_ptr<Normalizer> make_nfc() { return std::make_unique<Nfc>(); }

}  // namespace vrp
