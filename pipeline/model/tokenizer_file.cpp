#include "pipeline/model/tokenizer_file.hpp"

#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json_events.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

/// Builds the JSON value from the events, and takes aside what lies in model.vocab and
/// model.merges.
class Reader final : public JsonEvents {
 public:
  Reader(TokenizerFile& file, const std::string& where)
      : json_(file.json), lists_(file.lists), where_(where) {}

  bool null() override { return value(nullptr); }
  bool boolean(bool v) override { return value(v); }
  bool number_integer(Json::number_integer_t v) override { return value(v); }
  bool number_unsigned(Json::number_unsigned_t v) override {
    if (in_ != In::vocabulary || v > INT32_MAX) return value(v);
    lists_.tokens.add(key_);
    lists_.ids.push_back(static_cast<std::int32_t>(v));
    return true;
  }
  bool number_float(Json::number_float_t v, const std::string&) override { return value(v); }
  bool string(std::string& v) override {
    if (in_ == In::merges) {
      merge(v);
      return true;
    }
    return value(std::move(v));
  }
  bool key(std::string& v) override {
    key_ = std::move(v);
    return true;
  }

  bool start_object(std::size_t) override {
    if (in_ != In::rest) refuse("an object");
    if (open_.size() == 1 && key_ == "model") start_vocabulary(), start_merges();  // a second one
    if (at_model("vocab")) {
      start_vocabulary();
      lists_.has_vocabulary = true;
      in_ = In::vocabulary;
    } else {
      open_.push_back(put(Json::object()));
    }
    return true;
  }
  bool end_object() override {
    if (in_ == In::vocabulary) {
      in_ = In::rest;
    } else {
      close();
    }
    return true;
  }
  bool start_array(std::size_t) override {
    if (in_ == In::vocabulary || in_pair_) refuse("a list");
    if (in_ == In::merges) {
      in_pair_ = true;
    } else if (at_model("merges")) {
      start_merges();
      lists_.has_merges = true;
      in_ = In::merges;
    } else {
      open_.push_back(put(Json::array()));
    }
    return true;
  }
  bool end_array() override {
    if (in_pair_) {
      if (pair_.size() != 2) refuse(Json(pair_).dump());
      add_merge(pair_[0], pair_[1]);
      pair_.clear();
      in_pair_ = false;
    } else if (in_ == In::merges) {
      in_ = In::rest;
    } else {
      close();
    }
    return true;
  }

 private:
  enum class In { rest, vocabulary, merges };

  bool at_model(const char* field) const {
    return open_.size() == 2 && model_ == open_.back() && key_ == field;
  }
  void start_vocabulary() {
    lists_.tokens.clear();
    lists_.ids.clear();
    lists_.has_vocabulary = false;
  }
  void start_merges() {
    lists_.merges.clear();
    lists_.has_merges = false;
  }

  bool value(Json v) {
    if (in_ != In::rest) refuse(v.dump());
    put(std::move(v));
    return true;
  }
  Json* put(Json v) {
    if (open_.empty()) return &(json_ = std::move(v));
    Json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(v));
      return &parent.back();
    }
    Json* place = &(parent[key_] = std::move(v));
    if (open_.size() == 1 && key_ == "model") model_ = place;
    return place;
  }
  void close() { open_.pop_back(); }

  void merge(const std::string& text) {
    if (in_pair_) {
      pair_.push_back(text);
      return;
    }
    if (text.starts_with("#version")) return;  // the first line of a merges.txt
    const auto space = text.find(' ');
    if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) {
      refuse(Json(text).dump());
    }
    const std::string_view view = text;
    add_merge(view.substr(0, space), view.substr(space + 1));
  }
  void add_merge(std::string_view left, std::string_view right) {
    lists_.merges.add(left);
    lists_.merges.add(right);
  }

  /// A value that is neither an id nor a merge.
  [[noreturn]] void refuse(const std::string& found) const {
    if (in_ == In::vocabulary) {
      fail(where_, ": token '", excerpt(key_), "' has id ", excerpt(found),
           ", expected a whole number in 0..2^31-1");
    }
    fail(where_, ": merge ", lists_.merges.size() / 2, " is ", excerpt(found),
         ", expected \"left right\" or [\"left\", \"right\"]");
  }

  Json& json_;
  ModelLists& lists_;
  const std::string& where_;
  In in_ = In::rest;
  std::vector<Json*> open_;  // objects and lists of json_ that are not complete
  const Json* model_ = nullptr;
  std::string key_;
  bool in_pair_ = false;
  std::vector<std::string> pair_;
};

}  // namespace

void TextList::add(std::string_view text) {
  if (bytes_.size() + text.size() > UINT32_MAX) fail("list of tokens or merges over 4 GiB of text");
  bytes_.append(text);
  ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
}

void TextList::clear() {
  bytes_.clear();
  ends_.clear();
}

TokenizerFile read_tokenizer_file(const std::filesystem::path& path) {
  TokenizerFile file;
  const std::string where = path.string();
  Reader reader(file, where);
  parse_json_events(read_text(path), where, reader);
  if (!file.json.is_object()) {
    fail(where, ": holds ", file.json.type_name(), ", expected an object");
  }
  return file;
}

}  // namespace vrp
