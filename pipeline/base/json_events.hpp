#pragma once
// JSON read event by event, for files whose lists are too long to be held as Json values.
#include <string>
#include <string_view>

#include "pipeline/base/json.hpp"

namespace vrp {

/// Derive from it and override nlohmann-json's SAX events; each returns true to go on. An event may
/// throw. Where malformed text stops the parser is remembered here.
class JsonEvents : public Json::json_sax_t {
 public:
  bool parse_error(std::size_t byte, const std::string&, const Json::exception&) final {
    stopped_at_ = byte > 0 ? byte - 1 : 0;
    return false;
  }
  bool binary(Json::binary_t&) final { return false; }  // not in JSON text
  std::size_t stopped_at() const { return stopped_at_; }

 private:
  std::size_t stopped_at_ = 0;
};

/// Sends the events of `text`, with the checks and errors of parse_json.
void parse_json_events(std::string_view text, const std::string& where, JsonEvents& events);

}  // namespace vrp
