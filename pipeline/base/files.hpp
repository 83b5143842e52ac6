#pragma once
// Files: whole reads, and writes that are either there completely or not at all. What a network
// file system refuses for a moment is tried again (retry.hpp); every other failure of the system is
// a FileError with the file's name and the system's text.
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/retry.hpp"

namespace vrp {

std::string read_text(const std::filesystem::path& path);  ///< whole file; Error names it
std::vector<unsigned char> read_bytes(const std::filesystem::path& path);

/// Whether something of this name is there. Unlike std::filesystem::exists, a stale handle is tried
/// again, and "cannot be told" is an error.
bool file_exists(const std::filesystem::path& path);

/// Writes `path` by a temporary neighbour, fsync, rename and fsync of the folder. Error (with the
/// system's text) when any step fails; then nothing of that name is left behind or changed. The
/// temporary's name holds ".tmp-" and is used once: not even two hosts with equal process ids meet.
void write_atomically(const std::filesystem::path& path, std::string_view bytes);

/// Creates `path` with all of `bytes` in one step; false when the name exists. Of any number of
/// processes on any number of hosts one gets true. (Without hard links: created first, then filled,
/// so that a reader may meet an empty file.)
bool create_once(const std::filesystem::path& path, std::string_view bytes);

/// fsync of a file or folder that exists.
void sync_path(const std::filesystem::path& path);

/// Renames a finished, synced temporary file to its final name and syncs the folder.
/// When the final name already exists the temporary is deleted and false is returned.
bool commit_file(const std::filesystem::path& temporary, const std::filesystem::path& final_name);

void make_folders(const std::filesystem::path& path);
/// The same for `relative` inside `root`, which must exist: a folder that was moved or deleted is
/// not made anew under its old name.
void make_folders_in(const std::filesystem::path& root, const std::filesystem::path& relative);

/// Deletes the ".tmp-" files that killed writers left in `folder` and, if `recursive`, below it.
/// What cannot be deleted stays.
void remove_temporaries(const std::filesystem::path& folder, bool recursive) noexcept;

/// `name` joined to `root`, refused (Error) when it is absolute or leaves `root` by "..".
std::filesystem::path inside(const std::filesystem::path& root, std::string_view name);

}  // namespace vrp
