#include "pipeline/driver/events.hpp"

#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/base/error.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

struct File {
  fs::path path = fs::temp_directory_path() / ("vrp-events-test-" + std::to_string(::getpid()));
  File() { fs::remove(path); }
  ~File() { fs::remove(path); }
  std::string text() const {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
  }
};

}  // namespace

TEST_CASE("events are lines, written at a flush and at the end", "[events]") {
  const File file;
  {
    EventLog log(file.path);
    log.write("start", {{"ranks", 2}});
    log.write("unit");
    CHECK(file.text().empty());
    CHECK(log.flush());
    CHECK(static_cast<std::int64_t>(file.text().size()) == log.bytes());
    log.write("end");
  }
  std::istringstream in(file.text());
  std::vector<std::string> kinds;
  for (std::string line; std::getline(in, line);) {
    const Json event = Json::parse(line);
    CHECK(event.contains("time"));
    kinds.push_back(event.at("event"));
  }
  CHECK(kinds == std::vector<std::string>{"start", "unit", "end"});
}

TEST_CASE("a line that a killed run left half does not spoil the next", "[events]") {
  const File file;
  std::ofstream(file.path) << "{\"event\":\"start\"}\n{\"event\":\"un";
  EventLog(file.path).write("start");
  std::istringstream in(file.text());
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  REQUIRE(lines.size() == 3);
  CHECK(lines[1] == "{\"event\":\"un");
  CHECK(Json::parse(lines[2]).at("event") == "start");
}

TEST_CASE("events that cannot be written do not end the run", "[events]") {
  EventLog log("/dev/full");
  for (int i = 0; i < 10000; ++i) log.write("unit", {{"file", std::string(300, 'x')}});
  CHECK_FALSE(log.flush());
  CHECK_FALSE(log.flush());
  CHECK_THROWS_WITH(EventLog("/nowhere/events.jsonl"),
                    Catch::Contains("/nowhere/events.jsonl") && Catch::Contains("No such file"));
}

TEST_CASE("text that is no UTF-8 is an event all the same", "[events]") {
  const File file;
  EventLog(file.path).write("failure", {{"reason", "\xff\xfe broken"}});
  CHECK(Json::parse(file.text()).at("event") == "failure");
}

TEST_CASE("one thread writes events while another flushes them: each is there once, whole",
          "[events]") {
  const File file;
  constexpr int kEvents = 3000;
  {
    EventLog log(file.path);
    std::atomic<bool> over = false;
    std::thread flusher([&] {
      while (!over) log.flush();
    });
    for (int i = 0; i < kEvents; ++i) log.write("unit", {{"number", i}});
    over = true;
    flusher.join();
  }
  std::istringstream in(file.text());
  int next = 0;
  for (std::string line; std::getline(in, line); ++next) {
    CHECK(Json::parse(line).at("number") == next);
  }
  CHECK(next == kEvents);
}
