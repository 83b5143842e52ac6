#include "pipeline/model/tokenizer_pattern.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/tokenizer_components.hpp"
#include "pipeline/model/tokenizer_dialect.hpp"

namespace vrp {
namespace {

/// Steps of backtracking for the first attempt at a place; ten times more for each further one.
constexpr std::uint32_t kFirstLimit = 10'000;
/// Steps that attempts may waste on one text before it is given up: about a second.
constexpr std::uint32_t kAllSteps = 20'000'000;
constexpr std::uint32_t kHeapKib = 256 * 1024;  // where the interpreter keeps its backtracking

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Code = std::unique_ptr<pcre2_code, Freed<pcre2_code_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Freed<pcre2_match_data_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Freed<pcre2_match_context_free>>;
using CompileContext = std::unique_ptr<pcre2_compile_context, Freed<pcre2_compile_context_free>>;

std::string pcre2_message(int code) {
  PCRE2_UCHAR text[200] = "";
  pcre2_get_error_message(code, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

class Literal : public Pattern {
 public:
  explicit Literal(std::string text) : text_(std::move(text)) {}
  std::vector<Span> find(std::string_view text) const override {
    std::vector<Span> spans;
    std::size_t done = 0;
    for (auto at = text.find(text_); at != text.npos; at = text.find(text_, done)) {
      if (at > done) spans.push_back({done, at, false});
      done = at + text_.size();
      spans.push_back({at, done, true});
    }
    if (done < text.size()) spans.push_back({done, text.size(), false});
    return spans;
  }

 private:
  std::string text_;
};

class Regex : public Pattern {
 public:
  Regex(std::string_view expression, const std::string& where)
      : name_(concat(where, ": regular expression '", excerpt(expression), "'")) {
    const std::string own = pcre2_pattern(expression, where);
    const CompileContext context(pcre2_compile_context_create(nullptr));
    pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context.get(), 100);
    int error = 0;
    std::size_t offset = 0;
    // Without two optimizations that gain little here and are wrong in PCRE2 10.42: the search for
    // a start misses a match of (?>a+?)b in "aab" (with the just-in-time compiler), automatic
    // possession one of a*(?>b?)a in "a".
    constexpr auto kOptions =
        PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NO_START_OPTIMIZE | PCRE2_NO_AUTO_POSSESS;
    code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(own.data()), own.size(), kOptions,
                              &error, &offset, context.get()));
    if (code_ == nullptr) {
      fail(name_, " cannot be used: PCRE2 says '", pcre2_message(error), "' at '",
           excerpt(std::string_view(own).substr(std::min(offset, own.size())), 20), "'");
    }
    // Where there is no just-in-time compiler, the interpreter gives the same matches.
    pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE);
  }

  /// The order of attempts is that of Oniguruma's find_iter, empty matches included.
  std::vector<Span> find(std::string_view text) const override {
    std::vector<Span> spans;
    Search search(*this, text);
    std::size_t done = 0, at = 0;
    std::optional<std::size_t> last_match;
    while (at <= text.size()) {
      const auto match = search.next(at);
      if (!match) break;
      const auto [begin, end] = *match;
      if (begin == end && last_match == end) {
        at += at < text.size() ? character_length(text, at) : 1;
        continue;
      }
      if (begin > done) spans.push_back({done, begin, false});
      spans.push_back({begin, end, true});
      done = at = end;
      last_match = end;
    }
    if (done < text.size()) spans.push_back({done, text.size(), false});
    return spans;
  }

 private:
  /// The attempts on one text, which share a budget of steps.
  class Search {
   public:
    Search(const Regex& regex, std::string_view text)
        : regex_(regex),
          text_(text),
          data_(pcre2_match_data_create(1, nullptr)),
          context_(pcre2_match_context_create(nullptr)) {
      if (data_ == nullptr || context_ == nullptr) throw std::bad_alloc();
      pcre2_set_heap_limit(context_.get(), kHeapKib);
    }

    using Match = std::optional<std::pair<std::size_t, std::size_t>>;

    /// The leftmost match from `from` on. PCRE2 limits the steps of each place where a match may
    /// begin, so a search that meets the limit goes on place by place and counts what it wastes.
    Match next(std::size_t from) {
      int found = attempt(from, 0, kFirstLimit);
      for (std::size_t place = from; found == PCRE2_ERROR_MATCHLIMIT;) {
        found = attempt_at(place);
        if (found != PCRE2_ERROR_NOMATCH || place == text_.size()) break;
        place += character_length(text_, place);
        found = PCRE2_ERROR_MATCHLIMIT;
      }
      if (found == PCRE2_ERROR_NOMATCH) return std::nullopt;
      const std::size_t* ends = pcre2_get_ovector_pointer(data_.get());
      return std::pair(ends[0], ends[1]);
    }

   private:
    int attempt_at(std::size_t place) {
      std::uint32_t limit = kFirstLimit;
      for (;;) {
        const int found = attempt(place, PCRE2_ANCHORED, limit);
        if (found != PCRE2_ERROR_MATCHLIMIT) return found;
        left_ -= limit;
        if (left_ == 0) {
          fail(regex_.name_, " takes over ", kAllSteps, " steps of backtracking on a text of ",
               text_.size(), " bytes");
        }
        limit = std::min(10 * limit, left_);
      }
    }

    /// A number >= 0 for a match, or NOMATCH or MATCHLIMIT.
    int attempt(std::size_t from, std::uint32_t options, std::uint32_t limit) {
      pcre2_set_match_limit(context_.get(), limit);
      if (checked_) options |= PCRE2_NO_UTF_CHECK;
      const auto run = [&] {
        return pcre2_match(regex_.code_.get(), reinterpret_cast<PCRE2_SPTR>(text_.data()),
                           text_.size(), from, options, data_.get(), context_.get());
      };
      int found = run();
      if (found == PCRE2_ERROR_JIT_STACKLIMIT) {
        options |= PCRE2_NO_JIT;  // the interpreter has more room
        found = run();
      }
      if (found < 0 && found != PCRE2_ERROR_NOMATCH && found != PCRE2_ERROR_MATCHLIMIT) {
        fail(regex_.name_, " failed on a text of ", text_.size(), " bytes: ", pcre2_message(found));
      }
      checked_ = true;
      return found;
    }

    const Regex& regex_;
    std::string_view text_;
    MatchData data_;
    MatchContext context_;
    std::uint32_t left_ = kAllSteps;
    bool checked_ = false;  // that the text is UTF-8
  };

  std::string name_;
  Code code_;
};

}  // namespace

std::unique_ptr<Pattern> make_regex(std::string_view expression, const std::string& where) {
  return std::make_unique<Regex>(expression, where);
}

std::unique_ptr<Pattern> parse_pattern(const Json& json, const std::string& where) {
  if (json.is_object() && json.contains("Regex")) {
    const std::string expression = json_text(json, "Regex", where);
    if (expression.empty()) fail(where, ": field 'Regex' is empty, expected a pattern");
    return make_regex(expression, where);
  }
  const std::string text = json_text(json, "String", where);
  if (text.empty()) fail(where, ": field 'String' is empty, expected at least one character");
  return std::make_unique<Literal>(text);
}

}  // namespace vrp
