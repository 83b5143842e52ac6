#pragma once
// An empty folder that goes with the test, and a record of one value to commit in it.
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/store/record.hpp"

namespace vrp {

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("vrp_run_" + std::to_string(::getpid()));
  Folder() {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
};

inline Record small(double value) {
  Record record;
  record.add("x/value", {"item"}, {1}, std::vector<double>{value}, "1", "a value");
  return record;
}

}  // namespace vrp
