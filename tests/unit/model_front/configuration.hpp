#pragma once
// Checkpoint folders of configuration files only, one of which a test changes.
#include <string>
#include <vector>

#include "pipeline/model/spec.hpp"
#include "tests/unit/model_front/front_support.hpp"

namespace vrp::test {

/// "llava": the golden checkpoint's files; "paligemma", "qwen2_vl": the hub's.
class Configuration {
 public:
  explicit Configuration(const std::string& family);
  Configuration(const std::string& family, const char* file,
                const std::function<void(Json&)>& change);
  Configuration& change(const char* file, const std::function<void(Json&)>& change);
  Configuration& remove(const char* file);
  ModelSpec read() const { return read_model_spec(folder_.path()); }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

/// Sets one field (a JSON pointer) of a file and expects an error that names file, field and
/// `parts`.
void expect_refused(const std::string& family, const char* file, const char* pointer,
                    const Json& value, std::vector<std::string> parts = {});

}  // namespace vrp::test
