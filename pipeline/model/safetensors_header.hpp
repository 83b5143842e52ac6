#pragma once
// The header of one safetensors file: 8 bytes little-endian N, N bytes of JSON, then tensor data.
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "pipeline/model/safetensors.hpp"

namespace vrp {

/// Longest header that is read, as in the reference library.
constexpr std::uint64_t kMaxSafetensorsHeader = 100'000'000;

/// Checks a header against the size of its file and lists the tensors by offset. The data must be
/// covered exactly: no overlap, no gap, nothing after the last tensor (as the format demands).
/// `json` is the header's text, `data_begin` = 8 + N. Error: file, tensor, found, expected.
std::vector<TensorInfo> parse_safetensors_header(const std::filesystem::path& file,
                                                 std::string_view json, std::uint64_t data_begin,
                                                 std::uint64_t file_bytes);

/// Reads N and the header from a file, then parse_safetensors_header.
std::vector<TensorInfo> read_safetensors_header(const std::filesystem::path& file);

}  // namespace vrp
