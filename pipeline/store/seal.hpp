#pragma once
// The seal of a record file: its first 512 bytes (a user block, which every HDF5 reader skips) hold
// one line of text with the XXH3-128 of all bytes behind it. It is checked before HDF5 opens the
// file, because HDF5 itself may crash on a damaged one.
#include <filesystem>
#include <string>
#include <vector>

namespace vrp {

constexpr std::size_t kSealBytes = 512;

/// Fills the first kSealBytes of a file's bytes with the seal of the rest.
void seal(std::string& bytes);

/// Error (bad_input) when the file is shorter than a seal, not sealed, or its bytes are not those
/// that were sealed; FileError when it is missing or cannot be read.
void check_seal(const std::filesystem::path& path);
/// The same, and all bytes of the file, seal included.
std::vector<unsigned char> read_sealed(const std::filesystem::path& path);

}  // namespace vrp
