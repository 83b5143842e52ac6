#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/control/commands.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

/// Sets an environment variable until the end of the scope.
class Setting {
 public:
  Setting(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~Setting() {
    if (before_)
      ::setenv(name_, before_->c_str(), 1);
    else
      ::unsetenv(name_);
  }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

struct Folder {
  fs::path path = fs::temp_directory_path() / "vrp-report-command";
  Folder() {
    fs::remove_all(path);
    fs::create_directories(path);
    std::ofstream(path / "manifest.json") << "{}";
  }
  ~Folder() { fs::remove_all(path); }
};

struct Refusal {
  ExitCode code;
  std::string text;
};
Refusal refusal(const Arguments& arguments) {
  try {
    report_command(arguments);
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {ExitCode::complete, ""};
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("vrp report refuses arguments it does not know", "[report]") {
  CHECK(refusal({}).code == ExitCode::usage);
  CHECK(refusal({"run", "--page"}).code == ExitCode::usage);
  CHECK(refusal({"run", "--out"}).code == ExitCode::usage);
  CHECK(refusal({"run", "other"}).code == ExitCode::usage);
  CHECK(report_command({"--help"}) == 0);
}

TEST_CASE("vrp report says when the folder is not a run", "[report]") {
  const Refusal found = refusal({"/nonexistent"});
  CHECK(found.code == ExitCode::bad_input);
  CHECK(holds(found.text, "has no manifest.json"));
}

TEST_CASE("vrp report names the script and the interpreter that it misses", "[report]") {
  const Folder folder;
  SECTION("script") {
    const Setting home("VRP_HOME", folder.path.string());
    CHECK(holds(refusal({folder.path.string()}).text, "the script is not there"));
  }
  SECTION("interpreter") {
    const Setting home("VRP_HOME", VRP_SOURCE_DIR);
    const Setting python("VRP_PYTHON", "/nonexistent/python");
    const Refusal found = refusal({folder.path.string()});
    CHECK(found.code == ExitCode::bad_input);
    CHECK(holds(found.text, "/nonexistent/python cannot be started: No such file"));
  }
}

TEST_CASE("vrp report hands its arguments on and returns the script's exit code", "[report]") {
  const Folder folder;
  const fs::path python = folder.path / "python", seen = folder.path / "seen";
  std::ofstream(python) << "#!/bin/sh\nprintf '%s\\n' \"$@\" > '" << seen.string() << "'\nexit 7\n";
  fs::permissions(python, fs::perms::owner_all);
  const Setting home("VRP_HOME", VRP_SOURCE_DIR);
  const Setting interpreter("VRP_PYTHON", python.string());
  CHECK(report_command({folder.path.string(), "--out", "a b.html"}) == 7);
  CHECK(read_text(seen) == std::string(VRP_SOURCE_DIR) + "/tools/report/report.py\n" +
                               folder.path.string() + "\n--out\na b.html\n");
}
