// Normalisers, with the semantics of the Hugging Face tokenizers library.
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/tokenizer_components.hpp"

namespace vrp {
namespace {

/// Puts a text before every piece that is not empty.
class Prepend : public Normalizer {
 public:
  explicit Prepend(std::string prefix) : prefix_(std::move(prefix)) {}
  void apply(std::string& text) const override {
    if (!text.empty()) text.insert(0, prefix_);
  }

 private:
  std::string prefix_;
};

class Replace : public Normalizer {
 public:
  Replace(std::string from, std::string to) : from_(std::move(from)), to_(std::move(to)) {}
  void apply(std::string& text) const override { replace_all(text, from_, to_); }

 private:
  std::string from_, to_;
};

class NormalizerSequence : public Normalizer {
 public:
  void add(std::unique_ptr<Normalizer> step) { steps_.push_back(std::move(step)); }
  void apply(std::string& text) const override {
    for (const auto& step : steps_) step->apply(text);
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> steps_;
};

}  // namespace

std::unique_ptr<Normalizer> parse_normalizer(const Json& json, const std::string& where) {
  if (json.is_null()) return std::make_unique<NormalizerSequence>();
  const std::string type = component_type(json, where);
  if (type == "Prepend") return std::make_unique<Prepend>(json_text(json, "prepend", where));
  if (type == "Replace") {
    return std::make_unique<Replace>(string_pattern(json, where),
                                     json_text(json, "content", where));
  }
  if (type == "NFC") return make_nfc();
  if (type == "Sequence") {
    auto sequence = std::make_unique<NormalizerSequence>();
    const Json& steps = json_at(json, "normalizers", where);
    if (!steps.is_array()) fail(where, ": field 'normalizers' is no list");
    for (const Json& step : steps) sequence->add(parse_normalizer(step, where));
    return sequence;
  }
  refuse_component("normalizer", type, "Sequence, Prepend, Replace, NFC", where);
}

}  // namespace vrp
