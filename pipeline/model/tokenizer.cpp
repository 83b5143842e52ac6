// A tokenizer.json run as written: added tokens off first, then normaliser, pre-tokenizer, model
// and post-processor; and back. Semantics: Hugging Face tokenizers 0.2x.
#include "pipeline/model/tokenizer.hpp"

#include <optional>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/tokenizer_added.hpp"
#include "pipeline/model/tokenizer_bpe.hpp"
#include "pipeline/model/tokenizer_components.hpp"
#include "pipeline/model/tokenizer_file.hpp"

namespace vrp {
namespace {

const Json& part(const Json& json, const char* field) {
  static const Json kNull;
  return json.contains(field) ? json.at(field) : kNull;
}

/// Ids that the post-processor puts before and after one text.
struct Frame {
  std::vector<std::int32_t> before, after;
};

/// Appends the ids of one special token of a TemplateProcessing.
void add_special(const Json& processor, const std::string& name, std::vector<std::int32_t>& ids,
                 const std::string& where) {
  const std::string here = where + ": post_processor";
  const Json& special = json_at(json_at(processor, "special_tokens", here), name.c_str(), here);
  const Json& list = json_at(special, "ids", here);
  if (!list.is_array()) fail(here, ": ids of '", excerpt(name), "' are no list");
  for (const Json& id : list) {
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() > INT32_MAX) {
      fail(here, ": id of '", excerpt(name), "' is ", excerpt(id.dump()),
           ", expected a whole number in 0..2^31-1");
    }
    ids.push_back(static_cast<std::int32_t>(id.get<std::uint64_t>()));
  }
}

Frame parse_post_processor(const Json& processor, const std::string& where) {
  Frame frame;
  if (processor.is_null()) return frame;
  const std::string type = component_type(processor, where + ": post_processor");
  if (type == "Sequence") {
    const Json& steps = json_at(processor, "processors", where);
    if (!steps.is_array()) fail(where, ": field 'processors' is no list");
    for (const Json& step : steps) {
      const Frame inner = parse_post_processor(step, where);
      frame.before.insert(frame.before.begin(), inner.before.begin(), inner.before.end());
      frame.after.insert(frame.after.end(), inner.after.begin(), inner.after.end());
    }
    return frame;
  }
  if (type == "ByteLevel") return frame;  // it moves offsets only
  if (type != "TemplateProcessing") {
    refuse_component("post_processor", type, "Sequence, TemplateProcessing, ByteLevel", where);
  }
  const Json& steps = json_at(processor, "single", where + ": post_processor");
  if (!steps.is_array()) fail(where, ": field 'post_processor.single' is no list");
  int sequences = 0;
  for (const Json& step : steps) {
    if (step.is_object() && step.contains("Sequence")) {
      ++sequences;
    } else {
      const Json& special = json_at(step, "SpecialToken", where + ": post_processor.single");
      add_special(processor, json_text(special, "id", where + ": post_processor.single"),
                  sequences == 0 ? frame.before : frame.after, where);
    }
  }
  if (sequences != 1) {
    fail(where, ": post_processor.single holds ", sequences, " sequences, expected one");
  }
  return frame;
}

}  // namespace

struct Tokenizer::Impl {
  Impl(const Json& json, ModelLists lists, const std::string& where)
      : normalizer(parse_normalizer(part(json, "normalizer"), where)),
        pre_tokenizer(parse_pre_tokenizer(part(json, "pre_tokenizer"), where)),
        model(json_at(json, "model", where), std::move(lists), where),
        added(part(json, "added_tokens"), model, *normalizer, where),
        frame(parse_post_processor(part(json, "post_processor"), where)),
        decoder(parse_decoder(part(json, "decoder"), where)) {}

  /// Ids of a piece without added tokens of either kind; it is normalised already.
  void encode_piece(std::string_view text, bool at_start, std::vector<std::int32_t>& ids) const {
    std::vector<Piece> pieces;
    pieces.push_back({std::string(text), at_start});
    for (const auto& word : pre_tokenizer->apply(std::move(pieces))) model.encode(word.text, ids);
  }

  std::optional<std::string_view> token(std::int32_t id) const {
    const AddedToken* one = added.by_id(id);
    return one != nullptr ? one->text : model.token(id);
  }

  std::unique_ptr<Normalizer> normalizer;
  std::unique_ptr<PreTokenizer> pre_tokenizer;
  Bpe model;
  AddedTokens added;
  Frame frame;
  std::unique_ptr<Decoder> decoder;
};

Tokenizer Tokenizer::load(const std::filesystem::path& checkpoint) {
  const auto path = checkpoint / "tokenizer.json";
  TokenizerFile file = read_tokenizer_file(path);
  return Tokenizer(std::make_unique<Impl>(file.json, std::move(file.lists), path.string()));
}

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

std::vector<std::int32_t> Tokenizer::encode(std::string_view text, bool special) const {
  std::size_t bad = 0;
  if (!valid_utf8(text, &bad)) fail("text to tokenize: invalid UTF-8 at byte ", bad);
  std::vector<std::int32_t> ids;
  if (special) ids = impl_->frame.before;
  for (const auto& outer : impl_->added.cut(text, false)) {
    if (outer.id >= 0) {
      ids.push_back(outer.id);
      continue;
    }
    std::string normal(outer.text);
    impl_->normalizer->apply(normal);
    const bool first = outer.text.data() == text.data();
    for (const auto& inner : impl_->added.cut(normal, true)) {
      if (inner.id >= 0) {
        ids.push_back(inner.id);
      } else {
        impl_->encode_piece(inner.text, first && inner.text.data() == normal.data(), ids);
      }
    }
  }
  if (special) ids.insert(ids.end(), impl_->frame.after.begin(), impl_->frame.after.end());
  return ids;
}

std::string Tokenizer::decode(const std::vector<std::int32_t>& ids, bool skip_special) const {
  std::vector<std::string> tokens;
  for (const std::int32_t id : ids) {
    const auto token = impl_->token(id);
    if (!token) continue;  // rows without a token decode to nothing
    if (!skip_special || !impl_->added.is_special(*token)) tokens.emplace_back(*token);
  }
  if (impl_->decoder == nullptr) return join(tokens, " ");
  return join(impl_->decoder->apply(std::move(tokens)), "");
}

std::int32_t Tokenizer::token_id(std::string_view token) const {
  const std::int32_t added = impl_->added.id(token);
  return added >= 0 ? added : impl_->model.id(token);
}

std::size_t Tokenizer::size() const {
  std::size_t count = impl_->model.size();
  for (const auto& token : impl_->added.all()) {
    if (!impl_->model.token(token.id)) ++count;
  }
  return count;
}

}  // namespace vrp
