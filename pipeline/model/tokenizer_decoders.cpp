// Decoders, with the semantics of the Hugging Face tokenizers library.
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/tokenizer_components.hpp"

namespace vrp {
namespace {

constexpr const char* kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

class ReplaceDecoder : public Decoder {
 public:
  ReplaceDecoder(std::string from, std::string to) : from_(std::move(from)), to_(std::move(to)) {}
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    for (auto& token : tokens) replace_all(token, from_, to_);
    return tokens;
  }

 private:
  std::string from_, to_;
};

/// "<0xE2>" -> 0xE2, anything else -> -1.
int byte_of(const std::string& token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
  int value = 0;
  for (const char c : {token[3], token[4]}) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/// A run of byte tokens becomes its text; when it is not valid UTF-8 as a whole, one U+FFFD a byte.
class ByteFallback : public Decoder {
 public:
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    std::vector<std::string> out;
    std::string run;
    const auto flush = [&] {
      if (valid_utf8(run)) {
        if (!run.empty()) out.push_back(run);
      } else {
        out.insert(out.end(), run.size(), kReplacementCharacter);
      }
      run.clear();
    };
    for (auto& token : tokens) {
      const int byte = byte_of(token);
      if (byte >= 0) {
        run.push_back(static_cast<char>(byte));
      } else {
        flush();
        out.push_back(std::move(token));
      }
    }
    flush();
    return out;
  }
};

class Fuse : public Decoder {
 public:
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    return {join(tokens, "")};
  }
};

/// Takes up to `start` times `content` off the beginning of each token and `stop` times off its
/// end.
class Strip : public Decoder {
 public:
  Strip(std::string content, std::int64_t start, std::int64_t stop)
      : content_(std::move(content)), start_(start), stop_(stop) {}
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    for (auto& token : tokens) {
      for (auto i = start_; i > 0 && token.starts_with(content_); --i) {
        token.erase(0, content_.size());
      }
      for (auto i = stop_; i > 0 && token.ends_with(content_); --i) {
        token.erase(token.size() - content_.size());
      }
    }
    return tokens;
  }

 private:
  std::string content_;
  std::int64_t start_, stop_;
};

/// Marks become spaces; those of the first token vanish unless the scheme is "never".
class MetaspaceDecoder : public Decoder {
 public:
  MetaspaceDecoder(std::string mark, bool prefix) : mark_(std::move(mark)), prefix_(prefix) {}
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      replace_all(tokens[i], mark_, i == 0 && prefix_ ? "" : " ");
    }
    return tokens;
  }

 private:
  std::string mark_;
  bool prefix_;
};

class DecoderSequence : public Decoder {
 public:
  void add(std::unique_ptr<Decoder> step) { steps_.push_back(std::move(step)); }
  std::vector<std::string> apply(std::vector<std::string> tokens) const override {
    for (const auto& step : steps_) tokens = step->apply(std::move(tokens));
    return tokens;
  }

 private:
  std::vector<std::unique_ptr<Decoder>> steps_;
};

std::unique_ptr<Decoder> parse_metaspace(const Json& json, const std::string& where) {
  bool prefix = true;
  if (json.contains("prepend_scheme") && !json.at("prepend_scheme").is_null()) {
    prefix = json_text(json, "prepend_scheme", where) != "never";
  } else if (json.contains("add_prefix_space")) {
    prefix = json.at("add_prefix_space") != false;
  }
  return std::make_unique<MetaspaceDecoder>(one_character(json, "replacement", where), prefix);
}

std::int64_t count(const Json& json, const char* field, const std::string& where) {
  const auto value = json_integer(json, field, where);
  if (value < 0) fail(where, ": field '", field, "' is ", value, ", expected 0 or more");
  return value;
}

}  // namespace

std::unique_ptr<Decoder> parse_decoder(const Json& json, const std::string& where) {
  if (json.is_null()) return nullptr;
  const std::string type = component_type(json, where);
  if (type == "Replace") {
    return std::make_unique<ReplaceDecoder>(string_pattern(json, where),
                                            json_text(json, "content", where));
  }
  if (type == "ByteFallback") return std::make_unique<ByteFallback>();
  if (type == "ByteLevel") return make_byte_level_decoder();
  if (type == "Fuse") return std::make_unique<Fuse>();
  if (type == "Strip") {
    return std::make_unique<Strip>(one_character(json, "content", where),
                                   count(json, "start", where), count(json, "stop", where));
  }
  if (type == "Metaspace") return parse_metaspace(json, where);
  if (type == "Sequence") {
    auto sequence = std::make_unique<DecoderSequence>();
    const Json& steps = json_at(json, "decoders", where);
    if (!steps.is_array()) fail(where, ": field 'decoders' is no list");
    for (const Json& step : steps) {
      auto decoder = parse_decoder(step, where);
      if (decoder == nullptr) fail(where, ": field 'decoders' holds null, expected decoders");
      sequence->add(std::move(decoder));
    }
    return sequence;
  }
  refuse_component("decoder", type,
                   "Sequence, Replace, ByteFallback, ByteLevel, Fuse, Strip, Metaspace", where);
}

}  // namespace vrp
