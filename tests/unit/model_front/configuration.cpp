#include "tests/unit/model_front/configuration.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/model_front/hub_files.hpp"

namespace vrp::test {

Configuration::Configuration(const std::string& family) {
  if (family == "llava") {
    copy_configuration(folder_.path());
  } else {
    write_hub_files(folder_.path(), family);
  }
}

Configuration::Configuration(const std::string& family, const char* file,
                             const std::function<void(Json&)>& change)
    : Configuration(family) {
  this->change(file, change);
}

Configuration& Configuration::change(const char* file, const std::function<void(Json&)>& change) {
  change_json(folder_.path() / file, change);
  return *this;
}

Configuration& Configuration::remove(const char* file) {
  std::filesystem::remove(folder_.path() / file);
  return *this;
}

void expect_refused(const std::string& family, const char* file, const char* pointer,
                    const Json& value, std::vector<std::string> parts) {
  INFO(family << " " << file << " " << pointer << " = " << value.dump());
  const Configuration changed(family, file,
                              [&](Json& json) { json[Json::json_pointer(pointer)] = value; });
  std::string field = std::string(pointer).substr(1);
  for (auto& c : field) c = c == '/' ? '.' : c;
  parts.insert(parts.end(), {file, "'" + field + "'", "expected"});
  expect_error([&] { changed.read(); }, parts);
}

}  // namespace vrp::test
