#pragma once
// Help for the tests of the model's front end: folders that vanish, and errors that must come.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"

namespace vrp::test {

/// A new empty folder under the system's temporary folder, removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& path, std::string_view bytes);
void write_json(const std::filesystem::path& path, const Json& json);

/// The repository's golden checkpoint `name` and golden pictures.
std::filesystem::path golden_checkpoint(const std::string& name = "llava");
std::filesystem::path golden_images();

/// A copy of a golden checkpoint's JSON files, without weights.
void copy_configuration(const std::filesystem::path& to, const std::string& name = "llava");
/// Changes one JSON file: `change` gets its content.
void change_json(const std::filesystem::path& path, const std::function<void(Json&)>& change);

/// Runs `action`, which must throw Error(code), and checks that the message holds all `parts`.
void expect_error(const std::function<void()>& action, const std::vector<std::string>& parts,
                  ExitCode code = ExitCode::bad_input);

}  // namespace vrp::test
