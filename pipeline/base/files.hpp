#pragma once
// Files: whole reads, and writes that are either there completely or not at all.
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace vrp {

std::string read_text(const std::filesystem::path& path);  ///< whole file; Error names it
std::vector<unsigned char> read_bytes(const std::filesystem::path& path);

/// Writes `path` by a temporary neighbour, fsync, rename and fsync of the folder. Error (with the
/// system's text) when any step fails; then nothing of that name is left behind or changed.
void write_atomically(const std::filesystem::path& path, std::string_view bytes);

/// fsync of a file or folder that exists.
void sync_path(const std::filesystem::path& path);

/// Renames a finished, synced temporary file to its final name and syncs the folder.
/// When the final name already exists the temporary is deleted and false is returned.
bool commit_file(const std::filesystem::path& temporary, const std::filesystem::path& final_name);

void make_folders(const std::filesystem::path& path);

/// `name` joined to `root`, refused (Error) when it is absolute or leaves `root` by "..".
std::filesystem::path inside(const std::filesystem::path& root, std::string_view name);

}  // namespace vrp
