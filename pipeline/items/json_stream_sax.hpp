#pragma once
// The SAX handler behind json_stream.hpp.
#include <set>
#include <string>
#include <vector>

#include "pipeline/items/json_stream.hpp"

namespace vrp {

/// Builds one Json value from events. After `done` it can be taken and the next one built.
class JsonValueBuilder {
 public:
  void scalar(Json value) { put(std::move(value)); }
  void open(Json empty);  ///< an empty object or list
  void key(std::string text) { key_ = std::move(text); }
  void close() { open_.pop_back(); }
  bool done() const { return open_.empty(); }
  Json take() { return std::move(root_); }

 private:
  Json* put(Json value);

  Json root_;
  std::vector<Json*> open_;  ///< the open objects and lists; addresses hold, as only the last grows
  std::string key_;
};

/// What of the document is handed out.
enum class JsonTarget {
  list,     ///< elements of the member `key`, or of the document itself when key = ""
  members,  ///< every member of the document
  scalars,  ///< nothing: only scalar members are kept
};

class JsonStreamSax : public nlohmann::json_sax<Json> {
 public:
  JsonStreamSax(std::string file, JsonTarget target, std::string key, OnJsonElement on_element)
      : file_(std::move(file)),
        target_(target),
        key_(std::move(key)),
        on_element_(std::move(on_element)) {}

  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(number_integer_t value) override { return scalar(value); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(value); }
  bool number_float(number_float_t value, const string_t&) override { return scalar(value); }
  bool string(string_t& value) override { return scalar(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // not in JSON text
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool key(string_t& name) override;
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::json::exception& error) override;

  /// Checks that the list was there and had elements.
  void finish() const;
  Json take_scalars() { return std::move(scalars_); }

 private:
  bool open(Json empty);
  bool close();
  bool scalar(Json value);
  bool building() const { return depth_ >= list_depth_ && in_target_; }
  void hand_out();
  void check_document(const Json& value) const;  ///< the outermost value
  std::string where() const;

  std::string file_;
  JsonTarget target_;
  std::string key_;
  OnJsonElement on_element_;

  int depth_ = 0;       ///< open objects and lists of the document
  int list_depth_ = 0;  ///< depth at which elements of the target stand
  bool in_target_ = false, seen_target_ = false;
  std::string member_;  ///< name of the document's member being read
  std::set<std::string> members_;
  std::size_t next_ = 0;
  JsonValueBuilder builder_;
  Json scalars_ = Json::object();
};

}  // namespace vrp
