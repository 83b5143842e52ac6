#include "tests/fuzz/fuzz.hpp"

#include <unistd.h>

#include <fstream>

namespace vrp::fuzz {
namespace fs = std::filesystem;

fs::path golden() { return VRP_SOURCE_DIR "/tests/golden/data"; }

const fs::path& scratch() {
  struct Folder {
    Folder() {
      const fs::path base = fs::is_directory("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
      path = base / ("vrp-fuzz-" + std::to_string(::getpid()));
      fs::create_directories(path);
    }
    ~Folder() {
      std::error_code ignored;
      fs::remove_all(path, ignored);
    }
    fs::path path;
  };
  static const Folder folder;
  return folder.path;
}

void write(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

fs::path configuration(const std::string& family) {
  const fs::path folder = scratch() / family;
  if (fs::exists(folder)) return folder;
  fs::create_directories(folder);
  for (const auto& entry : fs::directory_iterator(golden() / family / "checkpoint")) {
    if (entry.path().extension() == ".json" &&
        entry.path().filename().string().find("safetensors") == std::string::npos) {
      fs::copy_file(entry.path(), folder / entry.path().filename());
    }
  }
  return folder;
}

}  // namespace vrp::fuzz
