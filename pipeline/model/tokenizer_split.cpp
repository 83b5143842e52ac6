// The Split pre-tokenizer, with the semantics of the Hugging Face tokenizers library.
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/tokenizer_components.hpp"
#include "pipeline/model/tokenizer_pattern.hpp"

namespace vrp {
namespace {

enum class Behavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

/// What becomes of the matches: each behaviour joins spans or drops them.
std::vector<Span> joined(const std::vector<Span>& spans, Behavior behavior) {
  std::vector<Span> out;
  bool previous = false;  // was the span before a match?
  const auto each = [&](const Span& span) {
    bool join = false;
    switch (behavior) {
      case Behavior::removed:
        if (span.is_match) return;
        break;
      case Behavior::isolated:
        break;
      case Behavior::contiguous:
        join = span.is_match == previous;
        break;
      case Behavior::merged_with_previous:
      case Behavior::merged_with_next:
        join = span.is_match && !previous;
        break;
    }
    previous = span.is_match;
    if (!join || out.empty()) {
      out.push_back(span);
    } else if (behavior == Behavior::merged_with_next) {
      out.back().begin = span.begin;
    } else {
      out.back().end = span.end;
    }
  };
  if (behavior == Behavior::merged_with_next) {  // the same from the end
    for (auto span = spans.rbegin(); span != spans.rend(); ++span) each(*span);
    return {out.rbegin(), out.rend()};
  }
  for (const Span& span : spans) each(span);
  return out;
}

class Split : public PreTokenizer {
 public:
  Split(std::unique_ptr<Pattern> pattern, Behavior behavior, bool invert)
      : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}

  std::vector<Piece> apply(std::vector<Piece> pieces) const override {
    std::vector<Piece> out;
    for (const Piece& piece : pieces) {
      auto spans = pattern_->find(piece.text);
      if (invert_) {
        for (Span& span : spans) span.is_match = !span.is_match;
      }
      for (const Span& span : joined(spans, behavior_)) {
        if (span.begin == span.end) continue;
        out.push_back({piece.text.substr(span.begin, span.end - span.begin),
                       piece.at_start && span.begin == 0});
      }
    }
    return out;
  }

 private:
  std::unique_ptr<Pattern> pattern_;
  Behavior behavior_;
  bool invert_;
};

}  // namespace

std::unique_ptr<PreTokenizer> parse_split(const Json& json, const std::string& where) {
  static constexpr std::pair<const char*, Behavior> kBehaviors[] = {
      {"Removed", Behavior::removed},
      {"Isolated", Behavior::isolated},
      {"MergedWithPrevious", Behavior::merged_with_previous},
      {"MergedWithNext", Behavior::merged_with_next},
      {"Contiguous", Behavior::contiguous}};
  const std::string here = where + ": pre_tokenizer Split";
  const std::string name = json_text(json, "behavior", here);
  for (const auto& [known, behavior] : kBehaviors) {
    if (name != known) continue;
    return std::make_unique<Split>(parse_pattern(json_at(json, "pattern", here), here), behavior,
                                   flag_of(json, "invert", here));
  }
  fail(here, ": field 'behavior' is '", excerpt(name),
       "', expected Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
}

}  // namespace vrp
