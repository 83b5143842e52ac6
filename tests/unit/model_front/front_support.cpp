#include "tests/unit/model_front/front_support.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

namespace vrp::test {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "vrp-front-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) fail(pattern, ": no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void write_file(const fs::path& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  REQUIRE(out.good());
}

void write_json(const fs::path& path, const Json& json) { write_file(path, json.dump()); }

fs::path golden_checkpoint(const std::string& name) {
  return fs::path(VRP_SOURCE_DIR) / "tests/golden/data" / name / "checkpoint";
}

fs::path golden_images() { return fs::path(VRP_SOURCE_DIR) / "tests/golden/data/images"; }

void copy_configuration(const fs::path& to, const std::string& name) {
  for (const auto& entry : fs::directory_iterator(golden_checkpoint(name))) {
    const auto file = entry.path().filename();
    if (file.extension() == ".json" && file != "model.safetensors.index.json") {
      fs::copy_file(entry.path(), to / file, fs::copy_options::overwrite_existing);
    }
  }
}

void change_json(const fs::path& path, const std::function<void(Json&)>& change) {
  Json json = read_json(path);
  change(json);
  write_json(path, json);
}

void expect_error(const std::function<void()>& action, const std::vector<std::string>& parts,
                  ExitCode code) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.code() == code);
    for (const auto& part : parts) {
      CHECK_THAT(std::string(error.what()), Catch::Matchers::Contains(part));
    }
    return;
  } catch (const std::exception& other) {
    FAIL_CHECK("expected an Error, found another exception: " << other.what());
    return;
  }
  FAIL_CHECK("expected an Error with '" << (parts.empty() ? "" : parts.front()) << "', none came");
}

}  // namespace vrp::test
