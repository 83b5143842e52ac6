#pragma once
// What the fuzz targets share. Each target is one function over bytes: it may throw vrp::Error and
// nothing else; crashes, sanitizer findings, other exceptions and hangs are failures.
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/base/error.hpp"

namespace vrp::fuzz {

/// The repository's golden data: checkpoints and pictures to start from.
std::filesystem::path golden();

/// A folder of this process alone, in memory where the system has /dev/shm; gone at exit.
const std::filesystem::path& scratch();

/// Writes a file without ceremony (it is read back at once).
void write(const std::filesystem::path& path, std::string_view bytes);

/// Copies the configuration files of a golden checkpoint to scratch() / family, once; not its
/// weights.
std::filesystem::path configuration(const std::string& family);

/// Calls work and takes vrp::Error as an answer.
template <class Work>
void attempt(const Work& work) {
  try {
    work();
  } catch (const Error&) {
  }
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace vrp::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
