#pragma once
// The seal of a record file: its first 512 bytes (HDF5's user block, which every HDF5 reader skips)
// hold one line of text with the XXH3-128 of all bytes behind it. It is checked before HDF5 opens
// the file, because HDF5 itself may crash on a damaged one.
#include <filesystem>

namespace vrp {

constexpr std::size_t kSealBytes = 512;

/// Hashes the bytes behind the user block of a closed file and writes the seal.
void seal_file(const std::filesystem::path& path);

/// Error (bad_input) when the file is missing, shorter than a seal, not sealed, or its bytes are
/// not those that were sealed.
void check_seal(const std::filesystem::path& path);

}  // namespace vrp
