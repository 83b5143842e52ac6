// Pre-tokenizers, with the semantics of the Hugging Face tokenizers library.
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/tokenizer_components.hpp"

namespace vrp {
namespace {

/// Spaces become `mark`; a mark is put before the first piece, every piece or none; with `split` a
/// new piece begins at every mark.
class Metaspace : public PreTokenizer {
 public:
  enum class Scheme { first, always, never };
  Metaspace(std::string mark, Scheme scheme, bool split)
      : mark_(std::move(mark)), scheme_(scheme), split_(split) {}

  std::vector<Piece> apply(std::vector<Piece> pieces) const override {
    std::vector<Piece> out;
    for (auto& piece : pieces) {
      replace_all(piece.text, " ", mark_);
      const bool prepend =
          scheme_ == Scheme::always || (scheme_ == Scheme::first && piece.at_start);
      if (prepend && !piece.text.empty() && !piece.text.starts_with(mark_)) {
        piece.text.insert(0, mark_);
      }
      if (!split_) {
        out.push_back(std::move(piece));
        continue;
      }
      std::size_t begin = 0;
      while (begin < piece.text.size()) {
        const std::size_t next = piece.text.find(mark_, begin + 1);
        const std::size_t end = next == std::string::npos ? piece.text.size() : next;
        out.push_back({piece.text.substr(begin, end - begin), piece.at_start && begin == 0});
        begin = end;
      }
    }
    return out;
  }

 private:
  std::string mark_;
  Scheme scheme_;
  bool split_;
};

class PreTokenizerSequence : public PreTokenizer {
 public:
  void add(std::unique_ptr<PreTokenizer> step) { steps_.push_back(std::move(step)); }
  std::vector<Piece> apply(std::vector<Piece> pieces) const override {
    for (const auto& step : steps_) pieces = step->apply(std::move(pieces));
    return pieces;
  }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> steps_;
};

std::unique_ptr<PreTokenizer> parse_metaspace(const Json& json, const std::string& where) {
  using Scheme = Metaspace::Scheme;
  Scheme scheme = Scheme::always;
  if (json.contains("prepend_scheme") && !json.at("prepend_scheme").is_null()) {
    const std::string text = json_text(json, "prepend_scheme", where);
    if (text != "first" && text != "always" && text != "never") {
      fail(where, ": field 'prepend_scheme' is '", excerpt(text),
           "', expected first, always or never");
    }
    scheme = text == "first" ? Scheme::first : text == "always" ? Scheme::always : Scheme::never;
  } else if (!flag_of(json, "add_prefix_space", true, where)) {
    scheme = Scheme::never;
  }
  return std::make_unique<Metaspace>(one_character(json, "replacement", where), scheme,
                                     flag_of(json, "split", true, where));
}

}  // namespace

std::unique_ptr<PreTokenizer> parse_pre_tokenizer(const Json& json, const std::string& where) {
  if (json.is_null()) return std::make_unique<PreTokenizerSequence>();
  const std::string type = component_type(json, where);
  if (type == "Metaspace") return parse_metaspace(json, where);
  if (type == "Split") return parse_split(json, where);
  if (type == "ByteLevel") return parse_byte_level(json, where);
  if (type == "Sequence") {
    auto sequence = std::make_unique<PreTokenizerSequence>();
    const Json& steps = json_at(json, "pretokenizers", where);
    if (!steps.is_array()) fail(where, ": field 'pretokenizers' is no list");
    for (const Json& step : steps) sequence->add(parse_pre_tokenizer(step, where));
    return sequence;
  }
  refuse_component("pre_tokenizer", type, "Sequence, Metaspace, Split, ByteLevel", where);
}

}  // namespace vrp
