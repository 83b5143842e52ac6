#include "pipeline/items/json_stream.hpp"

#include <fstream>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/json_stream_sax.hpp"

namespace vrp {
namespace {

constexpr int kMaxDepth = 200;
constexpr std::size_t kBlock = 1 << 20;

const char* kind_of(const Json& value) {
  return value.is_object() ? "an object" : value.is_array() ? "a list" : value.type_name();
}

/// "parse error at line 3, column 7: ..." -> "line 3, column 7".
std::string line_and_column(const std::string& what, std::size_t position) {
  const auto begin = what.find("line ");
  const auto end = what.find(':', begin);
  if (begin == std::string::npos || end == std::string::npos) return concat("byte ", position);
  return what.substr(begin, end - begin);
}

}  // namespace

Json* JsonValueBuilder::put(Json value) {
  if (open_.empty()) {
    root_ = std::move(value);
    return &root_;
  }
  Json& parent = *open_.back();
  if (parent.is_array()) {
    parent.push_back(std::move(value));
    return &parent.back();
  }
  return &(parent[key_] = std::move(value));
}

void JsonValueBuilder::open(Json empty) {
  Json* const opened = put(std::move(empty));
  open_.push_back(opened);
}

std::string JsonStreamSax::where() const {
  if (target_ == JsonTarget::members) return concat(file_, ": '", excerpt(member_), "'");
  return concat(file_, ": ", key_, "[", next_, "]");
}

void JsonStreamSax::check_document(const Json& value) const {
  const bool list = target_ == JsonTarget::list && key_.empty();
  if (list ? value.is_array() : value.is_object()) return;
  fail(file_, ": the document is ", kind_of(value), ", expected ", list ? "a list" : "an object");
}

bool JsonStreamSax::key(string_t& name) {
  if (building() && !builder_.done()) {
    builder_.key(std::move(name));
  } else if (depth_ == 1) {
    member_ = name;
    if (!members_.insert(name).second) {
      fail(file_, ": '", excerpt(name), "' was there before; its names must be unique");
    }
    in_target_ = target_ == JsonTarget::members || (target_ == JsonTarget::list && member_ == key_);
    list_depth_ = target_ == JsonTarget::members ? 1 : 2;
    seen_target_ |= in_target_;
  }
  return true;
}

bool JsonStreamSax::open(Json empty) {
  if (depth_ == 0) {
    check_document(empty);
    if (empty.is_array()) {  // the document is the list
      in_target_ = seen_target_ = true;
      list_depth_ = 1;
    }
  } else if (building()) {
    builder_.open(std::move(empty));
  } else if (in_target_ && depth_ == 1 && !empty.is_array()) {
    fail(file_, ": '", key_, "' is an object, expected a list");
  }
  if (++depth_ > kMaxDepth)
    fail(in_target_ ? where() : file_, ": JSON nested deeper than ", kMaxDepth);
  return true;
}

bool JsonStreamSax::close() {
  --depth_;
  if (building() && !builder_.done()) {
    builder_.close();
    if (builder_.done()) hand_out();
  } else if (depth_ == 1) {
    in_target_ = false;  // the end of a member
  }
  return true;
}

bool JsonStreamSax::scalar(Json value) {
  if (depth_ == 0) check_document(value);
  if (building()) {
    builder_.scalar(std::move(value));
    if (builder_.done()) hand_out();
  } else if (in_target_) {
    fail(file_, ": '", key_, "' is ", excerpt(value.dump()), ", expected a list");
  } else if (depth_ == 1) {
    scalars_[member_] = std::move(value);
  }
  return true;
}

void JsonStreamSax::hand_out() {
  JsonElement element{builder_.take(), where(),
                      target_ == JsonTarget::members ? member_ : std::string(), next_};
  ++next_;
  on_element_(element);
}

bool JsonStreamSax::parse_error(std::size_t position, const std::string& token,
                                const nlohmann::json::exception& error) {
  const std::string what = error.what();
  const bool nothing = depth_ == 0 && members_.empty() && !seen_target_;
  if (nothing && what.find("unexpected end of input") != std::string::npos) {
    fail(file_, ": the file is empty");
  }
  const bool utf8 = what.find("UTF-8") != std::string::npos;
  const std::string inside = in_target_ ? concat(", in ", where().substr(file_.size() + 2)) : "";
  fail(file_, ": ", utf8 ? "invalid UTF-8" : "malformed JSON", " at ",
       line_and_column(what, position), inside, ", near '", excerpt(token, 30), "'");
}

void JsonStreamSax::finish() const {
  if (target_ == JsonTarget::scalars) return;
  if (target_ == JsonTarget::list && !seen_target_) {
    const std::vector<std::string> names(members_.begin(), members_.end());
    fail(file_, ": '", key_, "' is missing; found ", excerpt(join(names, ", "), 120));
  }
  if (next_ == 0) {
    fail(file_, key_.empty() ? std::string(": nothing is in it") : ": '" + key_ + "' is empty",
         ", expected one object per item");
  }
}

namespace {

Json stream(const std::filesystem::path& path, JsonTarget target, const std::string& key,
            const OnJsonElement& on_element) {
  std::vector<char> buffer(kBlock);
  std::ifstream file;
  file.rdbuf()->pubsetbuf(buffer.data(), static_cast<std::streamsize>(buffer.size()));
  file.open(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) fail(path.string(), ": cannot be opened");
  JsonStreamSax sax(path.string(), target, key, on_element);
  Json::sax_parse(file, &sax);
  if (file.bad()) fail(path.string(), ": reading failed");
  sax.finish();
  return sax.take_scalars();
}

}  // namespace

Json for_each_element(const std::filesystem::path& path, const std::string& key,
                      const OnJsonElement& on_element) {
  return stream(path, JsonTarget::list, key, on_element);
}

Json read_scalar_members(const std::filesystem::path& path) {
  return stream(path, JsonTarget::scalars, "", [](JsonElement&) {});
}

void for_each_member(const std::filesystem::path& path, const OnJsonElement& on_element) {
  stream(path, JsonTarget::members, "", on_element);
}

}  // namespace vrp
