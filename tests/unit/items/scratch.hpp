#pragma once
// A folder for one test, removed at its end, with small files in it.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

struct Scratch {
  std::filesystem::path root;

  Scratch() {
    static int count = 0;
    root = std::filesystem::temp_directory_path() /
           ("vrp-items-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
    std::filesystem::create_directories(root);
  }
  ~Scratch() { std::filesystem::remove_all(root); }

  std::filesystem::path file(const std::string& name, const std::string& text) const {
    const auto path = root / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  /// An "image": importers hash bytes, they do not decode.
  std::filesystem::path image(const std::string& name) const { return file(name, "image " + name); }
};
