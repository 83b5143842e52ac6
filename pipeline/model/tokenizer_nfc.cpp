// Normalisation form C by utf8proc, restricted to the characters that the reference library knows.
#include <utf8proc.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <vector>

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

int combining_class(utf8proc_int32_t code) { return utf8proc_get_property(code)->combining_class; }

/// utf8proc's own ordering of marks takes quadratic time in a run of them; this sorts each run.
void order_marks(std::vector<utf8proc_int32_t>& codes) {
  for (auto begin = codes.begin(); begin != codes.end();) {
    const auto is_mark = [](utf8proc_int32_t code) { return combining_class(code) != 0; };
    const auto run = std::find_if(begin, codes.end(), is_mark);
    const auto end = std::find_if_not(run, codes.end(), is_mark);
    std::stable_sort(run, end, [](utf8proc_int32_t left, utf8proc_int32_t right) {
      return combining_class(left) < combining_class(right);
    });
    begin = end;
  }
}

void append_nfc(std::string_view text, std::string& out) {
  constexpr auto kForm = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  std::vector<utf8proc_int32_t> codes;
  for (std::size_t at = 0; at < text.size(); at += character_length(text, at)) {
    utf8proc_int32_t parts[8];  // a canonical decomposition has at most four
    const auto n = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code_point(text, at)),
                                           parts, std::ssize(parts), kForm, nullptr);
    if (n < 0 || n > std::ssize(parts)) fail("text: ", utf8proc_errmsg(n), " at byte ", at);
    codes.insert(codes.end(), parts, parts + n);
  }
  order_marks(codes);
  const auto n = utf8proc_normalize_utf32(codes.data(), std::ssize(codes), kForm);
  if (n < 0) fail("normalisation form C of a text: utf8proc says '", utf8proc_errmsg(n), "'");
  codes.resize(static_cast<std::size_t>(n));
  for (const auto code : codes) append_utf8(out, static_cast<char32_t>(code));
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
